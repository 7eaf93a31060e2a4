"""The period of a series, given or from its autocorrelations."""

from __future__ import annotations

import numpy as np

from linrnn.data.sequences import Array, Sequences

LEAST_CYCLES = 3  # that a sequence is to hold
LEAST_CORRELATION = 0.2  # of values a period apart, and at least 3 standard errors
LONGEST = 1000  # period


def choose_period(train: Sequences, horizon: int) -> int | None:
    """Return the period of the series that is forecast: as given, or else found; None where it has none."""
    if train.period:
        return train.period if train.period > 1 else None
    return find_period(train, horizon)


def find_period(train: Sequences, horizon: int) -> int | None:
    """Return the period of the series that is forecast; None where it has none.

    A lag above 1 at a local maximum of the autocorrelations of the series without its linear trend: the smallest of
    those that are as high as the highest, but for two standard errors.
    """
    x = np.concatenate([train.inputs[:, :, 0], train.targets[len(train.targets) - horizon :, :, 0]])
    longest = min(len(x) // LEAST_CYCLES, LONGEST)
    if longest < 3:
        return None
    r = autocorrelations(x, longest + 1)
    peaks = [k for k in range(2, longest + 1) if r[k] > r[k - 1] and r[k] >= r[k + 1]]
    error = x.size**-0.5
    least = max(max(r[peaks], default=0.0) - 2 * error, LEAST_CORRELATION, 3 * error)
    return next((k for k in peaks if r[k] >= least), None)


def autocorrelations(x: Array, lags: int) -> Array:
    """Return the autocorrelations of series `(time, batch)`, without their linear trends, at the lags 0 to `lags`."""
    t = np.arange(len(x)) - (len(x) - 1) / 2
    x = x - x.mean(axis=0)
    x = x - t[:, None] * (t @ x / (t @ t))
    size = 2 * len(x)
    power = np.square(np.abs(np.fft.rfft(x, size, axis=0))).sum(axis=1)
    covariances = np.fft.irfft(power, size)[: lags + 1]
    r: Array = covariances / covariances[0] if covariances[0] > 0 else np.zeros(lags + 1)
    return r
