"""What sets two samples of losses apart, against counting by hand."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from linrnn.analysis.statistics import compare_samples, estimate_gain, estimate_median, quartiles
from linrnn.baseline.baselines import Baselines

RNG = np.random.default_rng(3)
LOSSES = arrays(float, 6, elements=st.floats(1e-9, 1e3))


def permutation_p(one: np.ndarray, other: np.ndarray) -> float:
    """By the definition: all deals of the pooled replicas, the two-sided p as twice the smaller tail."""
    pooled = np.log10(np.concatenate([one, other]))
    found = np.median(pooled[: len(one)]) - np.median(pooled[len(one) :])
    dealt = []
    for chosen in combinations(range(len(pooled)), len(one)):
        mask = np.isin(np.arange(len(pooled)), chosen)
        dealt.append(np.median(pooled[mask]) - np.median(pooled[~mask]))
    close = 1e-12 * max(1, abs(found))
    tails = (np.mean(np.array(dealt) <= found + close), np.mean(np.array(dealt) >= found - close))
    return min(1.0, 2 * min(tails))


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0])
def test_p_is_that_of_all_deals(shift: float) -> None:
    one, other = 10 ** RNG.normal(shift, 1, 6), 10 ** RNG.normal(0, 1, 5)
    assert compare_samples(one, other).p == pytest.approx(permutation_p(one, other), rel=1e-9)


@pytest.mark.long
def test_p_of_many_replicas_of_one_distribution_is_seldom_small() -> None:
    small = [compare_samples(*10 ** RNG.normal(0, 1, (2, 20))).p < 0.05 for _ in range(100)]
    assert np.mean(small) < 0.12  # binomial(100, 0.05) is above that once in a thousand times


@given(LOSSES, LOSSES)
def test_superiority_counts_pairs(one: np.ndarray, other: np.ndarray) -> None:
    pairs = [1.0 if a < b else 0.5 if a == b else 0.0 for a in one for b in other]
    found = compare_samples(one, other)
    assert found.superiority == pytest.approx(np.mean(pairs))
    assert compare_samples(other, one).superiority == pytest.approx(1 - found.superiority)


@given(LOSSES, LOSSES, st.integers(0, 3), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_nothing_depends_on_the_order_of_replicas(
    one: np.ndarray, other: np.ndarray, lost: int, random: Random
) -> None:
    one[:lost] = np.inf
    dealt = [np.array(random.sample(list(sample), len(sample))) for sample in (one, other)]
    for first, second in ((one, other), (other, one)):
        mixed = [dealt[0] if sample is one else dealt[1] for sample in (first, second)]
        assert estimate_median(mixed[0]) == estimate_median(first)
        assert estimate_gain(*mixed) == estimate_gain(first, second)
        assert repr(compare_samples(*mixed)) == repr(compare_samples(first, second))  # nan equals nan
        assert quartiles(mixed[0]) == quartiles(first)


def test_quartiles_are_interpolated_between_finite_losses_alone() -> None:
    assert quartiles(np.array([np.inf])) == (np.inf, np.inf, np.inf)
    assert quartiles(np.array([4.0, np.inf, 1.0, 2.0, 3.0])) == (2.0, 3.0, 4.0)
    assert quartiles(np.array([1e299, 1e299, np.inf, np.inf])) == (1e299, np.inf, np.inf)
    some = RNG.lognormal(size=11)
    assert quartiles(some) == tuple(np.quantile(some, (0.25, 0.5, 0.75)))


def test_the_ratio_is_that_of_medians_and_its_interval_holds_it() -> None:
    one, other = RNG.lognormal(0, 1, 21), RNG.lognormal(1, 1, 21)
    ratio = compare_samples(one, other).ratio
    assert ratio.value == pytest.approx(np.median(one) / np.median(other))
    assert ratio.low < ratio.value < ratio.high
    assert compare_samples(10 * one, 10 * other).ratio == pytest.approx(ratio)  # of no unit


def test_a_diverged_replica_is_worse_than_any_loss() -> None:
    some = np.array([1e-3] * 5 + [np.inf] * 6)  # whose median diverged
    fine = np.full(11, 1.0)
    assert compare_samples(some, fine).ratio.value == np.inf
    assert compare_samples(fine, some).ratio.value == 0.0
    assert compare_samples(some, fine).superiority == pytest.approx(5 / 11)
    assert compare_samples(some, fine) == compare_samples(some, fine)  # always the same resamples
    half = np.array([1e-3] * 10 + [np.inf] * 10)
    assert compare_samples(half, np.full(20, 1.0)).ratio.value == np.inf == np.median(half)
    assert compare_samples(np.full(20, 1.0), half).ratio.value == 0.0
    lost = np.full(6, np.inf)
    assert np.isnan(compare_samples(lost, lost).ratio).all()  # nothing to compare


def make_baselines(linear: float, nonlinear: float) -> Baselines:
    return Baselines("t", 1.0, linear, 3, None, nonlinear, None, 100, ())


def test_excess_and_the_gap_that_is_closed() -> None:
    baselines = make_baselines(0.4, 0.1)
    assert baselines.excess(0.8) == 2.0
    assert [baselines.gap_fraction(loss) for loss in (0.4, 0.1, 0.25, 0.7)] == pytest.approx([0.0, 1.0, 0.5, -1.0])
    assert make_baselines(0.4, 0.5).gap_fraction(0.3) is None  # the reference is worse
    assert make_baselines(0.4, 0.4).gap_fraction(0.3) is None
    assert make_baselines(1e-30, 1e-31).excess(0.3) is None  # rounding
    assert make_baselines(1e-30, 1e-31).gap_fraction(0.3) is None
