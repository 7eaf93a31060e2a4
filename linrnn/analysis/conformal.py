"""Prediction intervals of forecasts by an ensemble: its spread, widened by the errors that it made on other rows.

Conformalized quantile regression (Romano, Patterson & Candès 2019) with the quantiles over replicas. Let l and u be
these for the value y, and E = max(l - y, y - u). The interval of a new value is [l - q, u + q], where q is the
ceil((n + 1) level)-th smallest of the E of n other rows. If all rows are exchangeable, it holds the value with the
probability `level` at least.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Array

LEVELS = (0.5, 0.9)
CONFORMAL, EMPIRICAL = "conformal", "empirical"


class Intervals(NamedTuple):
    """Intervals of one level.

    Parameters
    ----------
    level : float
        Probability with which an interval is to hold the value.
    low, high : array (..., K)
        Ends, by lead.
    methods : tuple of str (K,)
        `conformal`; `empirical` where there are too few errors for the level, and the largest is taken.
    errors : tuple of int (K,)
        Number of errors.
    """

    level: float
    low: Array
    high: Array
    methods: tuple[str, ...]
    errors: tuple[int, ...]


class Coverage(NamedTuple):
    """How many values intervals held, on rows that did not serve to compute them: `(K,)` each, by lead."""

    level: float
    hits: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def rate(self) -> float:
        """Part of all values, of all leads; nan if there are none."""
        total = int(self.counts.sum())
        return int(self.hits.sum()) / total if total else math.nan

    @property
    def rates(self) -> Array:
        """Part of the values of each lead, `(K,)`; nan where there are none."""
        return np.where(self.counts > 0, self.hits / np.maximum(self.counts, 1), np.nan)


def replica_quantiles(forecasts: Array, level: float) -> tuple[Array, Array]:
    """Return the quantiles over replicas of forecasts `(S, ...)` between which a part `level` of them lies."""
    tail = (1 - level) / 2
    low, high = np.quantile(forecasts, (tail, 1 - tail), axis=0)
    return low, high


def conformity_scores(low: Array, high: Array, values: Array) -> Array:
    """Return how far values lie outside of intervals; negative inside."""
    return np.maximum(low - values, values - high)


def conformal_margin(scores: Array, level: float) -> tuple[float, bool]:
    """Return by how much intervals are widened at both ends, and whether n scores `(n,)` suffice for the level."""
    rank = math.ceil((len(scores) + 1) * level)
    if not len(scores):
        return math.inf, False
    ordered = np.sort(scores)
    return float(ordered[min(rank, len(scores)) - 1]), rank <= len(scores)


def predict_intervals(
    forecasts: Array, hindcasts: Array, values: Array, levels: Sequence[float] = LEVELS
) -> tuple[Intervals, ...]:
    """Return the intervals of new forecasts, one for each level; each holds those of lower levels.

    Parameters
    ----------
    forecasts : array (S, ..., K)
        Forecasts by each replica, by lead.
    hindcasts : array (S, n, K)
        Forecasts of values that are known.
    values : array (n, K)
        These values; nan where there is none.
    levels : sequence of float
        Probabilities with which an interval is to hold the value, in ascending order.
    """
    low = high = np.median(forecasts, axis=0)
    intervals = []
    for level in levels:
        scores = conformity_scores(*replica_quantiles(hindcasts, level), values)
        margins = [conformal_margin(each[np.isfinite(each)], level) for each in scores.T]
        margin = np.array([each for each, _ in margins])
        first, last = replica_quantiles(forecasts, level)
        low, high = np.minimum(low, first - margin), np.maximum(high, last + margin)
        methods = tuple(CONFORMAL if is_enough else EMPIRICAL for _, is_enough in margins)
        intervals.append(Intervals(level, low, high, methods, tuple(np.isfinite(scores).sum(axis=0).tolist())))
    return tuple(intervals)


def measure_coverage(
    hindcasts: Array, values: Array, rows: NDArray[np.int64], levels: Sequence[float] = LEVELS
) -> tuple[Coverage, ...]:
    """Measure how many values of the later half of the rows are in intervals that the earlier half gives.

    Parameters
    ----------
    hindcasts : array (S, n, K)
        Forecasts of values that are known.
    values : array (n, K)
        These values; nan where there is none.
    rows : array (n, K)
        The row of each value, by which they are halved.
    levels : sequence of float
        Probabilities with which an interval is to hold the value, in ascending order.
    """
    is_known = np.isfinite(values) & np.isfinite(hindcasts).all(axis=0)
    middle = np.median(np.unique(rows[is_known])) if is_known.any() else 0
    hits, counts = [], []
    for k in range(values.shape[1]):
        early, late = (is_known[:, k] & mask for mask in (rows[:, k] < middle, rows[:, k] >= middle))
        if not early.any():
            late = early
        lead, truth = slice(k, k + 1), values[late, k]
        intervals = predict_intervals(hindcasts[:, late, lead], hindcasts[:, early, lead], values[early, lead], levels)
        hits.append([int(((each.low[:, 0] <= truth) & (truth <= each.high[:, 0])).sum()) for each in intervals])
        counts.append(len(truth))
    return tuple(
        Coverage(level, np.array(hit), np.array(counts))
        for level, hit in zip(levels, zip(*hits, strict=True), strict=True)
    )
