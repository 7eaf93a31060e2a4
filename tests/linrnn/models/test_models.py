"""Every model type keeps the contract; the two networks against independent oracles."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import dlsim
from torch import Tensor, nn

import linrnn
from linrnn import kernels
from linrnn.errors import ConfigError
from linrnn.models import MODELS
from linrnn.models.conversion import from_torch, to_torch
from linrnn.models.dense_stack import draw_orthogonal
from linrnn.models.model import Model, count_parameters, unflatten
from linrnn.models.network import Network, build_network

FUNCTIONS = {"linear": lambda z: z, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
T, B, I, H, O = 7, 3, 2, 5, 4  # noqa: E741 the letters of the shapes


@pytest.fixture(params=sorted(MODELS))
def model(request: pytest.FixtureRequest) -> Model:
    return MODELS[request.param](hidden_size=H)


@pytest.fixture(params=[1, 2, 3])
def layers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def stacked(model: Model, replicas: int) -> tuple[Tensor, dict[str, Tensor]]:
    """Flat float64 weights of some replicas, and their named views."""
    shapes = model.shapes(I, O)
    rows = [model.draw_weights(shapes, np.random.default_rng(k)) for k in range(replicas)]
    flat = torch.from_numpy(np.stack(rows)).double()
    return flat, unflatten(flat, shapes)


def definition(activation: str, p: dict[str, Any], x: Any, h0: Any) -> tuple[Any, Any]:
    """One network, written as the formula stands: x (T, B, I), h0 (layers, B, H) -> (T, B, O), (layers, B, H)."""
    states = [np.array(h) for h in h0]
    outputs = []
    for x_t in x:
        below = x_t
        for layer in range(len(states)):
            n = "" if layer == 0 else str(layer + 1)
            states[layer] = FUNCTIONS[activation](states[layer] @ p[f"W{n}"].T + below @ p[f"U{n}"].T + p[f"b{n}"])
            below = states[layer]
        outputs.append(below @ p["C"].T + p["c"])
    return np.stack(outputs), np.stack(states)


class TestContract:
    def test_forward_keeps_shapes_and_replicas_apart(self, model: Model) -> None:
        _, parameters = stacked(model, 3)
        inputs = torch.randn(T, B, I, dtype=torch.float64)
        outputs, state = model.forward(parameters, inputs, model.zero_state(3, B, like=inputs))
        assert outputs.shape == (3, T, B, O)
        assert state.shape == model.zero_state(3, B, like=inputs).shape
        for k in range(3):
            alone = {name: value[k : k + 1] for name, value in parameters.items()}
            expected, _ = model.forward(alone, inputs, model.zero_state(1, B, like=inputs))
            assert torch.allclose(outputs[k], expected[0], rtol=1e-12, atol=0)

    def test_going_on_from_a_state_is_going_on(self, model: Model) -> None:
        _, parameters = stacked(model, 2)
        inputs = torch.randn(T, B, I, dtype=torch.float64)
        whole, last = model.forward(parameters, inputs, model.zero_state(2, B, like=inputs))
        first, middle = model.forward(parameters, inputs[:3], model.zero_state(2, B, like=inputs))
        second, end = model.forward(parameters, inputs[3:], middle)
        assert torch.allclose(torch.cat([first, second], dim=1), whole, rtol=1e-12, atol=1e-14)
        assert torch.allclose(end, last, rtol=1e-12, atol=1e-14)

    def test_first_values_come_from_the_generator_alone(self, model: Model) -> None:
        shapes = model.shapes(I, O)
        one = model.draw_weights(shapes, np.random.default_rng([3, 1]))
        assert one.shape == (count_parameters(shapes),)
        assert one.dtype == np.float32
        assert np.array_equal(one, model.draw_weights(shapes, np.random.default_rng([3, 1])))
        assert not np.array_equal(one, model.draw_weights(shapes, np.random.default_rng([3, 2])))

    def test_a_network_of_its_own(self, model: Model) -> None:
        network = build_network(model, I, O)
        assert network.model == model
        assert {name: tuple(value.shape) for name, value in network.state_dict().items()} == model.shapes(I, O)
        outputs, state = network(torch.randn(T, B, I))
        again, _ = network(torch.randn(T, B, I), state)
        assert outputs.shape == again.shape == (T, B, O)
        outputs.sum().backward()
        assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("name", ["linear", "tanh", "relu"])
def test_outputs_and_gradients_are_the_formulas(name: str, layers: int) -> None:
    model = MODELS[name](hidden_size=H, num_layers=layers)
    network = build_network(model, I, O).double()
    inputs, start = torch.randn(T, B, I).double(), torch.randn(layers, B, H).double()
    state = start[0] if layers == 1 else start
    outputs, last = network(inputs, state)
    p = {key: value.detach().numpy() for key, value in network.named_parameters()}
    expected, expected_last = definition(name, p, inputs.numpy(), start.numpy())
    assert np.allclose(outputs.detach(), expected, rtol=1e-10, atol=1e-12)
    assert np.allclose(last.detach().view(layers, B, H), expected_last, rtol=1e-10, atol=1e-12)

    weight = np.random.default_rng(0).standard_normal(outputs.shape)
    (outputs * torch.from_numpy(weight)).sum().backward()
    for key, parameter in network.named_parameters():
        index = tuple(np.random.default_rng(1).integers(parameter.shape))
        changed = {k: v.copy() for k, v in p.items()}
        changed[key][index] += 1e-6
        up = (definition(name, changed, inputs.numpy(), start.numpy())[0] * weight).sum()
        changed[key][index] -= 2e-6
        down = (definition(name, changed, inputs.numpy(), start.numpy())[0] * weight).sum()
        assert parameter.grad is not None
        assert np.isclose(parameter.grad[index], (up - down) / 2e-6, rtol=1e-5, atol=1e-6)


def test_tanh_is_torchs_rnn_in_values_and_gradients(layers: int) -> None:
    torch.manual_seed(0)
    rnn, readout = nn.RNN(I, H, layers).double(), nn.Linear(H, O).double()
    network = linrnn.TanhRNN(I, H, O, layers).double()
    network.load_state_dict(from_torch(rnn.state_dict(), readout.state_dict()))
    inputs, start = torch.randn(T, B, I).double(), torch.randn(layers, B, H).double()
    hidden, expected_last = rnn(inputs, start)
    expected = readout(hidden)
    outputs, last = network(inputs, start[0] if layers == 1 else start)
    assert torch.allclose(outputs, expected, rtol=1e-10, atol=1e-12)
    assert torch.allclose(last.view_as(expected_last), expected_last, rtol=1e-10, atol=1e-12)

    expected.square().sum().backward()
    outputs.square().sum().backward()
    torch_gradients = {name: value.grad for name, value in rnn.named_parameters()}
    assert torch.allclose(network.W.grad, torch_gradients["weight_hh_l0"], rtol=1e-10, atol=1e-12)
    assert torch.allclose(network.U.grad, torch_gradients["weight_ih_l0"], rtol=1e-10, atol=1e-12)
    assert torch.allclose(network.b.grad, torch_gradients["bias_ih_l0"], rtol=1e-10, atol=1e-12)
    assert torch.allclose(network.C.grad, readout.weight.grad, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@pytest.mark.parametrize("name", ["relu", "gru", "lstm"])
def test_a_model_type_is_that_of_torch(name: str, layers: int, dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    modules: dict[str, Any] = {"relu": partial(nn.RNN, nonlinearity="relu"), "gru": nn.GRU, "lstm": nn.LSTM}
    compare_with_torch(modules[name](I, H, layers).to(dtype), name, tolerance)


def compare_with_torch(module: Any, name: str, tolerance: float) -> None:
    """Weights convert both ways, and outputs and gradients are those of a module of torch.nn with a readout."""
    dtype, layers = module.weight_hh_l0.dtype, module.num_layers
    readout = nn.Linear(H, O).to(dtype)
    network = build_network(MODELS[name](hidden_size=H, num_layers=layers), I, O).to(dtype)
    network.load_state_dict(from_torch(module.state_dict(), readout.state_dict()))
    inputs = torch.randn(T, B, I, dtype=dtype)
    outputs, expected = network(inputs)[0], readout(module(inputs)[0])
    assert torch.allclose(outputs, expected, rtol=tolerance, atol=tolerance)
    weight = torch.randn(outputs.shape, dtype=dtype) / outputs.numel() ** 0.5
    for each in (outputs, expected):
        (each * weight).sum().backward()
    for key, value in network.named_parameters():
        right = torch_gradient(key, module, readout)
        assert torch.allclose(value.grad, right, rtol=tolerance, atol=tolerance * max(1.0, right.abs().max().item())), (
            key
        )
    back_module, back_readout = to_torch(network.state_dict())
    again = copy.deepcopy(module)
    again.load_state_dict(back_module)
    again_readout = nn.Linear(H, O).to(dtype)
    again_readout.load_state_dict(back_readout)
    assert torch.allclose(again_readout(again(inputs)[0]), expected, rtol=tolerance, atol=tolerance)


def torch_gradient(key: str, module: Any, readout: nn.Linear) -> Tensor:
    """The gradient that a parameter of a network has in torch's modules, where each bias has that of the sum."""
    if key in "Cc":
        return {"C": readout.weight, "c": readout.bias}[key].grad
    name = {"U": "weight_ih", "W": "weight_hh", "b": "bias_ih", "d": "bias_hh"}[key[0]]
    gradient = getattr(module, f"{name}_l{int(key[1:] or 1) - 1}").grad
    return gradient[-H:] if key[0] == "d" else gradient


