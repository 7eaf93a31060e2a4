"""State spaces against scipy, and on systems of low order."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import dlsim, lfilter

from linrnn.baseline import subspace_model
from linrnn.baseline.candidate import squared_errors
from linrnn.baseline.lag_regression import LagRegression, search_least_squares
from linrnn.baseline.subspace_model import (
    Dynamics,
    SubspaceModel,
    canonical_variates,
    fit_dynamics,
    search_subspace_models,
)
from linrnn.data.sequences import Sequences, Splits
from linrnn.tasks import TASKS
from tests.linrnn.baseline.conftest import arma_series, series_splits


def filter_splits(b: list[float], a: list[float], noise: float, steps: int = 400) -> Splits:
    """White inputs, and targets b(z) / a(z) of them with white noise."""
    rng = np.random.default_rng(0)

    def draw() -> Sequences:
        x = rng.standard_normal((steps, 2, 1))
        y = np.asarray(lfilter(b, a, x, axis=0))
        return Sequences(x, y + noise * rng.standard_normal(x.shape))

    return Splits(draw(), draw(), draw())


@pytest.mark.parametrize("radius", [0.5, 0.99])
def test_states_are_those_of_scipy(radius: float) -> None:
    rng = np.random.default_rng(1)
    A = rng.normal(size=(3, 3))
    dynamics = Dynamics(radius * A / np.abs(np.linalg.eigvals(A)).max(), rng.normal(size=(3, 2)))
    x = rng.normal(size=(200, 1, 2))
    A, B = dynamics
    system = (A, A @ B, np.eye(3), B, 1)  # s_t = A s_{t-1} + B x_t as the output of the state A s_{t-1}
    _, expected, _ = dlsim(system, x[:, 0])
    states = dynamics.states(Sequences(x, x[..., :1], first=7))
    assert states[:, 0] == pytest.approx(1)
    assert states[:, 1:4] == pytest.approx(expected[7:], rel=1e-9, abs=1e-9)
    assert np.array_equal(states[:, 4:], x[7:, 0])


def test_a_system_of_second_order_is_recovered() -> None:
    poles = 0.8 * np.exp(np.array([0.3j, -0.3j]))
    data = filter_splits([1.0, 0.5], np.poly(poles).real.tolist(), noise=0.0)
    form = SubspaceModel(2, 64, is_forecast=False)
    dynamics = fit_dynamics(data[:1], 64, canonical_variates(data[:1], 64, is_forecast=False)[:2])
    assert np.sort_complex(np.linalg.eigvals(dynamics.A)) == pytest.approx(np.sort_complex(poles), abs=1e-5)
    assert squared_errors(form.fit(data[:1]), data.test).mean() < 1e-9


def test_memory_that_lags_cannot_hold_is_found_in_noise() -> None:
    a = np.poly([0.98 * np.exp(0.3j), 0.98 * np.exp(-0.3j)]).real.tolist()
    data = filter_splits([1.0, 0.5], a, noise=3.0)
    best = search_subspace_models(data, 0)
    assert best is not None
    lags = search_least_squares(data, LagRegression(0)).best
    noise = 9 / data.test.scale
    loss = squared_errors(best.candidate.fit([data.train]), data.test).mean()
    assert loss < 1.05 * noise
    assert loss < 0.9 * lags.test


def test_inputs_that_are_correlated_in_time_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    x = lfilter([1.0], [1.0, -0.9], rng.standard_normal((500, 3, 1)), axis=0)
    y = np.asarray(lfilter([0.0, 1.0], [1.0, -0.5], x, axis=0))
    part = Sequences(x, y)
    predictor = SubspaceModel(1, 8, is_forecast=False).fit([part])
    assert squared_errors(predictor, part).mean() < 1e-4


def test_the_kalman_filter_is_reached_on_a_noisy_rotation() -> None:
    task = TASKS["oscillator"](length=2100, sequences=4)
    data = task.splits()
    best = search_subspace_models(data, 1)
    assert best is not None
    assert squared_errors(best.candidate.fit(data[:2]), data.test).mean() == pytest.approx(task.linear_bound, rel=0.04)


def test_a_moving_average_near_the_unit_circle_needs_no_long_lags() -> None:
    data = series_splits(arma_series(1000, [1.0, -0.95], [1.0, -0.6]))
    best = search_subspace_models(data, 1)
    assert best is not None
    assert best.candidate.size < 12


def test_unstable_state_spaces_are_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = series_splits(arma_series(200, [1.0, -0.9], [1.0]))
    assert search_subspace_models(data, 1) is not None
    unstable = Dynamics(np.array([[1.01]]), np.ones((1, 1)))
    assert not unstable.is_stable
    monkeypatch.setattr(subspace_model, "fit_dynamics", lambda *arguments: unstable)
    assert search_subspace_models(data, 1) is None
    with pytest.raises(ValueError, match="unstable"):
        SubspaceModel(1, 8).fit([data.train])


def test_there_is_none_for_sequences_shorter_than_its_past() -> None:
    assert search_subspace_models(TASKS["adding"]().splits(), 0) is None
