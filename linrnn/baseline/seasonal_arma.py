"""Seasonal ARMA models of a series: forecasts from its own past."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, choose, score
from linrnn.baseline.row_blocks import MOST_VALUES
from linrnn.baseline.seasonality import choose_period
from linrnn.data.sequences import Array, Sequences, Splits

ORDERS = ((1, 0, 1), (2, 0, 1), (2, 0, 2), (3, 0, 2), (4, 0, 3), (0, 1, 1), (1, 1, 1), (2, 1, 2))
SEASONAL_ORDERS = (
    ((0, 0, 1), (0, 1, 1)),
    ((1, 0, 0), (0, 1, 1)),
    ((1, 0, 1), (0, 1, 1)),
    ((2, 0, 1), (0, 1, 1)),
    ((0, 1, 1), (0, 1, 1)),
    ((1, 0, 1), (1, 0, 1)),
)
LARGEST = 0.9999  # modulus of a partial autocorrelation of the autoregressive part; of the moving average:
LARGEST_AVERAGE = 0.999
START = 0.1  # of partial autocorrelations
MOST = 5000  # values of each sequence that are fitted, the last ones
EVALUATIONS = 30
Order = tuple[int, int, int]


class ArmaModel(NamedTuple):
    """a(z) x_t = constant + b(z) e_t: polynomials in the delay z, with a(0) = b(0) = 1, the differences in a.

    The first steps, which lack a past, have no error e_t.
    """

    constant: float
    a: Array
    b: Array

    @property
    def start(self) -> int:
        """The first step that has an error."""
        return len(self.a) - 1

    def errors(self, x: Array) -> Array:
        """Return the errors e_t of the forecasts of the next step of series `(time, batch)`; 0 before `start`."""
        from scipy.signal import lfilter  # slow to import

        e = np.zeros_like(x)
        if len(x) <= self.start:
            return e
        average = lfilter(self.a, [1.0], x, axis=0)[self.start :] - self.constant
        e[self.start :] = lfilter([1.0], self.b, average, axis=0)
        return e

    def forecast(self, x: Array, leads: range) -> Array:
        """Return forecasts of x_{t+k} from the past at t, for the leads k, `(time, batch, leads)`.

        Later errors are 0 and later values their own forecasts (Box & Jenkins 1970). Long series are computed in blocks
        of their steps.
        """
        e, values = self.errors(x), min(leads.stop, len(self.a)) + len(leads)  # of a step
        count, past = max(MOST_VALUES // (values * x.shape[1]), 1), max(len(self.a), len(self.b))
        if count >= len(x):
            return self.extend(x, e, leads)
        forecasts = np.empty((*x.shape, len(leads)))
        for begin in range(0, len(x), count):
            end, start = begin + count, max(begin - past, 0)
            forecasts[begin:end] = self.extend(x[start:end], e[start:end], leads)[begin - start :]
        return forecasts

    def extend(self, x: Array, e: Array, leads: range) -> Array:
        """Return the forecasts of consecutive steps from the values and errors of these and of those before."""
        from scipy.signal import lfilter

        forecasts, recent = [], deque([x], maxlen=len(self.a))
        for k in range(1, leads.stop):
            value = np.full_like(x, self.constant)
            if k < len(self.b):
                value += lfilter(self.b[k:], [1.0], e, axis=0)
            if k < len(self.a):
                value -= lfilter(self.a[k:], [1.0], x, axis=0)
            for i in np.flatnonzero(self.a[1:k]) + 1:
                value -= self.a[i] * recent[-i]
            recent.append(value)
            if k in leads:
                forecasts.append(value)
        return np.stack(forecasts, axis=2)


@dataclass(frozen=True)
class SeasonalArma:
    """phi(z) Phi(z^s) (1 - z)^d (1 - z^s)^D x_t = m + theta(z) Theta(z^s) e_t, fitted by conditional least squares.

    Parameters
    ----------
    order : tuple of int
        (p, d, q): degree of phi, number of differences, degree of theta.
    seasonal : tuple of int
        (P, D, Q), the same in z^s.
    period : int
        The period s.
    horizon : int
        Steps from an input to the first of its targets.

    References
    ----------
    Box & Jenkins 1970. The sum of squared errors e_t, 0 before the first that can be computed, is minimized over the
    partial autocorrelations of the polynomials, whose modulus is below 1 (Monahan 1984).
    """

    order: Order
    seasonal: Order = (0, 0, 0)
    period: int = 1
    horizon: int = 1

    @property
    def name(self) -> str:
        """The predictor in words."""
        if any(self.seasonal):
            seasonal = ",".join(map(str, self.seasonal))
            return f"seasonal ARMA ({','.join(map(str, self.order))})({seasonal}) of period {self.period}"
        p, d, q = self.order
        return f"ARIMA ({p},{d},{q})" if d else f"ARMA ({p},{q})"

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return int(self.has_mean) + sum(self.degrees)

    @property
    def degrees(self) -> tuple[int, int, int, int]:
        """Degrees of phi, Phi, theta and Theta."""
        return self.order[0], self.seasonal[0], self.order[2], self.seasonal[2]

    @property
    def has_mean(self) -> bool:
        """Whether the differences have a mean: a drift, of which a second difference leaves nothing."""
        return self.order[1] + self.seasonal[1] < 2

    @property
    def differences(self) -> Array:
        """(1 - z)^d (1 - z^s)^D."""
        polynomial = np.ones(1)
        for step in [1] * self.order[1] + [self.period] * self.seasonal[1]:
            polynomial = np.convolve(polynomial, lag_polynomial(np.ones(1), step))
        return polynomial

    def model(self, coefficients: Array) -> ArmaModel:
        """Return the model with a mean, if it has one, and partial autocorrelations of phi, Phi, theta and Theta."""
        mean = float(coefficients[0]) if self.has_mean else 0.0
        parts = np.split(coefficients[int(self.has_mean) :], np.cumsum(self.degrees[:3]))
        phi, seasonal_phi, theta, seasonal_theta = (
            lag_polynomial(autoregression(part), step)
            for part, step in zip(parts, (1, self.period, 1, self.period), strict=True)
        )
        a = np.convolve(phi, seasonal_phi)
        return ArmaModel(mean * a.sum(), np.convolve(a, self.differences), np.convolve(theta, seasonal_theta))

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit mean and partial autocorrelations."""
        model = self.model(self.coefficients([own_series(each, self.horizon) for each in parts]))
        return lambda sequences: forecast_targets(model, sequences, self.horizon)

    def coefficients(self, series: Sequence[tuple[Array, int]]) -> Array:
        """Return the coefficients of least squares for series `(time, batch)`, each with its first step that counts."""
        from scipy.optimize import least_squares
        from scipy.signal import lfilter

        def errors(coefficients: Array) -> Array:
            model = self.model(coefficients)
            return np.concatenate([model.errors(x)[max(first, model.start) :].ravel() for x, first in series])

        n = sum(self.degrees)
        limits = np.repeat([LARGEST, LARGEST_AVERAGE], [sum(self.degrees[:2]), sum(self.degrees[2:])])
        initial = np.full(n, START)
        if self.has_mean:
            start = len(self.differences) - 1
            values = [lfilter(self.differences, [1.0], x, axis=0)[max(first, start) :].ravel() for x, first in series]
            limits, initial = np.append(np.inf, limits), np.append(np.concatenate(values).mean(), initial)
        solution = least_squares(
            errors, initial, bounds=(-limits, limits), max_nfev=EVALUATIONS, ftol=1e-6, xtol=1e-6, gtol=1e-6
        )
        return np.asarray(solution.x)