def test_state_dicts_convert_to_torch_and_back(layers: int) -> None:
    network = linrnn.TanhRNN(I, H, O, layers)
    rnn, readout = nn.RNN(I, H, layers), nn.Linear(H, O)
    rnn_state, readout_state = to_torch(network.state_dict())
    rnn.load_state_dict(rnn_state)
    readout.load_state_dict(readout_state)
    inputs = torch.randn(T, B, I)
    assert torch.allclose(network(inputs)[0], readout(rnn(inputs)[0]), rtol=1e-5, atol=1e-6)
    back = from_torch(rnn.state_dict(), readout.state_dict())
    assert all(torch.equal(back[name], value) for name, value in network.state_dict().items())


def test_linear_is_scipys_state_space_system() -> None:
    network = linrnn.LinearRNN(I, H, O).double()
    p = {name: value.detach().numpy() for name, value in network.named_parameters()}
    inputs = np.random.default_rng(0).standard_normal((T, I))
    with_one = np.hstack([inputs, np.ones((T, 1))])  # the bias as one more constant input
    drive = np.hstack([p["U"], p["b"][:, None]])
    system = (p["W"], drive, p["C"] @ p["W"], p["C"] @ drive, 1)
    _, expected, _ = dlsim(system, with_one)
    outputs, _ = network(torch.from_numpy(inputs)[:, None])
    assert np.allclose(outputs[:, 0].detach(), expected + p["c"], rtol=1e-12, atol=1e-12)


