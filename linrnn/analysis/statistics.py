"""Statistics over the test losses of replicas: estimates with intervals, and the comparison of two model types.

Every result is the same for any order of the replicas, and an infinite loss is larger than all others.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.diebold_mariano import equal_accuracy_p
from linrnn.training.history import Losses

LEVEL = 0.95  # of an interval
LEAST_REPLICAS = 5  # of each model type, for a comparison
LEAST_STEPS = 8  # for a test over steps
INFINITE = 1e100  # stands for an infinite loss in differences, where inf - inf is nan
LARGEST = 1e-10 * INFINITE  # what is above comes from an infinite loss
QUARTILES = 0.25, 0.5, 0.75


class Estimate(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


class LossSample(NamedTuple):
    """Test losses of the replicas of one model type.

    Parameters
    ----------
    losses : array (S,)
        Normalized test loss of each replica; inf for a diverged one.
    steps : array (S, T, B), optional
        Step losses of each replica, whose mean over steps and sequences is its loss; None if they are not recorded.
    """

    losses: Losses
    steps: NDArray[np.floating[Any]] | None = None


class SampleComparison(NamedTuple):
    """Comparison of the test losses of one model type with those of another."""

    ratio: Estimate  # of the median losses; nan if both are infinite
    p: float  # of the Diebold-Mariano test on the step losses of the median replicas; nan without them
    superiority: float  # probability that a loss of the first sample is below one of the second, ties counted half


def compare_samples(
    sample: LossSample, other: LossSample, resamples: Losses, other_resamples: Losses, horizon: int = 1
) -> SampleComparison:
    """Compare two model types.

    Parameters
    ----------
    sample, other : LossSample
        Test losses of both.
    resamples, other_resamples : array (R,)
        Their median losses in the same bootstrap resamples.
    horizon : int
        Steps from an input to the target that it predicts; forecasts that overlap have correlated errors.

    Returns
    -------
    SampleComparison
        The ratio of medians with its interval, the p value, and the probability of superiority.

    References
    ----------
    Probability of superiority: U / (S1 S2) (Mann & Whitney 1947).
    """
    value = divide_losses(median_loss(sample.losses), median_loss(other.losses))
    ratio = Estimate(float(value), *percentile_interval(divide_losses(resamples, other_resamples)))
    pairs = np.subtract.outer(np.minimum(sample.losses, INFINITE), np.minimum(other.losses, INFINITE))
    superiority = float(((pairs < 0) + 0.5 * (pairs == 0)).mean())
    return SampleComparison(ratio, diebold_mariano_p(sample, other, horizon), superiority)


def median_loss(losses: Losses) -> float:
    """Median of losses `(S,)`, INFINITE where an infinite loss reaches in."""
    return float(np.median(np.minimum(losses, INFINITE)))


def divide_losses(losses: Losses | float, others: Losses | float) -> Losses:
    """Ratio of losses; inf or 0 where one of them is infinite, nan where both are."""
    first, second = np.asarray(losses, dtype=float), np.asarray(others, dtype=float)
    infinite, others_infinite = first > LARGEST, second > LARGEST
    ratios = np.where(infinite, np.inf, first) / np.where(infinite | (second > 0), second, np.nan)
    return np.where(infinite & others_infinite, np.nan, np.where(others_infinite, 0.0, ratios))


def diebold_mariano_p(sample: LossSample, other: LossSample, horizon: int = 1) -> float:
    """Return the two-sided p value of equal accuracy of the median replicas; nan without enough steps or a difference.

    Diebold & Mariano 1995 with the correction of Harvey, Leybourne & Newbold 1997, on the step losses: averaged over
    sequences, or, where a sequence has few steps, of each sequence.
    """
    if sample.steps is None or other.steps is None:
        return math.nan
    first, second = (each.steps[median_replica(each.losses)] for each in (sample, other) if each.steps is not None)
    difference = np.asarray(first - second, dtype=np.float64)  # (T, B)
    by_steps = len(difference) >= LEAST_STEPS
    values = difference.mean(axis=1 if by_steps else 0)
    if len(values) < LEAST_STEPS or not np.isfinite(values).all() or np.ptp(values) == 0:
        return math.nan
    if by_steps:
        return equal_accuracy_p(values, min(horizon, len(values) - 1))
    return equal_accuracy_p(values, lags=0)  # sequences are independent


def percentile_interval(resamples: Losses) -> tuple[float, float]:
    """The percentile interval (Efron 1979) of resampled values `(R,)`, its ends among them; infinities at last."""
    tail = (1 - LEVEL) / 2
    values = resamples[~np.isnan(resamples)]
    if not len(values):
        return math.nan, math.nan
    low = np.quantile(values, tail, method="lower")
    high = np.quantile(values, 1 - tail, method="higher")
    return restore_infinity(low), restore_infinity(high)


def restore_infinity(value: float) -> float:
    """The value, infinite where it results from an infinite loss."""
    return math.copysign(math.inf, value) if abs(value) > LARGEST else float(value)


def quartiles(losses: Losses) -> tuple[float, float, float]:
    """First quartile, median, third quartile of losses `(S,)`, interpolated; inf where an infinite loss reaches in."""
    upper = np.quantile(losses, QUARTILES, method="higher")
    first, median, third = np.where(np.isinf(upper), np.inf, np.quantile(np.nan_to_num(losses), QUARTILES))
    return float(first), float(median), float(third)


def median_replica(losses: Losses) -> int:
    """Return the index of the replica with the median loss, the lower one of two, of losses `(S,)`."""
    return int(np.argsort(losses, kind="stable")[(len(losses) - 1) // 2])
