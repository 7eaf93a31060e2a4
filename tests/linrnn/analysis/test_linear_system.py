"""A linear network as a system: against scipy's simulation and torch's network, and its layers as one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import dlsim

from linrnn import LinearRNN, TanhRNN
from linrnn.analysis import StateSpace, collapse, state_space
from linrnn.models.linear import Linear
from linrnn.models.network import build_network
from tests.linrnn.analysis.systems import draw_system, jordan_block, linear_systems

EXACT = 1e-12


def draw_network(inputs: int, hidden: int, outputs: int, layers: int, seed: int) -> LinearRNN:
    torch.manual_seed(seed)
    return LinearRNN(inputs, hidden, outputs, layers).double()


networks = st.builds(
    draw_network, st.integers(1, 3), st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31)
)


@settings(max_examples=30, deadline=None)
@given(linear_systems(largest=1.05))
def test_a_simulation_is_that_of_scipy(system: StateSpace) -> None:
    m, p = system.B.shape[1], len(system.C)
    x = np.random.default_rng(0).normal(size=(30, m))
    ones = np.ones((30, 1))  # the affine part is one more constant input
    B, D = np.c_[system.B, system.state_offset], np.c_[system.D, system.output_offset]
    _, y, _ = dlsim((system.A, B, system.C, D, 1), np.c_[x, ones], x0=system.initial_state)
    assert np.allclose(system.simulate(x), y.reshape(30, p), rtol=EXACT, atol=EXACT)
    batch = system.simulate(np.stack([x, 2 * x], axis=1))
    assert batch.shape == (30, 2, p)
    assert np.allclose(batch[:, 0], y.reshape(30, p), rtol=EXACT, atol=EXACT)


@settings(max_examples=30, deadline=None)
@given(networks)
def test_a_stack_is_one_system_and_one_layer(network: LinearRNN) -> None:
    inputs, layers, hidden = network.input_size, network.model.num_layers, network.model.hidden_size
    x, h0 = torch.randn(25, 2, inputs).double(), torch.randn(layers, 2, hidden).double()
    with torch.no_grad():
        y, _ = network(x, h0 if layers > 1 else h0[0])
        one, _ = collapse(network)(x, h0.movedim(0, 1).reshape(2, -1))
    assert one.shape == y.shape
    assert torch.allclose(one, y, rtol=EXACT, atol=EXACT)
    system = state_space(network, h0[:, 1].flatten())
    assert system.order == layers * hidden
    assert np.allclose(system.simulate(x[:, 1].numpy()), y[:, 1], rtol=EXACT, atol=EXACT)


def test_parameters_of_one_replica_are_a_network_too() -> None:
    network = draw_network(2, 3, 1, 2, 0)
    parameters = {name: value.detach().numpy() for name, value in network.named_parameters()}
    one, other = state_space(network), state_space(parameters)
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("A", "B", "C", "D"))
    assert one.A.dtype == np.float64
    assert state_space(network.float()).A.dtype == np.float64


def test_what_is_no_linear_system_is_refused() -> None:
    with pytest.raises(ValueError, match="model type linear is needed, not tanh"):
        state_space(TanhRNN(1, 2, 1))
    with pytest.raises(ValueError, match="the network itself is needed"):
        state_space(torch.nn.Sequential(LinearRNN(1, 2, 1)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"C must have the shape \(1, 2\), not \(1, 3\)"):
        StateSpace(np.eye(2), np.ones((2, 1)), np.ones((1, 3)), np.ones((1, 1)))
    with pytest.raises(ValueError, match="A has values that are not finite"):
        StateSpace(np.full((1, 1), np.nan), np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1)))


@pytest.mark.parametrize("radius", [0.0, 0.5, 0.999999, 1 - 1e-9])
def test_stable_up_to_the_circle(radius: float) -> None:
    assert draw_system(6, 1, 1, radius, 3).is_stable


def test_unstable_and_defective_systems_are_distinct() -> None:
    rotation = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])
    on_circle = StateSpace(rotation, np.ones((2, 1)), np.ones((1, 2)), np.zeros((1, 1)))
    assert not on_circle.is_stable
    assert not draw_system(5, 1, 1, 1 + 1e-9, 0).is_stable
    assert not draw_system(5, 1, 1, 40.0, 0).is_stable
    assert jordan_block(10, 0.99).is_stable  # although its powers reach 1e16 first
    assert not jordan_block(3, 1.0).is_stable


def test_recurrent_biases_count() -> None:
    torch.manual_seed(0)
    network = build_network(Linear(3, 2, recurrent_bias="yes"), 1, 1).double()
    x = torch.randn(9, 1, 1).double()
    with torch.no_grad():
        expected = network(x)[0][:, 0]
    assert np.allclose(state_space(network).simulate(x[:, 0].numpy()), expected, rtol=EXACT, atol=EXACT)
