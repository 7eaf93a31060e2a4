"""Statistics over the losses of replicas: medians and differences, with bootstrap intervals.

Every result is the same for any order of the replicas, and an infinite loss is larger than all others.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.training.history import Losses

LEVEL = 0.95  # of an interval
RESAMPLES = 9999
LEAST_REPLICAS = 5  # of each model type, for a comparison
INFINITE = 1e100  # stands for an infinite loss in differences, where inf - inf is nan
LARGEST, LARGEST_LOG = 1e-10 * INFINITE, 0.45 * np.log10(INFINITE)  # half of INFINITE, or of its log10, is above
QUARTILES = 0.25, 0.5, 0.75


class Estimate(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


def estimate_median(losses: Losses) -> Estimate:
    """Estimate the median loss, with its 95 % bootstrap interval.

    Parameters
    ----------
    losses : array (S,)
        Loss of each replica; inf for a diverged one.

    Returns
    -------
    Estimate
        The sample median and its percentile interval (Efron 1979), inf where infinite losses reach into it;
        the interval of a single loss is (-inf, inf). Resamples are fixed, and independent of the order of the losses.
    """
    return bootstrap_interval(np.median, losses)


def estimate_gain(losses: Losses, other: Losses) -> Estimate:
    """Estimate how much lower the median of `other` is than that of `losses`, resampled independently."""
    return bootstrap_interval(subtract_medians, losses, other)


class SampleComparison(NamedTuple):
    """Differences between two independent samples of losses."""

    ratio: Estimate  # of the medians, by the medians of log10 loss; nan if both are infinite
    p: float  # of the permutation test of equal medians of log10 loss
    superiority: float  # probability that a loss of the first sample is below one of the second, ties counted half


def compare_samples(losses: Losses, other: Losses) -> SampleComparison:
    """Compare two independent samples of losses.

    Parameters
    ----------
    losses, other : array (S,)
        Losses of the replicas of each sample, two or more; inf for a diverged replica.

    Returns
    -------
    SampleComparison
        The ratio of medians with its interval, the p value, and the probability of superiority.

    References
    ----------
    Permutation test, two-sided: all permutations if they are at most 9999, otherwise 9999 of them (Fisher 1935;
    Phipson & Smyth 2010). Probability of superiority: U / (S1 S2) (Mann & Whitney 1947).
    """
    from scipy.stats import mannwhitneyu, permutation_test  # take half a second to load

    first, second = (np.sort(sample) for sample in (losses, other))
    logs = [np.log10(np.clip(sample, 1 / INFINITE, INFINITE)) for sample in (first, second)]
    difference = bootstrap_interval(subtract_medians, *logs)
    test = permutation_test(logs, subtract_medians, vectorized=True, n_resamples=RESAMPLES, rng=0)
    superiority = mannwhitneyu(second, first).statistic / (len(first) * len(second))
    infinite = all(np.median(sample) > LARGEST_LOG for sample in logs)
    ratio = Estimate(*(math.nan if infinite else power_of_ten(value) for value in difference))
    return SampleComparison(ratio, float(test.pvalue), float(superiority))


def subtract_medians(one: Any, other: Any, axis: int) -> Any:
    """Median of one sample minus that of the other."""
    return np.median(one, axis=axis) - np.median(other, axis=axis)


def power_of_ten(exponent: float) -> float:
    """10 to an exponent; inf or 0 for one that results from an infinite loss."""
    return math.inf if exponent > LARGEST_LOG else 0.0 if exponent < -LARGEST_LOG else float(10**exponent)


def bootstrap_interval(statistic: Any, *samples: Losses) -> Estimate:
    """A statistic of sorted samples with its percentile interval (Efron 1979); the resamples are always the same."""
    from scipy.stats import bootstrap  # takes half a second to load

    finite = [np.minimum(np.sort(sample), INFINITE) for sample in samples]
    value = statistic(*finite, axis=0)
    if any(len(sample) < 2 for sample in finite):
        return Estimate(*restore_infinities([value, -np.inf, np.inf]))
    interval = bootstrap(
        finite, statistic, vectorized=True, n_resamples=RESAMPLES, confidence_level=LEVEL, method="percentile", rng=0
    ).confidence_interval
    return Estimate(*restore_infinities([value, interval.low, interval.high]))


def restore_infinities(values: list[float]) -> NDArray[np.float64]:
    """The values, infinite where they result from an infinite loss."""
    array = np.array(values)
    return np.where(np.abs(array) > LARGEST, np.copysign(np.inf, array), array)


def quartiles(losses: Losses) -> tuple[float, float, float]:
    """First quartile, median, third quartile of losses `(S,)`, interpolated; inf where an infinite loss reaches in."""
    upper = np.quantile(losses, QUARTILES, method="higher")
    first, median, third = np.where(np.isinf(upper), np.inf, np.quantile(np.nan_to_num(losses), QUARTILES))
    return float(first), float(median), float(third)


def median_replica(losses: Losses) -> int:
    """Return the index of the replica with the median loss, the lower one of two, of losses `(S,)`."""
    return int(np.argsort(losses, kind="stable")[(len(losses) - 1) // 2])