def autoregression(partial: Array) -> Array:
    """Return c with x_t = sum_i c_i x_{t-i} + e_t from partial autocorrelations (Durbin 1960)."""
    c = np.zeros(0)
    for r in partial:
        c = np.append(c - r * c[::-1], r)
    return c


def lag_polynomial(c: Array, step: int) -> Array:
    """Return 1 - sum_i c_i z^(step * i), its coefficients in the order of the powers of z."""
    polynomial = np.zeros(len(c) * step + 1)
    polynomial[0], polynomial[step::step] = 1, -c
    return polynomial


def own_series(sequences: Sequences, horizon: int) -> tuple[Array, int]:
    """Return the series that is forecast, `(time, batch)`, at most MOST values, and the first step that counts."""
    x, y = sequences.inputs[:, :, 0], sequences.targets
    series = np.concatenate([x, y[len(y) - horizon :, :, 0], y[-1, :, 1:].T])
    excess = max(len(series) - MOST, 0)
    return series[excess:], max(sequences.first + horizon - excess, 0)


def forecast_targets(model: ArmaModel, sequences: Sequences, horizon: int) -> Array:
    """Return the forecasts of the targets that count, `(T', B, outputs)`."""
    leads = range(horizon, horizon + sequences.targets.shape[2])
    return model.forecast(sequences.inputs[:, :, 0], leads)[sequences.first :]


def search_arma(data: Splits, horizon: int) -> Score:
    """Return the ARMA model of the lowest validation loss."""
    return choose(score(SeasonalArma(order, horizon=horizon), data) for order in ORDERS)


def search_seasonal_arma(data: Splits, horizon: int) -> Score | None:
    """Return the seasonal ARMA model of the lowest validation loss; None where the series has no period."""
    period = choose_period(data.train, horizon)
    if period is None:
        return None
    return choose(score(SeasonalArma(*orders, period, horizon), data) for orders in SEASONAL_ORDERS)
