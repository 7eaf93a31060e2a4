"""Prediction intervals: margins counted by hand, and how often they hold new values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from linrnn.analysis.conformal import (
    CONFORMAL,
    EMPIRICAL,
    conformal_margin,
    conformity_scores,
    measure_coverage,
    predict_intervals,
    replica_quantiles,
)


@pytest.mark.parametrize(
    ("count", "level", "rank", "is_enough"),
    [
        (9, 0.9, 9, True),
        (8, 0.9, 8, False),
        (19, 0.9, 18, True),
        (1, 0.5, 1, True),
        (3, 0.5, 2, True),
        (5, 0.9, 5, False),
    ],
)
def test_the_margin_is_an_order_statistic(count: int, level: float, rank: int, is_enough: bool) -> None:
    scores = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert conformal_margin(scores, level) == (float(rank), is_enough)
    assert conformal_margin(scores[:0], level) == (math.inf, False)


def test_scores_are_distances_from_the_interval() -> None:
    low, high, values = np.array([1.0, 1, 1, 1]), np.array([2.0, 2, 2, 2]), np.array([0.5, 3, 1.5, 1.1])
    np.testing.assert_allclose(conformity_scores(low, high, values), [0.5, 1.0, -0.5, -0.1])
    np.testing.assert_allclose(replica_quantiles(np.arange(11.0)[:, None], 0.8), [[1], [9]])


def test_an_interval_by_hand() -> None:
    forecasts = np.array([[10.0], [12.0]])  # two replicas; quartiles 10.5 and 11.5
    hindcasts = np.zeros((2, 3, 1)) + np.array([1.0, 3.0])[:, None, None]  # quartiles 1.5 and 2.5
    values = np.array([[2.0], [4.0], [1.0]])  # scores -0.5, 1.5, 0.5; the second smallest is 0.5
    (interval,) = predict_intervals(forecasts, hindcasts, values, [0.5])
    assert (interval.low.item(), interval.high.item()) == (10.0, 12.0)
    assert (interval.methods, interval.errors) == ((CONFORMAL,), (3,))


def test_wider_levels_hold_narrower_ones_and_unknown_values_do_not_count() -> None:
    generator = np.random.default_rng(1)
    hindcasts, values = generator.normal(size=(5, 30, 4)), generator.normal(size=(30, 4))
    values[3:, 3] = np.nan
    half, most = predict_intervals(generator.normal(size=(5, 2, 4)), hindcasts, values)
    assert (most.low <= half.low).all()
    assert (most.high >= half.high).all()
    assert half.errors == (30, 30, 30, 3)
    assert most.methods == (CONFORMAL, CONFORMAL, CONFORMAL, EMPIRICAL)


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_intervals_hold_new_values_as_often_as_the_theorem_says(level: float, spread: float) -> None:
    """Of exchangeable rows, at least `level` and at most `level + 1 / (n + 1)` (Romano et al. 2019, theorem 1)."""
    generator, count, trials = np.random.default_rng(2), 19, 600
    hits = 0
    for _ in range(trials):
        values = generator.standard_t(3, size=count + 1)
        forecasts = spread * generator.normal(size=(4, count + 1)) + 0.3
        (each,) = predict_intervals(forecasts[:, :1], forecasts[:, 1:, None], values[1:, None], [level])
        hits += each.low.item() <= values[0] <= each.high.item()
    error = 3 * math.sqrt(level * (1 - level) / trials)
    nested = 0.03 if spread else 0  # the median is in the interval, too, which only adds to it
    assert level - error <= hits / trials <= level + 1 / (count + 1) + error + nested


def test_coverage_is_counted_on_later_rows_alone() -> None:
    rows = np.arange(20)[:, None]
    hindcasts = np.zeros((1, 20, 1))
    values = np.where(rows < 10, 1.0, np.where(rows < 15, 0.5, 2.0))  # the later half: 5 inside of +-1, 5 outside
    half, most = measure_coverage(hindcasts, values, rows)
    assert (half.hits.tolist(), half.counts.tolist(), half.rate) == ([5], [10], 0.5)
    assert most.rate == 0.5
    assert math.isnan(measure_coverage(hindcasts[:, :1], values[:1], rows[:1])[0].rate)
    assert math.isnan(measure_coverage(hindcasts, values * np.nan, rows)[0].rate)