def test_linear_and_tanh_start_from_the_same_weights() -> None:
    one, two = (MODELS[name](hidden_size=H) for name in ("linear", "tanh"))
    first = [model.draw_weights(model.shapes(I, O), np.random.default_rng([0, 4])) for model in (one, two)]
    assert np.array_equal(*first)


@pytest.mark.parametrize("other", ["linear", "tanh"])
def test_almost_linear_has_linear_and_tanh_as_its_ends_bit_for_bit(other: str, layers: int) -> None:
    end = {"linear": 0, "tanh": H}[other]
    shapes = MODELS["linear"](hidden_size=H, num_layers=layers).shapes(I, O)
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((T, B, width)).astype(np.float32) for width in (I, O))
    results = []
    for model in (
        MODELS[other](hidden_size=H, num_layers=layers),
        MODELS["almost-linear"](hidden_size=H, num_layers=layers, nonlinear_units=end),
    ):
        weights = model.draw_weights(shapes, np.random.default_rng(1))[None]
        moments, objective = np.zeros((2, *weights.shape), np.float32), kernels.Objective(x, y, 0, 1.0)
        curves = kernels.train_steps(weights, *moments, 0, np.full(20, 0.01), objective, model.architecture, 1.0, 0.0)
        parameters = unflatten(torch.from_numpy(weights), shapes)
        outputs, _ = model.forward(parameters, torch.from_numpy(x), model.zero_state(1, B, like=torch.zeros(1)))
        results.append([value.tobytes() for value in (weights, *curves, outputs.numpy())])
    assert results[0] == results[1]


def test_more_nonlinear_units_than_units_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"model.nonlinear_units must be at most model.hidden_size, 4, not 5"):
        MODELS["almost-linear"](hidden_size=4, nonlinear_units=5)


