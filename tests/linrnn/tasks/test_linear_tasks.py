"""Linear processes and pure memory: by recursion, and their bounds by other ways to the same number."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import solve_toeplitz

from linrnn.data.sequences import Array, Sequences
from linrnn.tasks.arma import BURN_IN, Arma
from linrnn.tasks.delay import Delay
from linrnn.tasks.noisy_sine import NoisySine
from linrnn.tasks.oscillator import Oscillator


def arma_weights(count: int) -> list[float]:
    """psi_k of x_t = sum_k psi_k e_{t-k}, by hand from the definition."""
    psi = [1.0, 1.5 + 0.5]
    while len(psi) < count:
        psi.append(1.5 * psi[-1] - 0.75 * psi[-2])
    return psi


def least_squares_error(split: Sequences, lags: int) -> float:
    """Error of the best filter of some lags on the steps that count, over the variance of the targets."""
    x, y = split.inputs[:, :, 0], split.targets[split.first :, :, 0].ravel()
    columns = [x[split.first - k : len(x) - k].ravel() for k in range(lags)]
    design = np.stack([*columns, np.ones_like(columns[0])], axis=1)
    left = y - design @ np.linalg.solve(design.T @ design, design.T @ y)
    return float(left.var() / y.var())


def test_arma_follows_its_recursion() -> None:
    task = Arma(sequences=2)
    drawn = task.series(np.random.default_rng(3), 40)
    e = np.random.default_rng(3).standard_normal((BURN_IN + 40, 2))
    x = [e[0], 1.5 * e[0] + e[1] + 0.5 * e[0]]
    for t in range(2, len(e)):
        x.append(1.5 * x[-1] - 0.75 * x[-2] + e[t] + 0.5 * e[t - 1])
    assert_allclose(drawn, x[BURN_IN:], rtol=1e-10, atol=1e-10)
    assert 1.5 * 3 - 0.75 * 2 + 0.5 * 1 == 3.5  # the example


@pytest.mark.parametrize("horizon", [1, 5])
def test_arma_bound_is_the_prediction_error_of_its_autocovariance(horizon: int) -> None:
    psi = np.array(arma_weights(1000))
    covariance = np.array([psi[: len(psi) - k] @ psi[k:] for k in range(300)])
    ahead = covariance[horizon : horizon + 200]
    error = covariance[0] - ahead @ solve_toeplitz(covariance[:200], ahead)
    assert Arma(horizon=horizon).linear_bound == pytest.approx(error / covariance[0], rel=1e-9)
    assert Arma(horizon=horizon).noise_bound == Arma(horizon=horizon).linear_bound


def test_arma_has_the_variance_of_its_weights() -> None:
    drawn = Arma(sequences=200).series(np.random.default_rng(0), 2000)
    assert drawn.var() == pytest.approx(sum(k**2 for k in arma_weights(1000)), rel=0.02)


@pytest.mark.parametrize("task", [Arma(length=8_000), Arma(length=8_000, horizon=3), Oscillator(length=8_000)])
def test_bounds_are_what_least_squares_reach(task: Arma | Oscillator) -> None:
    assert least_squares_error(task.splits().train, 30) == pytest.approx(task.linear_bound, rel=0.06)


def test_oscillator_turns_and_shrinks() -> None:
    task = Oscillator(process_noise=1e-9, observation_noise=1e-9)
    states = [np.array([1.0, 0.0])]
    for _ in range(2):
        states.append(task.transition @ states[-1])
    assert_allclose([state[0] for state in states], [1, 0.908, 0.745], atol=5e-4)  # the example
    assert_allclose([np.linalg.norm(after) / np.linalg.norm(before) for before, after in pairwise(states)], 0.95)


def test_oscillator_has_the_autocovariance_of_its_system() -> None:
    drawn = Oscillator(sequences=100).series(np.random.default_rng(0), 2000)
    state = 0.1 / (1 - 0.95**2)
    assert drawn.var() == pytest.approx(state + 0.5, rel=0.02)
    for lag in (1, 4):
        expected = state * 0.95**lag * np.cos(0.3 * lag)
        assert (drawn[lag:] * drawn[:-lag]).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("horizon", [1, 3])
def test_oscillator_bound_is_the_error_of_a_kalman_filter(horizon: int) -> None:
    drawn = Oscillator(sequences=200).series(np.random.default_rng(1), 1000)
    c, s = 0.95 * np.cos(0.3), 0.95 * np.sin(0.3)
    turn, see = np.array([[c, -s], [s, c]]), np.array([1.0, 0.0])
    state, spread = np.zeros((2, 200)), np.eye(2)  # expected, before each observation
    errors = []
    for t in range(len(drawn) - horizon):
        gain = spread @ see / (see @ spread @ see + 0.5)
        state = state + np.outer(gain, drawn[t] - see @ state)
        spread = spread - np.outer(gain, see @ spread)
        errors.append(drawn[t + horizon] - see @ np.linalg.matrix_power(turn, horizon) @ state)
        state, spread = turn @ state, turn @ spread @ turn.T + 0.1 * np.eye(2)
    error = np.square(errors[100:]).mean() / drawn.var()
    assert Oscillator(horizon=horizon).linear_bound == pytest.approx(error, rel=0.02)


def test_noisy_sine_is_a_sine_and_noise() -> None:
    clean = NoisySine(noise=0.0, frequency=0.25, sequences=3).series(np.random.default_rng(0), 20)
    assert_allclose(clean[2:], -clean[:-2], atol=1e-13)
    assert_allclose(clean[1:] ** 2 + clean[:-1] ** 2, 1)
    slow = NoisySine(noise=0.0, frequency=0.05, sequences=3).series(np.random.default_rng(0), 41)
    assert_allclose(slow[20:], slow[:-20], atol=1e-13)
    noisy = NoisySine(sequences=2000).series(np.random.default_rng(0), 40)
    assert noisy.var() == pytest.approx(0.5 + 0.09, rel=0.02)


@pytest.mark.parametrize(
    "task", [NoisySine(length=12, washout=4), NoisySine(length=9, washout=0, horizon=3, frequency=0.11)]
)
def test_noisy_sine_bound_is_the_best_filter_by_expected_normal_equations(task: NoisySine) -> None:
    def covariance(lag: int) -> float:
        return float(np.cos(2 * np.pi * task.frequency * lag)) / 2 + (task.noise**2 if lag == 0 else 0)

    normal, ahead = np.zeros((task.length, task.length)), np.zeros(task.length)
    for t in range(task.washout, task.length):
        for j in range(t + 1):
            ahead[j] += covariance(task.horizon + j)
            for k in range(t + 1):
                normal[j, k] += covariance(j - k)
    explained = ahead @ np.linalg.solve(normal, ahead) / (task.length - task.washout)
    bound = task.linear_bound
    assert bound == pytest.approx(1 - explained / covariance(0), rel=1e-9)
    assert bound > task.noise_bound
    assert task.noise_bound == pytest.approx(0.09 / 0.59)


def test_noisy_sine_bound_is_what_least_squares_reach() -> None:
    task = NoisySine(sequences=60)
    reached, bound = least_squares_error(task.splits().train, 100), task.linear_bound
    assert reached == pytest.approx(bound, rel=0.02)


@pytest.mark.parametrize("settings", [{"noise": 0.0}, {"length": 3001}])
def test_noisy_sine_has_no_bound_where_it_cannot_be_solved(settings: dict[str, float]) -> None:
    assert NoisySine(**settings).linear_bound is None


def delayed(x: Array, delay: int) -> list[float]:
    return [float(x[t - delay]) for t in range(delay, len(x))]


@pytest.mark.parametrize("delay", [0, 2, 20])
def test_delay_tells_the_input_of_some_steps_ago(delay: int) -> None:
    train = Delay(delay=delay, length=30, sequences=2).splits().train
    assert train.first == delay
    for x, y in zip(train.inputs[:, :, 0].T, train.targets[:, :, 0].T, strict=True):
        assert list(y[delay:]) == delayed(x, delay)
    assert delayed(np.array([0.5, -1, 0.2, 0.4]), 2) == [0.5, -1]  # the example
    assert -1 <= train.inputs.min() < 0 < train.inputs.max() <= 1
