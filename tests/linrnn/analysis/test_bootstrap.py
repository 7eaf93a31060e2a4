"""The bootstrap over replicas and test steps, against simulation of what it estimates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from linrnn.analysis.bootstrap import Bootstrap, bootstrap_losses, draw_step_weights
from linrnn.analysis.stationary_bootstrap import choose_block_length
from linrnn.analysis.statistics import LossSample


def correlated(rng: np.random.Generator, steps: int, rho: float) -> np.ndarray:
    """A stationary AR(1) of variance 1."""
    noise = np.sqrt(1 - rho**2) * rng.normal(size=steps)
    values: np.ndarray = lfilter([1.0], [1.0, -rho], noise, zi=[rho * rng.normal()])[0]
    return values


def make_network(rng: np.random.Generator, errors: np.ndarray, spread: float, replicas: int = 20) -> LossSample:
    """Replicas whose errors `(T, B)` are common, times a factor of each replica's own."""
    steps = np.square(errors) * np.exp(spread * rng.normal(size=(replicas, 1, 1)))
    return LossSample(steps.mean(axis=(1, 2)), steps.astype(np.float32))


def half_width(result: Bootstrap, name: str) -> float:
    _, low, high = result.estimate(name)
    return (high - low) / 2


@pytest.mark.parametrize(("rho", "steps"), [(0.0, 300), (0.9, 1500)])
@pytest.mark.long
def test_the_interval_contains_the_expected_loss_about_as_often_as_it_states(rho: float, steps: int) -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(25):
        sample = make_network(rng, correlated(rng, steps, rho)[:, None], 0.0, 1)
        _, low, high = bootstrap_losses({"linear": sample}, {}, {}).estimate("linear")
        inside.append(low <= 1 <= high)
    assert np.mean(inside) >= 0.8  # percentile intervals of few blocks are somewhat short; 0.5 without blocks


def test_the_chance_of_test_steps_is_in_the_interval_and_replicas_alone_lack_it() -> None:
    rng = np.random.default_rng(1)
    sample = make_network(rng, rng.normal(size=(200, 1)), 0.01)
    expected = 1.96 * np.sqrt(2 / 200)  # of a mean square of Gaussian errors, relative
    both = half_width(bootstrap_losses({"linear": sample}, {}, {}), "linear") / np.median(sample.losses)
    alone = half_width(bootstrap_losses({"linear": LossSample(sample.losses)}, {}, {}), "linear")
    assert both == pytest.approx(expected, rel=0.25)
    assert alone < 0.1 * both


def test_correlated_errors_make_the_interval_as_much_wider_as_they_should() -> None:
    rng = np.random.default_rng(8)
    widths = [
        half_width(
            bootstrap_losses({"linear": make_network(rng, correlated(rng, 4000, rho)[:, None], 0.0, 1)}, {}, {}),
            "linear",
        )
        for rho in (0.0, 0.9)
    ]
    expected = np.sqrt((1 + 0.9**2) / (1 - 0.9**2))  # squares of an AR(1) have the autocorrelations rho^(2 k)
    assert widths[1] / widths[0] == pytest.approx(expected, rel=0.35)


def test_what_is_common_to_two_predictors_cancels() -> None:
    rng = np.random.default_rng(2)
    errors = rng.normal(size=(300, 1))
    networks = {"linear": make_network(rng, errors, 0.0), "tanh": make_network(rng, 0.7 * errors, 0.0)}
    result = bootstrap_losses(networks, {"naive": 1.0}, {"naive": np.square(errors)})
    ratios = result.both["tanh"] / result.both["linear"]
    assert ratios == pytest.approx(np.full(len(ratios), 0.49), rel=1e-4)
    assert result.both["linear"] == pytest.approx(result.both["naive"], rel=1e-4)
    assert np.std(result.both["linear"]) > 0.03


def test_replicas_and_steps_add_up() -> None:
    rng = np.random.default_rng(3)
    result = bootstrap_losses({"linear": make_network(rng, rng.normal(size=(400, 1)), 0.3)}, {}, {})
    both, data, training = (np.var(each["linear"]) for each in (result.both, result.data, result.training))
    assert min(data, training) > 0
    assert both == pytest.approx(data + training, rel=0.25)