def test_poles_of_an_lru_start_on_the_ring_and_states_keep_the_variance_of_inputs() -> None:
    model = MODELS["lru"](hidden_size=400, min_radius=0.5, max_radius=0.9)
    shapes = model.shapes(1, 1)
    p = {
        name: value[0]
        for name, value in unflatten(model.draw_weights(shapes, np.random.default_rng(0))[None], shapes).items()
    }
    moduli = np.exp(-np.exp(p["nu"].astype(float)))
    assert moduli.min() >= 0.5
    assert moduli.max() <= 0.9
    assert np.mean(moduli**2) == pytest.approx((0.25 + 0.81) / 2, abs=0.02)  # uniform in the square: in the area
    assert np.allclose(np.exp(2 * p["gamma"].astype(float)), 1 - moduli**2, rtol=1e-5)
    assert np.exp(p["theta"]).mean() == pytest.approx(np.pi, abs=0.3)
    with pytest.raises(ConfigError, match="min_radius must be below"):
        MODELS["lru"](min_radius=0.9, max_radius=0.9)


def test_an_lru_is_scipys_diagonal_system() -> None:
    network = build_network(MODELS["lru"](hidden_size=H), I, O).double()
    p = {name: value.detach().numpy() for name, value in network.named_parameters()}
    A = np.diag(np.exp(-np.exp(p["nu"]) + 1j * np.exp(p["theta"])))
    drive = np.exp(p["gamma"])[:, None] * (p["U"][:H] + 1j * p["U"][H:])
    real = np.block([[A.real, -A.imag], [A.imag, A.real]])
    inputs = np.random.default_rng(0).standard_normal((T, I))
    both = np.vstack([drive.real, drive.imag])
    _, expected, _ = dlsim((real, both, p["C"] @ real, p["C"] @ both, 1), inputs)
    outputs, _ = network(torch.from_numpy(inputs)[:, None])
    assert np.allclose(outputs[:, 0].detach(), expected + p["c"], rtol=1e-12, atol=1e-12)


def test_complex_parameters_are_not_loaded_into_a_real_network() -> None:
    network = Network(MODELS["lru"](hidden_size=3), 2, 1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(ConfigError, match=r"parameters of lru are real, not complex as U, C are here"):
        network.load_state_dict({**before, "U": before["U"] * 1j, "C": before["C"].to(torch.complex64)})
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    network.load_state_dict({name: 2 * value for name, value in before.items()})
    assert torch.equal(network.get_parameter("U"), 2 * before["U"])


def test_global_seed_decides_a_networks_first_values() -> None:
    def weights(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return linrnn.LinearRNN(1, 4, 1).W.detach()

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 1), (0, 3, 2)])
def test_inputs_of_a_wrong_shape_are_named(shape: tuple[int, ...]) -> None:
    network: Network = linrnn.LinearRNN(I, H, O)
    with pytest.raises(ValueError, match=r"\(time, batch, 2\)"):
        network(torch.zeros(shape))


def test_a_state_of_a_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"state must be \(3, 5\)"):
        linrnn.LinearRNN(I, H, O)(torch.zeros(T, B, I), torch.zeros(H))


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_an_orthogonal_start_is_orthogonal_and_drawn(size: int) -> None:
    model = MODELS["linear"](hidden_size=size, num_layers=2, init="orthogonal")
    named = unflatten(model.draw_weights(model.shapes(I, O), np.random.default_rng(1))[None], model.shapes(I, O))
    other = unflatten(model.draw_weights(model.shapes(I, O), np.random.default_rng(2))[None], model.shapes(I, O))
    for name in ("W", "W2"):
        assert np.allclose(named[name][0] @ named[name][0].T, np.eye(size), atol=1e-6)
        assert size == 1 or not np.allclose(named[name], other[name])
    assert size == 1 or not np.allclose(named["W"], named["W2"])


def test_orthogonal_starts_are_uniformly_drawn() -> None:
    samples = np.array([draw_orthogonal(3, np.random.default_rng(k)) for k in range(4000)])
    assert np.abs(samples.mean(axis=0)).max() < 0.05  # entries of a Haar matrix: mean 0, variance 1/3
    assert np.abs((samples**2).mean(axis=0) - 1 / 3).max() < 0.02
    assert abs((np.linalg.det(samples) > 0).mean() - 0.5) < 0.04


@pytest.mark.parametrize("init", ["default", "orthogonal"])
def test_a_start_has_the_spectral_radius_asked_for(init: str) -> None:
    model = MODELS["tanh"](hidden_size=20, init=init, spectral_radius=0.9)
    W = unflatten(model.draw_weights(model.shapes(I, O), np.random.default_rng(0))[None], model.shapes(I, O))["W"][0]
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(0.9, rel=1e-5)
    plain = MODELS["tanh"](hidden_size=20, init=init)
    same, other = (each.draw_weights(each.shapes(I, O), np.random.default_rng(0)) for each in (plain, model))
    assert np.array_equal(same[:20], other[:20]), "only W is changed"
