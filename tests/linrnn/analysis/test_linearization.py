"""Linearizations and slopes of units, beside torch's own Jacobians and torch.nn.RNN."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from linrnn.analysis.linear_system import state_space
from linrnn.analysis.linearization import linearize, unit_slopes
from linrnn.analysis.network_response import advance, walk
from linrnn.models import MODELS
from linrnn.models.conversion import to_torch
from linrnn.models.network import Network, TanhRNN, build_network


def draw_network(model: str, seed: int, inputs: int = 2, hidden: int = 4, layers: int = 1) -> Network:
    torch.manual_seed(seed)
    return build_network(MODELS[model](hidden_size=hidden, num_layers=layers), inputs, 1)


@pytest.mark.parametrize("model", ["linear", "tanh", "relu"])
@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), inputs=st.integers(1, 3), hidden=st.integers(1, 6), layers=st.integers(1, 3))
def test_jacobians_are_those_of_torch(model: str, seed: int, inputs: int, hidden: int, layers: int) -> None:
    network = draw_network(model, seed, inputs, hidden, layers).double()
    state, constant = torch.randn(hidden * layers).double(), torch.randn(inputs).double()

    def step(state: torch.Tensor, constant: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        shape = (layers, 1, hidden) if layers > 1 else (1, hidden)
        outputs, after = network(constant.view(1, 1, inputs), state.reshape(shape))
        return after.flatten(), outputs.flatten()

    (A, B), (C, D) = torch.autograd.functional.jacobian(step, (state, constant))
    result = linearize(network, state.numpy(), constant.numpy())
    for value, expected in zip(result[2:], (*step(state, constant), A, B, C, D), strict=True):
        assert np.allclose(value, expected.detach().numpy(), atol=1e-10)


def test_the_system_of_a_linear_network_is_the_network() -> None:
    network = draw_network("linear", 2, layers=2).double()
    inputs = np.random.default_rng(0).standard_normal((12, 3, 2))
    system = linearize(network, np.ones(8), np.ones(2)).system
    assert np.allclose(system.A, state_space(network).A)
    outputs, _ = network(torch.from_numpy(inputs), torch.ones(2, 3, 4).double())
    assert np.allclose(system.simulate(inputs), outputs.detach().numpy(), atol=1e-12)


def test_a_tanh_network_has_its_closed_form() -> None:
    network = draw_network("tanh", 3).double()
    state, constant = np.linspace(-1, 1, 4), np.array([0.3, -2.0])
    U, W, b = (network.get_parameter(name).detach().numpy() for name in "UWb")
    slopes = 1 - np.tanh(W @ state + U @ constant + b) ** 2
    result = linearize(network, state, constant)
    assert np.allclose(result.A, slopes[:, None] * W, atol=1e-10)
    assert np.allclose(result.B, slopes[:, None] * U, atol=1e-10)
    assert np.allclose(np.sort_complex(result.poles), np.sort_complex(np.linalg.eigvals(slopes[:, None] * W)))
    assert np.all(np.diff(np.abs(result.poles)) <= 1e-15)


@pytest.mark.parametrize(("bias", "order"), [(0.4, 2), (0.0, 3)])
def test_the_error_is_of_the_order_that_the_theory_says(bias: float, order: int) -> None:
    network = draw_network("tanh", 5, 1, 6).double()
    with torch.no_grad():
        network.get_parameter("b").fill_(bias)
    state = np.zeros(6) if bias == 0 else np.linspace(-0.5, 0.5, 6)
    expansion = linearize(network, state, [0.0])
    direction, sizes = np.random.default_rng(0).standard_normal(6), np.array([1e-2, 1e-3])
    moved = torch.from_numpy(state + sizes[:, None] * direction)
    images = advance(network, moved, torch.zeros(1).double())[0].detach().numpy()
    errors = np.linalg.norm(images - expansion.image - sizes[:, None] * (expansion.A @ direction), axis=1)
    assert np.log10(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("layers", [1, 3])
def test_a_walk_and_its_slopes_are_those_of_torch(layers: int) -> None:
    network = draw_network("tanh", 7, 2, 5, layers).double()
    rnn, _ = to_torch(network.state_dict())
    reference = torch.nn.RNN(2, 5, layers).double()
    reference.load_state_dict(rnn)
    inputs = torch.from_numpy(np.random.default_rng(1).standard_normal((9, 4, 2)))
    states = reference(inputs)[0].detach().numpy()
    assert np.allclose(walk(network, inputs.numpy())[:, :, -5:], states, atol=1e-12)
    slopes = unit_slopes(network, inputs.numpy())
    assert slopes.shape == (layers, 5)
    assert np.allclose(slopes[-1], (1 - states**2).mean(axis=(0, 1)), atol=1e-12)


def test_linear_units_have_the_slope_1_and_saturated_ones_0() -> None:
    inputs = np.ones((5, 1, 2))
    assert np.array_equal(unit_slopes(draw_network("linear", 0), inputs), np.ones((1, 4)))
    network = TanhRNN(2, 4, 1)
    with torch.no_grad():
        network.U.fill_(30.0)
    assert unit_slopes(network, inputs).max() < 1e-9


def test_units_have_both_biases() -> None:
    network, inputs = build_network(MODELS["tanh"](hidden_size=4, recurrent_bias="yes"), 1, 1), np.zeros((1, 1, 1))
    biases = network.get_parameter("a") + network.get_parameter("b")
    assert np.allclose(unit_slopes(network, inputs)[0], (1 - biases.tanh() ** 2).detach().numpy(), atol=1e-7)


def test_rectified_units_have_the_share_of_their_active_steps() -> None:
    network, inputs = draw_network("relu", 3).double(), np.random.default_rng(2).standard_normal((30, 4, 2))
    assert np.array_equal(unit_slopes(network, inputs)[0], (walk(network, inputs) > 0).mean(axis=(0, 1)))
