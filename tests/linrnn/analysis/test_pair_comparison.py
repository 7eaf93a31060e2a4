"""Comparisons seed by seed, on losses whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest, wilcoxon

from linrnn.analysis.pair_comparison import compare_pairs

LOSSES = np.exp(np.random.default_rng(1).standard_normal(30))


def test_a_constant_ratio_has_no_uncertainty() -> None:
    result = compare_pairs(LOSSES, 2 * LOSSES)
    assert result.ratio == pytest.approx((0.5, 0.5, 0.5))
    assert (result.wins.successes, result.wins.total) == (30, 30)
    assert (result.first, result.second) == pytest.approx((np.median(LOSSES), 2 * np.median(LOSSES)))
    assert result.p < 1e-6
    assert result.is_lower
    assert not result.is_higher


def test_pairs_count_not_the_order_of_all_losses() -> None:
    """A small gain on every seed is one, however much the seeds differ."""
    noise = 1 + 0.01 * np.random.default_rng(2).uniform(0.5, 1, 30)
    result = compare_pairs(LOSSES * noise, LOSSES)
    assert result.is_higher
    assert result.p == pytest.approx(binomtest(30, 30).pvalue)  # all signs alike: 2 / 2**30
    assert not compare_pairs(np.random.default_rng(3).permutation(LOSSES), LOSSES).is_higher


def test_the_test_and_the_interval_are_of_the_log_ratios() -> None:
    other = LOSSES * np.exp(np.random.default_rng(4).normal(0.3, 1, 30))
    result, logs = compare_pairs(other, LOSSES), np.log(other / LOSSES)
    assert result.p == pytest.approx(wilcoxon(logs).pvalue)
    assert result.ratio.value == pytest.approx(np.exp(np.median(logs)))
    ranked = np.sort(np.exp(logs))  # order statistics 10 and 21 of 30 hold the median with 95.7 % (binomial)
    assert ranked[7] < result.ratio.low < ranked[11] < ranked[18] < result.ratio.high < ranked[22]


def test_divergence_is_worse_than_any_loss_and_ties_with_itself() -> None:
    infinite = np.full(30, np.inf)
    worse = compare_pairs(infinite, LOSSES)
    assert worse.is_higher
    assert worse.first == worse.ratio.value == math.inf
    tie = compare_pairs(infinite, infinite)
    assert (tie.ratio.value, tie.wins.successes, tie.p) == (1, 0, 1)
    assert not tie.is_lower
    assert not tie.is_higher
    some = np.where(np.arange(30) < 3, np.inf, 0.5 * LOSSES)
    assert compare_pairs(some, LOSSES).wins.successes == 27


def test_the_same_call_has_the_same_interval() -> None:
    other = LOSSES[::-1]
    first = compare_pairs(other, LOSSES)
    np.random.default_rng().random(5)
    assert compare_pairs(other, LOSSES) == first
