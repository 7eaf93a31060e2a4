"""The stationary bootstrap: resamples of consecutive steps in blocks of random length, and the length to choose.

Equal bit for bit to arch's `StationaryBootstrap` and `optimal_block_length`, which the tests compare; to import arch
takes three seconds, and reading a sweep needs nothing else of it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Array

LEAST_STEPS = 16  # from which a block length can be estimated


def draw_block_weights(series: Array, resamples: int) -> Array:
    """Return weights `(R, T)` of resampled steps, of sum 1; the longest optimal block length over series `(K, T)`.

    Politis & Romano 1994: a block begins at a random step and goes on, from the last step to the first, with
    probability 1 - 1 / (mean length) at each step.
    """
    steps = series.shape[1]
    stop = 1 / choose_block_length(series)
    rng = np.random.default_rng(3)
    counts = np.stack([np.bincount(draw_blocks(rng, steps, stop), minlength=steps) for _ in range(resamples)])
    weights: Array = counts / steps
    return weights


def draw_blocks(rng: np.random.Generator, steps: int, stop: float) -> NDArray[np.int64]:
    """Return the steps `(T,)` of a resample in blocks that end with probability `stop` at each step."""
    starts, uniform = rng.integers(steps, size=steps, dtype=np.int64), rng.random(steps)
    number = np.arange(steps)
    begin = np.where(uniform > stop, 0, number)
    np.maximum.accumulate(begin, out=begin)  # of the block that a step belongs to
    return (starts[begin] + number - begin) % steps


def choose_block_length(series: Array) -> float:
    """Return the mean block length, at least 1 and at most a quarter of the steps, for series `(K, T)`."""
    varying = [each for each in series if np.ptp(each) > 0]
    steps = series.shape[1]
    if not varying or steps < LEAST_STEPS:
        return 1.0
    scaled = np.stack(varying, axis=1) / np.std(varying, axis=1)
    lengths = [optimal_block_length(column) for column in scaled.T]
    return float(np.clip(np.nanmax([*lengths, 1.0]), 1.0, max(steps / 4, 1.0)))


def optimal_block_length(series: Array) -> float:
    """Return the mean block length that is best for the variance of the mean of a series `(T,)`.

    Politis & White 2004 with the correction of Patton, Politis & White 2009: autocovariances weighted by a flat-top
    window, whose width is twice the lag after which the autocorrelations stay within chance.
    """
    steps = len(series)
    centered = series - series.mean(0)
    run = max(5, int(math.log10(steps)))  # lags that have to be within chance
    last = math.ceil(math.sqrt(steps)) + run
    covariances, correlations = np.zeros(last + 1), np.zeros(last + 1)
    for lag in range(last + 1):
        late, early = centered[lag + 1 :], centered[: -(lag + 1)]
        product = centered[lag:] @ centered[: steps - lag]
        covariances[lag] = product / steps
        correlations[lag] = np.abs(product) / np.sqrt((late @ late) * (early @ early))
    chance = 2 * np.sqrt(np.log10(steps) / steps)
    within = (lag - run for lag in range(run, last + 1) if np.all(correlations[lag - run : lag] < chance))
    width = min(2 * max(next(within, last), 1), last)
    slope, variance = 0.0, covariances[0]
    for lag in range(1, width + 1):
        weight = 1 if lag / width <= 0.5 else 2 * (1 - lag / width)
        slope += 2 * weight * lag * covariances[lag]
        variance += 2 * weight * covariances[lag]
    length = (2 * slope**2 / (2 * variance**2)) ** (1 / 3) * steps ** (1 / 3)
    return float(min(length, np.ceil(min(3 * np.sqrt(steps), steps / 3))))
