"""Gradients through time against torch.autograd over whole sequences, and the closed form of tanh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.autograd.functional import jacobian

from linrnn import LinearRNN, TanhRNN
from linrnn.analysis import collapse, gradient_norms, power_norms, state_space
from linrnn.models.network import Network


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("build", [LinearRNN, TanhRNN])
def test_norms_are_those_of_autograd(build: Callable[..., Network], layers: int) -> None:
    torch.manual_seed(0)
    network, x = build(2, 4, 1, layers).double(), torch.randn(9, 3, 2).double()
    norms = gradient_norms(network, 6, x)
    for sequence in range(3):
        for lag in (1, 2, 5):
            _, h = network(x[: 9 - lag, sequence : sequence + 1])
            rest = x[9 - lag :, sequence : sequence + 1]
            J = jacobian(lambda state, rest=rest: network(rest, state)[1], h).reshape(4 * layers, 4 * layers)
            assert norms[lag, sequence] == pytest.approx(np.linalg.norm(J.numpy(), 2), rel=1e-10)
    assert (norms[0] == 1).all()


def test_those_of_a_linear_network_are_norms_of_powers() -> None:
    torch.manual_seed(1)
    network = LinearRNN(1, 5, 1, 2)
    norms = gradient_norms(network, 20)
    assert np.allclose(norms[:, 0], power_norms(state_space(network), 20), rtol=1e-10)
    assert np.allclose(norms, gradient_norms(collapse(network), 20), rtol=1e-10)


def test_those_of_a_tanh_network_are_products_of_slopes() -> None:
    torch.manual_seed(2)
    network, x = TanhRNN(1, 4, 1), np.random.default_rng(0).normal(size=(12, 1, 1))
    p = {name: value.detach().double().numpy() for name, value in network.named_parameters()}
    h, product, expected = np.zeros(4), np.eye(4), [1.0]
    steps = []
    for t in range(12):
        h = np.tanh(p["W"] @ h + p["U"] @ x[t, 0] + p["b"])
        steps.append(np.diag(1 - h**2) @ p["W"])
    for step in steps[::-1]:
        product = product @ step
        expected.append(np.linalg.norm(product, 2))
    assert np.allclose(gradient_norms(network, 12, x)[:, 0], expected, rtol=1e-10)


def test_the_inputs_must_be_long_enough() -> None:
    with pytest.raises(ValueError, match="steps must be in 1 to the 5 steps of the inputs, not 6"):
        gradient_norms(LinearRNN(1, 2, 1), 6, torch.zeros(5, 1, 1))