def test_sequences_are_the_blocks_where_they_differ() -> None:
    rng = np.random.default_rng(4)
    level = np.exp(rng.normal(size=30))
    sample = make_network(rng, np.sqrt(level) * rng.normal(size=(200, 30)), 0.0, 5)
    spread = np.std(bootstrap_losses({"linear": sample}, {}, {}).both["linear"])
    means = sample.steps[0].mean(axis=0) if sample.steps is not None else np.zeros(1)
    assert spread == pytest.approx(means.std() / np.sqrt(30), rel=0.1)


def test_a_predictor_of_large_losses_does_not_choose_what_is_resampled() -> None:
    rng = np.random.default_rng(9)
    level = np.exp(rng.normal(size=30))
    small, other = (make_network(rng, 1e-3 * np.sqrt(level) * rng.normal(size=(200, 30)), 0.0, 5) for _ in range(2))
    naive = 1 + 0.5 * np.abs(correlated(rng, 200, 0.99))[:, None] * np.ones(30)  # whose blocks differ
    alone = bootstrap_losses({"linear": small}, {}, {})
    both = bootstrap_losses({"linear": small, "tanh": other}, {"naive": naive.mean()}, {"naive": naive})
    assert both.both["linear"].std() == pytest.approx(alone.both["linear"].std(), rel=0.1)


def test_a_single_step_of_many_sequences() -> None:
    rng = np.random.default_rng(5)
    weights = draw_step_weights([rng.normal(size=(1, 50)) ** 2])
    assert weights is not None
    assert weights.shape[1:] == (1, 50)
    assert weights.sum(axis=(1, 2)) == pytest.approx(np.ones(len(weights)))
    assert draw_step_weights([np.ones((1, 1))]) is None


def test_block_lengths_grow_with_the_correlation_and_stay_below_a_quarter() -> None:
    rng = np.random.default_rng(6)
    lengths = [choose_block_length(correlated(rng, 1000, rho)[None]) for rho in (0.0, 0.9)]
    assert lengths[0] < 5 < lengths[1] <= 250
    assert choose_block_length(np.ones((1, 50))) == 1
    assert [choose_block_length(rng.normal(size=(1, steps))) for steps in range(1, 16)] == [1] * 15
    assert all(1 <= choose_block_length(rng.normal(size=(1, steps))) <= steps / 4 for steps in range(16, 40))
    assert choose_block_length(np.cumsum(rng.normal(size=(1, 20)), axis=1)) <= 5


@given(st.integers(0, 100), st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_the_order_of_replicas_changes_nothing(seed: int, diverged: int) -> None:
    rng = np.random.default_rng(seed)
    sample = make_network(rng, rng.normal(size=(40, 2)), 0.3, 8)
    losses = sample.losses.copy()
    losses[:diverged] = np.inf
    order = rng.permutation(8)
    assert sample.steps is not None
    one, other = (
        bootstrap_losses({"linear": LossSample(losses[rows], sample.steps[rows])}, {}, {})
        for rows in (np.arange(8), order)
    )
    assert one.estimate("linear") == other.estimate("linear")
    if diverged in (0, 3):
        assert (one.estimate("linear").high == np.inf) == (diverged == 3)


def test_diverged_replicas_reach_the_interval_and_not_the_others() -> None:
    rng = np.random.default_rng(7)
    sample = make_network(rng, rng.normal(size=(100, 1)), 0.1)
    assert sample.steps is not None
    steps = sample.steps.copy()
    steps[:12] = np.nan
    lost = LossSample(np.where(np.arange(20) < 12, np.inf, sample.losses), steps)
    result = bootstrap_losses({"linear": sample, "tanh": lost}, {}, {})
    assert result.estimate("tanh")[::2] == (np.inf, np.inf)
    assert result.estimate("linear") == bootstrap_losses({"linear": sample}, {}, {}).estimate("linear")
