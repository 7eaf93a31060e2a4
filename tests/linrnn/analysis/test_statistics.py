"""What sets two samples of losses apart, against counting by hand."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t

from linrnn.analysis.bootstrap import bootstrap_losses
from linrnn.analysis.statistics import (
    LossSample,
    SampleComparison,
    compare_samples,
    diebold_mariano_p,
    quartiles,
)
from linrnn.baseline.baselines import Baselines

RNG = np.random.default_rng(3)
LOSSES = arrays(float, 6, elements=st.floats(1e-9, 1e3))


def compare(one: np.ndarray, other: np.ndarray) -> SampleComparison:
    """Two model types without step losses."""
    samples = LossSample(one), LossSample(other)
    result = bootstrap_losses(dict(zip("ab", samples, strict=True)), {}, {})
    return compare_samples(*samples, result.both["a"], result.both["b"])


def diebold_mariano(difference: np.ndarray) -> float:
    """p of one-step forecasts with no lags, by the formulas of the papers."""
    n = len(difference)
    statistic = difference.mean() / np.sqrt(difference.var() / n) * np.sqrt((n - 1) / n)
    return float(2 * t.sf(abs(statistic), n - 1))


def test_diebold_mariano_over_sequences_is_that_of_the_papers() -> None:
    first, second = RNG.normal(size=(2, 3, 1, 30)) ** 2
    samples = [LossSample(each.mean(axis=(1, 2)), each) for each in (first, second)]
    middle = [each[np.argsort(each.mean(axis=(1, 2)))[1], 0] for each in (first, second)]
    assert diebold_mariano_p(*samples) == pytest.approx(diebold_mariano(middle[0] - middle[1]), rel=1e-6)


def test_diebold_mariano_of_equal_predictors_is_seldom_small() -> None:
    def draw() -> LossSample:
        steps = RNG.normal(size=(1, 200, 1)) ** 2
        return LossSample(steps.mean(axis=(1, 2)), steps)

    values = [diebold_mariano_p(draw(), draw()) for _ in range(100)]
    assert np.mean(np.array(values) < 0.05) < 0.13  # binomial(100, 0.05) is above that once in a thousand times
    better = LossSample(np.array([0.2]), np.full((1, 200, 1), 0.2))
    assert diebold_mariano_p(draw(), better) < 1e-3


def test_diebold_mariano_is_nan_without_steps_or_a_difference() -> None:
    few, same = LossSample(np.ones(1), np.ones((1, 3, 1))), LossSample(np.ones(1), np.ones((1, 30, 1)))
    assert np.isnan([diebold_mariano_p(few, few), diebold_mariano_p(same, same)]).all()
    assert np.isnan(diebold_mariano_p(LossSample(np.ones(5)), LossSample(np.ones(5))))


@given(LOSSES, LOSSES)
def test_superiority_counts_pairs(one: np.ndarray, other: np.ndarray) -> None:
    pairs = [1.0 if a < b else 0.5 if a == b else 0.0 for a in one for b in other]
    found = compare(one, other)
    assert found.superiority == pytest.approx(np.mean(pairs))
    assert compare(other, one).superiority == pytest.approx(1 - found.superiority)


@given(LOSSES, LOSSES, st.integers(0, 3), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_nothing_depends_on_the_order_of_replicas(
    one: np.ndarray, other: np.ndarray, lost: int, random: Random
) -> None:
    one[:lost] = np.inf
    dealt = [np.array(random.sample(list(sample), len(sample))) for sample in (one, other)]
    for first, second in ((one, other), (other, one)):
        mixed = [dealt[0] if sample is one else dealt[1] for sample in (first, second)]
        assert repr(compare(*mixed)) == repr(compare(first, second))  # nan equals nan
        assert quartiles(mixed[0]) == quartiles(first)


def test_quartiles_are_interpolated_between_finite_losses_alone() -> None:
    assert quartiles(np.array([np.inf])) == (np.inf, np.inf, np.inf)
    assert quartiles(np.array([4.0, np.inf, 1.0, 2.0, 3.0])) == (2.0, 3.0, 4.0)
    assert quartiles(np.array([1e299, 1e299, np.inf, np.inf])) == (1e299, np.inf, np.inf)
    some = RNG.lognormal(size=11)
    assert quartiles(some) == tuple(np.quantile(some, (0.25, 0.5, 0.75)))


def test_the_ratio_is_that_of_medians_and_its_interval_holds_it() -> None:
    one, other = RNG.lognormal(0, 1, 21), RNG.lognormal(1, 1, 21)
    ratio = compare(one, other).ratio
    assert ratio.value == pytest.approx(np.median(one) / np.median(other))
    assert ratio.low < ratio.value < ratio.high
    assert compare(10 * one, 10 * other).ratio == pytest.approx(ratio)  # of no unit


def test_a_diverged_replica_is_worse_than_any_loss() -> None:
    some = np.array([1e-3] * 5 + [np.inf] * 6)  # whose median diverged
    fine = np.full(11, 1.0)
    assert compare(some, fine).ratio.value == np.inf
    assert compare(fine, some).ratio.value == 0.0
    assert compare(some, fine).superiority == pytest.approx(5 / 11)
    assert compare(some, fine) == compare(some, fine)  # always the same resamples
    half = np.array([1e-3] * 10 + [np.inf] * 10)
    assert compare(half, np.full(20, 1.0)).ratio.value == np.inf == np.median(half)
    assert compare(np.full(20, 1.0), half).ratio.value == 0.0
    lost = np.full(6, np.inf)
    assert np.isnan(compare(lost, lost).ratio).all()  # nothing to compare


def make_baselines(linear: float, nonlinear: float) -> Baselines:
    return Baselines("t", 1.0, linear, 3, None, nonlinear, None, 100, ())


def test_the_gap_that_is_closed() -> None:
    baselines = make_baselines(0.4, 0.1)
    assert [baselines.gap_fraction(loss) for loss in (0.4, 0.1, 0.25, 0.7)] == pytest.approx([0.0, 1.0, 0.5, -1.0])
    assert make_baselines(0.4, 0.5).gap_fraction(0.3) is None  # the reference is worse
    assert make_baselines(0.4, 0.4).gap_fraction(0.3) is None
    assert make_baselines(1e-30, 1e-31).gap_fraction(0.3) is None
