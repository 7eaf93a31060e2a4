"""A linear network as a system: against scipy's simulation and torch's network, and its layers as one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import dlsim

from linrnn import LinearRNN, TanhRNN
from linrnn.analysis import StateSpace, collapse, poles, recurrence_system, state_space
from linrnn.models import MODELS
from linrnn.models.linear import Linear
from linrnn.models.network import Network, build_network
from tests.linrnn.analysis.systems import draw_system, jordan_block, linear_systems

EXACT = 1e-12


def draw_network(inputs: int, hidden: int, outputs: int, layers: int, seed: int) -> LinearRNN:
    torch.manual_seed(seed)
    return LinearRNN(inputs, hidden, outputs, layers).double()


def build(name: str, layers: int, **settings: object) -> Network:
    torch.manual_seed(layers)
    return build_network(MODELS[name](hidden_size=3, num_layers=layers, **settings), 2, 2).double()


def parameters_of(network: Network) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in network.named_parameters()}


def simulate_by_scipy(system: StateSpace, inputs: np.ndarray) -> np.ndarray:
    """The outputs of dlsim; the affine part is one more constant input."""
    B, D = np.c_[system.B, system.state_offset], np.c_[system.D, system.output_offset]
    drive = np.c_[inputs, np.ones(len(inputs))]
    outputs: np.ndarray = dlsim((system.A, B, system.C, D, 1), drive, x0=system.initial_state)[1]
    return outputs


networks = st.builds(
    draw_network, st.integers(1, 3), st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**31)
)


@settings(max_examples=30, deadline=None)
@given(linear_systems(largest=1.05))
def test_a_simulation_is_that_of_scipy(system: StateSpace) -> None:
    m, p = system.B.shape[1], len(system.C)
    x = np.random.default_rng(0).normal(size=(30, m))
    y = simulate_by_scipy(system, x)
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
    for network in (TanhRNN(1, 2, 1), build("almost-linear", 1, nonlinear_units=1), build("linear-mlp", 1)):
        with pytest.raises(ValueError, match=f"is needed, not {network.model.name}"):
            state_space(network)
    with pytest.raises(ValueError, match="the model type linear-mlp is needed, not lru"):
        recurrence_system(build("lru", 1))
    with pytest.raises(ValueError, match="the readout is nonlinear"):
        state_space(parameters_of(build("linear-mlp", 1)))
    with pytest.raises(ValueError, match="the readout has no hidden layer"):
        recurrence_system(parameters_of(build("linear", 1)))
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


@pytest.mark.parametrize(("name", "settings"), [("linear", {}), ("lru", {}), ("almost-linear", {"nonlinear_units": 0})])
@pytest.mark.parametrize("layers", [1, 3])
def test_a_network_without_a_nonlinearity_is_its_system(name: str, settings: dict[str, int], layers: int) -> None:
    network, x = build(name, layers, **settings), torch.randn(40, 1, 2).double()
    state = torch.randn_like(network(x)[1])
    with torch.no_grad():
        expected, _ = network(x, state)
    system = state_space(network, state.numpy().ravel())
    assert np.abs(simulate_by_scipy(system, x[:, 0].numpy()) - expected[:, 0].numpy()).max() < EXACT
    assert np.array_equal(state_space(parameters_of(network)).A, system.A)


@pytest.mark.parametrize("layers", [1, 3])
def test_the_poles_of_an_lru_are_those_of_its_parameters(layers: int) -> None:
    parameters = parameters_of(build("lru", layers))
    suffixes = ["", "2", "3"][:layers]
    own = [np.exp(-np.exp(parameters[f"nu{k}"]) + 1j * np.exp(parameters[f"theta{k}"])) for k in suffixes]
    expected = np.concatenate([*own, *np.conj(own)])
    measured = poles(state_space(parameters))
    assert len(measured) == 6 * layers
    assert np.abs(expected[:, None] - measured).min(axis=0).max() < 1e-10
    assert np.abs(expected[:, None] - measured).min(axis=1).max() < 1e-10


@pytest.mark.parametrize("layers", [1, 2])
def test_the_recurrence_of_a_linear_mlp_ends_where_its_readout_begins(layers: int) -> None:
    network, x = build("linear-mlp", layers, readout_size=5), torch.randn(40, 1, 2).double()
    parameters, system = parameters_of(network), recurrence_system(network)
    with torch.no_grad():
        expected = network(x)[0][:, 0].numpy()
    hidden = simulate_by_scipy(system, x[:, 0].numpy())
    assert (system.order, hidden.shape) == (3 * layers, (40, 5))
    assert np.abs(np.tanh(hidden) @ parameters["C"].T + parameters["c"] - expected).max() < EXACT
