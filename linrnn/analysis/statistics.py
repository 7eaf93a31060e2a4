"""What losses of replicas say of all replicas there could be: medians, with intervals."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.training.history import Losses

LEVEL = 0.95
RESAMPLES = 9999
LEAST_REPLICAS = 5  # of each model type, to tell whether they differ
HUGE = 1e100  # stands for an infinite loss while samples are drawn
FAR = 45.0  # a difference of log10 loss that only an infinite one makes, be it half of a median


LARGEST = 1e300  # stands for an infinite loss where numbers are interpolated


class Estimate(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


def estimate_median(losses: Losses) -> Estimate:
    """Median of the losses `(S,)`, with its bootstrap interval; inf where a diverged replica's reaches in."""
    return bootstrap_interval(np.median, losses)


def estimate_gain(losses: Losses, other: Losses) -> Estimate:
    """By how much the median of `other` is below that of `losses`, both resampled apart."""
    return bootstrap_interval(median_difference, losses, other)


class SampleComparison(NamedTuple):
    """What sets the losses of one sample apart from those of another."""

    ratio: Estimate  # of its median to the other's, by the medians of log10 loss; nan where both are infinite
    p: float  # how often medians of log10 loss differ by as much where replicas are dealt out by chance
    superiority: float  # the probability that a loss of it is below one of the other's, ties counted half


def compare_samples(losses: Losses, other: Losses) -> SampleComparison:
    """How losses `(S,)` differ from other ones, not paired, two or more each; an infinite one is above all others.

    A two-sided permutation test, of all deals where they are not more than 9999, else of so many (Fisher 1935; Phipson
    & Smyth 2010); the probability of superiority is Mann & Whitney's U (1947) over the number of pairs.
    """
    from scipy.stats import mannwhitneyu, permutation_test  # take half a second to load

    logs = [np.log10(np.clip(sample, 1 / HUGE, HUGE)) for sample in (losses, other)]
    apart = bootstrap_interval(median_difference, *logs)
    test = permutation_test(logs, median_difference, vectorized=True, n_resamples=RESAMPLES, rng=0)
    below = mannwhitneyu(other, losses).statistic / (len(losses) * len(other))
    neither = all(np.median(sample) > FAR for sample in logs)
    ratio = Estimate(*(math.nan if neither else power_of_ten(value) for value in apart))
    return SampleComparison(ratio, float(test.pvalue), float(below))


def median_difference(one: Any, other: Any, axis: int) -> Any:
    """Median of one sample less that of another."""
    return np.median(one, axis=axis) - np.median(other, axis=axis)


def power_of_ten(exponent: float) -> float:
    """10 to an exponent; one that came of an infinite loss gives inf, or 0."""
    return math.inf if exponent > FAR else 0.0 if exponent < -FAR else float(10**exponent)


def bootstrap_interval(statistic: Any, *samples: Losses) -> Estimate:
    """A statistic with its percentile interval (Efron 1979); always the same resamples."""
    from scipy.stats import bootstrap  # takes half a second to load

    finite = [np.minimum(sample, HUGE) for sample in samples]
    value = statistic(*finite, axis=0)
    if any(len(sample) < 2 for sample in finite):
        return Estimate(*restore_infinities([value, -np.inf, np.inf]))
    found = bootstrap(
        finite, statistic, vectorized=True, n_resamples=RESAMPLES, confidence_level=LEVEL, method="percentile", rng=0
    ).confidence_interval
    return Estimate(*restore_infinities([value, found.low, found.high]))


def restore_infinities(values: list[float]) -> NDArray[np.float64]:
    """The values; what came of an infinite loss infinite again."""
    array = np.array(values)
    return np.where(np.abs(array) > HUGE / 1e10, np.copysign(np.inf, array), array)


def quartiles(losses: Losses) -> tuple[float, float, float]:
    """First quartile, median and third quartile of the replicas' losses; inf where a diverged one reaches in."""
    values = np.quantile(np.minimum(losses, LARGEST), (0.25, 0.5, 0.75))  # interpolating inf would give nan
    first, estimate_median, third = (float(value) for value in np.where(values > LARGEST / 1e50, np.inf, values))
    return first, estimate_median, third
