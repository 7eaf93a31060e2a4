"""Balanced truncation: equal at full order, within its bound on a frequency grid, and a network again."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from linrnn import LinearRNN
from linrnn.analysis import (
    StateSpace,
    balanced_truncation,
    delay_output,
    frequency_response,
    gramians,
    hankel_singular_values,
    impulse_response,
    reduce_network,
    state_space,
    to_network,
    truncation_error_bounds,
)
from tests.linrnn.analysis.systems import draw_system, linear_systems

FREQUENCIES = np.linspace(0, 0.5, 200)


def largest_gain(response: np.ndarray) -> float:
    return float(np.linalg.norm(response, 2, axis=(1, 2)).max())


@settings(max_examples=20, deadline=None)
@given(linear_systems(largest=0.95))
def test_the_error_is_within_its_bound(system: StateSpace) -> None:
    full, bounds = frequency_response(system, FREQUENCIES), truncation_error_bounds(system)
    values = hankel_singular_values(system)
    assert bounds[0] == pytest.approx(2 * values.sum())
    for order in range(1, system.order + 1):
        reduction = balanced_truncation(system, order)
        error = largest_gain(frequency_response(reduction, FREQUENCIES) - full)
        assert error <= bounds[order] + 1e-9 * bounds[0]
        assert bounds[order] == pytest.approx(2 * values[order:].sum())


@settings(max_examples=20, deadline=None)
@given(linear_systems(largest=0.95))
def test_both_gramians_of_the_result_are_the_singular_values(system: StateSpace) -> None:
    reduction = balanced_truncation(system, system.order)
    values = hankel_singular_values(system)
    for gramian in gramians(reduction)[:2]:
        assert np.allclose(gramian, np.diag(values), rtol=0, atol=1e-8 * values[0])


@settings(max_examples=30, deadline=None)
@given(linear_systems(least=0.6, largest=1.05))
def test_at_full_order_nothing_changes_with_biases_and_initial_state(system: StateSpace) -> None:
    x = np.random.default_rng(0).normal(size=(20, system.B.shape[1]))
    reduction = balanced_truncation(system, system.order, horizon=50)
    y = system.simulate(x)
    assert np.allclose(reduction.simulate(x), y, rtol=0, atol=1e-5 * np.abs(y).max())  # sqrt of the condition of P Q


def test_states_that_are_not_reached_or_seen_go_first_and_orders_above_the_rank_add_none() -> None:
    core = draw_system(3, 1, 2, 0.9, 4)
    A = np.zeros((6, 6))
    A[:3, :3], A[3:, 3:] = core.A, 0.95 * np.eye(3)
    wide = StateSpace(A, np.r_[core.B, np.zeros((3, 1))], np.c_[core.C, np.ones((2, 3))], core.D)
    response = impulse_response(wide, 50)
    for order in (3, 6):
        assert np.allclose(impulse_response(balanced_truncation(wide, order), 50), response, atol=1e-9)
    assert not balanced_truncation(wide, 6).B[3:].any()


def test_the_steady_state_of_the_affine_part_is_exact() -> None:
    system = draw_system(8, 1, 1, 0.9, 0)
    zeros = np.zeros((2000, 1))
    expected = system.simulate(zeros)[-1]
    for order in (1, 3, 5):
        assert balanced_truncation(system, order).simulate(zeros)[-1] == pytest.approx(expected, abs=1e-10)
    integrator = StateSpace(np.diag([1.0, 0.2]), np.ones((2, 1)), np.ones((1, 2)), np.zeros((1, 1)), np.ones(2))
    assert balanced_truncation(integrator, 1, horizon=50).output_offset == 0


def test_orders_and_unstable_systems_are_checked() -> None:
    system = draw_system(3, 1, 1, 0.9, 0)
    for order in (0, 4):
        with pytest.raises(ValueError, match=f"order must be in 1 to 3, not {order}"):
            balanced_truncation(system, order)
    with pytest.raises(ValueError, match="the system is unstable: balanced truncation has no error bound"):
        truncation_error_bounds(draw_system(3, 1, 1, 1.01, 0))


def test_an_unstable_mode_survives_over_a_finite_horizon() -> None:
    system = StateSpace(np.diag([1.02, 0.3, 0.2]), np.ones((3, 1)), np.ones((1, 3)), np.zeros((1, 1)))
    reduction = balanced_truncation(system, 1, horizon=100)
    assert reduction.A[0, 0] == pytest.approx(1.02, abs=0.002)


@settings(max_examples=15, deadline=None)
@given(linear_systems(largest=0.95))
def test_any_system_is_a_network(system: StateSpace) -> None:
    system = StateSpace(system.A, system.B, system.C, system.D, output_offset=system.output_offset)
    network = to_network(system)
    n, m = system.B.shape
    x = np.random.default_rng(1).normal(size=(30, 2, m))
    with torch.no_grad():
        y, _ = network(torch.from_numpy(x))
    expected = system.simulate(x)
    assert np.allclose(y, expected, rtol=0, atol=1e-9 * np.abs(expected).max())
    assert network.model.hidden_size in (n, n + m)


def test_a_networks_system_is_a_network_of_the_same_size() -> None:
    torch.manual_seed(0)
    network = LinearRNN(2, 6, 3).double()
    back = to_network(state_space(network))
    x = torch.randn(20, 1, 2).double()
    assert back.model.hidden_size == 6
    assert torch.allclose(back(x)[0], network(x)[0], atol=1e-10)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_smaller_network_is_within_the_bound_of_the_late_system(layers: int) -> None:
    torch.manual_seed(1)
    network = LinearRNN(2, 6, 3, layers).double()
    late = delay_output(network)
    assert np.allclose(impulse_response(late, 11)[1:], impulse_response(state_space(network), 10), atol=1e-14)
    full, bounds = frequency_response(state_space(network), FREQUENCIES), truncation_error_bounds(late)
    for order in range(1, 6 * layers + 1):
        reduction = reduce_network(network, order)
        assert reduction.model.hidden_size == order
        error = largest_gain(frequency_response(state_space(reduction), FREQUENCIES) - full)
        assert error <= bounds[order] + 1e-12


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 12))
def test_a_delay_takes_one_unit_more_than_its_steps(steps: int) -> None:
    """y_t = x_{t-d} by a shift register of d + 1 units: no unit can be dropped."""
    register = StateSpace(
        np.eye(steps, k=-1), np.eye(steps)[:, :1], np.eye(steps)[steps - 1 :], np.zeros((1, 1))
    )  # d states
    assert to_network(register).model.hidden_size == steps + 1
    assert np.allclose(hankel_singular_values(delay_output(register)), 1)


def test_orders_and_responses_are_those_of_slicot() -> None:
    """SLICOT's AB09AD, where slycot is installed."""
    slycot = pytest.importorskip("slycot")
    for seed in range(10):
        system = draw_system(6, 2, 3, 0.9, seed)
        values = hankel_singular_values(system)
        for order in range(1, 7):
            matrices = (np.array(each) for each in (system.A, system.B, system.C))
            size, A, B, C, expected = slycot.ab09ad("D", "B", "N", 6, 2, 3, *matrices, nr=order)
            assert size == order
            assert np.allclose(values, expected, rtol=0, atol=1e-8 * values[0])
            other = StateSpace(A[:order, :order], B[:order], C[:, :order], system.D)
            one, two = (impulse_response(each, 30) for each in (balanced_truncation(system, order), other))
            assert np.allclose(one, two, rtol=0, atol=1e-8 * np.abs(two).max())
