"""Initial weights and the second bias, against torch.nn and the numbers that 0.1.0 drew."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from linrnn.models import MODELS
from linrnn.models.conversion import from_torch, to_torch
from linrnn.models.model import unflatten
from linrnn.models.network import build_network

I, H, O = 2, 16, 3  # noqa: E741 the letters of the shapes


def draws(count: int, **settings: object) -> dict[str, NDArray[np.float32]]:
    """The initial parameters of some replicas, stacked, by name."""
    model = MODELS["tanh"](hidden_size=H, **settings)  # type: ignore[arg-type]
    shapes = model.shapes(I, O)
    rows = [model.draw_weights(shapes, np.random.default_rng([0, k])) for k in range(count)]
    return unflatten(np.stack(rows), shapes)


@pytest.mark.parametrize(
    ("init", "digest"),
    [("default", "08a88572f5d1f233"), ("orthogonal", "b590a085305dce12")],
)
def test_earlier_draws_are_the_same_bits(init: str, digest: str) -> None:
    model = MODELS["linear"](hidden_size=7, num_layers=2, init=init)
    weights = model.draw_weights(model.shapes(I, O), np.random.default_rng([5, 3]))
    assert sha256(weights.tobytes()).hexdigest()[:16] == digest


def test_linear_layers_have_the_ranges_of_torchs_linear_layers() -> None:
    torch.manual_seed(0)
    layers = [(nn.Linear(I, H), nn.Linear(H, H), nn.Linear(H, O)) for _ in range(400)]
    ours = draws(400, init="linear-layers", recurrent_bias="yes")
    for index, (weight, bias) in enumerate((("U", "b"), ("W", "a"), ("C", "c"))):
        for name, attribute in ((weight, "weight"), (bias, "bias")):
            theirs = torch.stack([getattr(each[index], attribute).detach() for each in layers]).numpy()
            assert np.abs(ours[name]).max() == pytest.approx(np.abs(theirs).max(), rel=0.01)
            assert ours[name].std() == pytest.approx(theirs.std(), rel=0.05)
            assert ours[name][0].shape == theirs[0].shape


def test_a_second_layer_of_linear_layers_reads_h_units() -> None:
    ours = draws(50, init="linear-layers", num_layers=2)
    assert np.abs(ours["U2"]).max() == pytest.approx(H**-0.5, rel=0.01)
    assert np.abs(ours["b2"]).max() == pytest.approx(H**-0.5, rel=0.02)


def test_an_identity_is_one_in_each_layer_and_the_rest_is_as_by_default() -> None:
    ours, default = draws(3, init="identity", num_layers=2), draws(3, num_layers=2)
    for name, value in ours.items():
        expected = np.broadcast_to(np.eye(H), value.shape) if name in ("W", "W2") else default[name]
        assert np.array_equal(value, expected)


@pytest.mark.parametrize("init", ["default", "orthogonal", "identity", "linear-layers"])
def test_a_recurrent_bias_leaves_all_other_draws_alone(init: str) -> None:
    with_bias, without = (draws(3, init=init, num_layers=2, recurrent_bias=word) for word in ("yes", "no"))
    assert with_bias.keys() - without.keys() == {"a", "a2"}
    assert all(np.array_equal(with_bias[name], value) for name, value in without.items())
    assert not np.allclose(with_bias["a"], with_bias["a2"])


def test_with_both_biases_tanh_is_torchs_rnn_in_values_and_gradients() -> None:
    torch.manual_seed(0)
    rnn, readout = nn.RNN(I, H, 2).double(), nn.Linear(H, O).double()
    network = build_network(MODELS["tanh"](hidden_size=H, num_layers=2, recurrent_bias="yes"), I, O).double()
    theirs = rnn.state_dict()
    state = from_torch(theirs, readout.state_dict())
    for layer in (0, 1):
        name = "" if layer == 0 else "2"
        state |= {f"b{name}": theirs[f"bias_ih_l{layer}"], f"a{name}": theirs[f"bias_hh_l{layer}"]}
    network.load_state_dict(state)
    inputs = torch.randn(9, 3, I).double()
    expected, outputs = readout(rnn(inputs)[0]), network(inputs)[0]
    assert torch.allclose(outputs, expected, rtol=1e-10, atol=1e-12)
    expected.square().sum().backward()
    outputs.square().sum().backward()
    gradients = {name: value.grad for name, value in rnn.named_parameters()}
    assert torch.allclose(network.get_parameter("a").grad, gradients["bias_hh_l0"], rtol=1e-10, atol=1e-12)
    assert torch.allclose(network.get_parameter("b2").grad, gradients["bias_ih_l1"], rtol=1e-10, atol=1e-12)
    assert torch.equal(to_torch(network.state_dict())[0]["bias_hh_l1"], theirs["bias_hh_l1"])
