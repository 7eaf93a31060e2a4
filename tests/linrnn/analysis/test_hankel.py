"""Gramians against scipy, singular values against a long Hankel matrix, the order against ranks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_lyapunov

from linrnn.analysis import (
    StateSpace,
    UnstableSystemWarning,
    controllability_gramian,
    gramians,
    hankel_singular_values,
    impulse_response,
    memory_capacity,
    minimal_order,
    observability_gramian,
)
from tests.linrnn.analysis.systems import draw_system, jordan_block, linear_systems


def hankel_matrix(system: StateSpace, blocks: int) -> np.ndarray:
    M = impulse_response(system, 2 * blocks)[1:]
    return np.block([[M[i + j] for j in range(blocks)] for i in range(blocks)])


@settings(max_examples=40, deadline=None)
@given(linear_systems(largest=0.95))
def test_gramians_are_scipys(system: StateSpace) -> None:
    P, Q, horizon = gramians(system)
    assert horizon == math.inf
    for gramian, A, B in ((P, system.A, system.B), (Q, system.A.T, system.C.T)):
        expected = solve_discrete_lyapunov(A, B @ B.T)
        assert np.allclose(gramian, expected, rtol=0, atol=1e-10 * np.abs(expected).max())
    assert np.array_equal(P, controllability_gramian(system))
    assert np.array_equal(Q, observability_gramian(system))


@settings(max_examples=40, deadline=None)
@given(linear_systems(largest=1.1), st.integers(1, 40))
def test_gramians_of_a_finite_horizon_are_sums(system: StateSpace, horizon: int) -> None:
    columns = [np.linalg.matrix_power(system.A, k) @ system.B for k in range(horizon)]
    expected = sum(column @ column.T for column in columns)
    P = controllability_gramian(system, horizon)
    assert np.allclose(P, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@settings(max_examples=15, deadline=None)
@given(linear_systems(largest=0.8))
def test_hankel_singular_values_are_those_of_a_long_hankel_matrix(system: StateSpace) -> None:
    expected = np.linalg.svd(hankel_matrix(system, 60), compute_uv=False)[: system.order]
    expected = np.pad(expected, (0, system.order - len(expected)))
    assert np.allclose(hankel_singular_values(system), expected, rtol=0, atol=1e-8 * expected[0])


def test_hankel_singular_values_near_the_circle_keep_small_ones() -> None:
    """Two independent modes, each alone known in closed form: c b / (1 - a^2)."""
    a, b = np.array([1 - 1e-8, 0.5]), np.array([1.0, 1e-3])
    system = StateSpace(np.diag(a), np.diag(b), np.diag(b), np.zeros((2, 2)))
    assert np.allclose(hankel_singular_values(system), b**2 / (1 - a**2), rtol=1e-7)


def test_an_unstable_system_has_a_finite_horizon_and_says_so() -> None:
    system = draw_system(4, 1, 1, 1.01, 0)
    with pytest.warns(UnstableSystemWarning, match="unstable: the spectral radius is not below 1, .* of 100 steps"):
        values = hankel_singular_values(system)
    assert np.array_equal(values, hankel_singular_values(system, 100))
    with pytest.warns(UnstableSystemWarning):
        assert gramians(system).horizon == 100
    expected = np.linalg.svd(hankel_matrix(system, 100), compute_uv=False)[:4]
    assert np.allclose(values, expected, rtol=0, atol=1e-8 * expected[0])
    with pytest.raises(ValueError, match="too large for float64: choose a shorter horizon"):
        hankel_singular_values(draw_system(4, 1, 1, 10.0, 0), 1000)
    with pytest.raises(ValueError, match="horizon must be 1 or more, not 0"):
        gramians(system, 0)


@settings(max_examples=40, deadline=None)
@given(*[st.integers(0, 3)] * 3, st.sampled_from([0.6, 0.9, 1.05]), st.integers(0, 2**32 - 1))
def test_the_minimal_order_is_the_number_of_states_that_are_reached_and_seen(
    both: int, unseen: int, unreached: int, radius: float, seed: int
) -> None:
    """Kalman's decomposition built by hand, in another orthonormal basis."""
    n = both + unseen + unreached
    if not n:
        return
    rng = np.random.default_rng(seed)
    A = np.diag(radius * np.linspace(0.3, 1, n) * np.where(np.arange(n) % 2, 1, -1))
    B, C = rng.uniform(0.5, 1, (n, 1)), rng.uniform(0.5, 1, (1, n))
    C[:, both : both + unseen] = 0
    B[both + unseen :] = 0
    Q, _ = np.linalg.qr(rng.normal(size=(n, n)))
    system = StateSpace(Q @ A @ Q.T, Q @ B, C @ Q.T, np.ones((1, 1)))
    assert minimal_order(system) == both


def test_the_minimal_order_of_a_defective_system_is_all_of_it() -> None:
    assert minimal_order(jordan_block(5, 0.8)) == 5
    block = jordan_block(5, 0.8)
    assert minimal_order(StateSpace(block.A, 0 * block.B, block.C, block.D)) == 0


def past_inputs(system: StateSpace, lags: int) -> np.ndarray:
    """The state as a sum over past inputs: B, A B, A^2 B, ... side by side, `(n, m lags)`."""
    columns = [system.B]
    for _ in range(lags - 1):
        columns.append(system.A @ columns[-1])
    return np.concatenate(columns, axis=1)


@settings(max_examples=15, deadline=None)
@given(linear_systems(largest=0.9), st.sampled_from([1e-3, 1e-2, 1.0]))
def test_the_memory_is_what_least_squares_reads(system: StateSpace, noise: float) -> None:
    """The explained shares of all past inputs, by their covariances with the noisy state, which are known exactly."""
    F, P = past_inputs(system, 300), solve_discrete_lyapunov(system.A, system.B @ system.B.T)
    shares = np.sum(F * np.linalg.solve(P + noise * np.eye(system.order), F), axis=0)
    assert shares.max() < 1 + 1e-9
    assert memory_capacity(system, noise) == pytest.approx(shares.sum(), rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(linear_systems(largest=1.05), st.sampled_from([1e-3, 1e-2, 1.0]), st.integers(1, 60))
def test_the_memory_of_so_many_delays_is_the_trace_of_the_smoother(
    system: StateSpace, noise: float, delays: int
) -> None:
    """In the dual form: of the Gram matrix of the delays, not of the states."""
    F = past_inputs(system, delays)
    gram = F.T @ F
    smoother = np.linalg.solve(gram + noise * np.eye(len(gram)), gram)
    assert memory_capacity(system, noise, delays) == pytest.approx(np.trace(smoother), rel=1e-6)


def test_the_memory_has_the_number_of_states_as_its_bound() -> None:
    system = draw_system(20, 1, 1, 0.9, 1)
    assert 0 < memory_capacity(system, 1.0) < memory_capacity(system, 1e-6) < 20
    assert memory_capacity(draw_system(3, 1, 1, 0.9, 1), 1e-12) == pytest.approx(3, abs=1e-6)
    with pytest.raises(ValueError, match="noise must be above 0, not 0"):
        memory_capacity(system, 0.0)
