"""Poles of systems that are built from them, and measures of non-normality against numpy's singular values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linrnn.analysis import (
    StateSpace,
    henrici_departure,
    pole_conditions,
    pole_frequencies,
    poles,
    power_norms,
    spectral_radius,
    time_constants,
    transient_growth,
)
from tests.linrnn.analysis.systems import jordan_block, linear_systems


def of_matrix(A: np.ndarray) -> StateSpace:
    n = len(A)
    return StateSpace(A, np.ones((n, 1)), np.ones((1, n)), np.zeros((1, 1)))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.1, 1.1), st.floats(0.02, 0.48)), min_size=1, max_size=4, unique=True),
    st.integers(0, 2**32 - 1),
)
def test_poles_are_those_that_a_system_is_built_from(pairs: list[tuple[float, float]], seed: int) -> None:
    """Rotations by known frequencies that shrink by known radii, in another orthonormal basis."""
    A = np.zeros((2 * len(pairs), 2 * len(pairs)))
    for k, (r, f) in enumerate(pairs):
        c, s = r * np.cos(2 * np.pi * f), r * np.sin(2 * np.pi * f)
        A[2 * k : 2 * k + 2, 2 * k : 2 * k + 2] = [[c, -s], [s, c]]
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=A.shape))
    system = of_matrix(Q @ A @ Q.T)
    expected = sorted((r for r, _ in pairs), reverse=True)
    assert np.allclose(np.abs(poles(system))[::2], expected, atol=1e-10)
    assert np.all(poles(system)[::2].imag > 0)
    assert np.allclose(np.sort(pole_frequencies(system)[::2]), sorted(f for _, f in pairs), atol=1e-10)
    assert spectral_radius(system) == pytest.approx(expected[0], abs=1e-10)
    assert np.allclose(np.exp(-1 / time_constants(system)), np.abs(poles(system)))
    assert np.allclose(pole_conditions(system), 1, atol=1e-6)
    assert henrici_departure(system) < 1e-10


def test_time_constants_at_zero_on_the_circle_and_beyond() -> None:
    constants = time_constants(of_matrix(np.diag([2.0, 1.0, np.exp(-1 / 7), 0.0])))
    assert constants[0] < 0
    assert constants[1] == np.inf
    assert constants[2] == pytest.approx(7)
    assert constants[3] == 0


@settings(max_examples=30, deadline=None)
@given(linear_systems(largest=1.05))
def test_norms_of_powers_are_those_of_numpy(system: StateSpace) -> None:
    expected = [np.linalg.svd(np.linalg.matrix_power(system.A, k))[1][0] for k in range(12)]
    assert np.allclose(power_norms(system, 11), expected, rtol=1e-10, atol=1e-10)
    growth = transient_growth(system, 11)
    assert growth.norm == pytest.approx(max(expected), rel=1e-10)
    assert expected[growth.step] == pytest.approx(growth.norm, rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(linear_systems(least=0.3))
def test_the_departure_is_what_the_poles_leave_of_the_norm(system: StateSpace) -> None:
    singular, moduli = np.linalg.svd(system.A)[1], np.abs(np.linalg.eigvals(system.A))
    square = np.sum(singular**2) - np.sum(moduli**2)
    assert henrici_departure(system) ** 2 == pytest.approx(square, abs=1e-10 * np.sum(singular**2))


def test_a_defective_matrix_has_ill_conditioned_poles() -> None:
    block = jordan_block(4, 0.5)
    assert pole_conditions(block).min() > 1e6
    assert henrici_departure(block) == pytest.approx(np.sqrt(3))
    assert transient_growth(block).norm > 1 > spectral_radius(block)


def test_powers_that_are_too_large_are_infinite() -> None:
    norms = power_norms(of_matrix(1e3 * np.eye(2)), 200)
    assert np.isfinite(norms[:100]).all()
    assert np.isinf(norms[-1])
