"""What losses of replicas say of all replicas there could be: medians, with intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.progress import Losses

LEVEL = 0.95
RESAMPLES = 9999
HUGE = 1e100  # stands for an infinite loss while samples are drawn


class Estimate(NamedTuple):
    """A value and its interval."""

    value: float
    low: float
    high: float


def median(losses: Losses) -> Estimate:
    """Median of the losses `(S,)`, with its bootstrap interval; inf where a diverged replica's reaches in."""
    return bootstrapped(np.median, losses)


def gain(losses: Losses, other: Losses) -> Estimate:
    """By how much the median of `other` is below that of `losses`, both resampled apart."""
    return bootstrapped(lambda one, two, axis: np.median(one, axis=axis) - np.median(two, axis=axis), losses, other)


def bootstrapped(statistic: Any, *samples: Losses) -> Estimate:
    """A statistic with its percentile interval (Efron 1979); always the same resamples."""
    from scipy.stats import bootstrap  # takes half a second to load

    finite = [np.minimum(sample, HUGE) for sample in samples]
    value = statistic(*finite, axis=0)
    if any(len(sample) < 2 for sample in finite):
        return Estimate(*unbounded([value, -np.inf, np.inf]))
    found = bootstrap(
        finite, statistic, vectorized=True, n_resamples=RESAMPLES, confidence_level=LEVEL, method="percentile", rng=0
    ).confidence_interval
    return Estimate(*unbounded([value, found.low, found.high]))


def unbounded(values: list[float]) -> NDArray[np.float64]:
    """The values; what came of an infinite loss infinite again."""
    array = np.array(values)
    return np.where(np.abs(array) > HUGE / 1e10, np.copysign(np.inf, array), array)
