"""Best linear approximations: exact for linear networks, Bussgang's for a tanh without memory, none of a product."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from linrnn.analysis.linear_approximation import best_linear_approximation
from linrnn.models.network import LinearRNN
from tests.linrnn.analysis.test_distortion import Product, static_tanh


@given(
    seed=st.integers(0, 10**6),
    radius=st.floats(0.1, 1.05),
    inputs=st.integers(1, 2),
    hidden=st.integers(1, 8),
    outputs=st.integers(1, 2),
)
def test_of_a_linear_network_is_its_impulse_response(
    seed: int, radius: float, inputs: int, hidden: int, outputs: int
) -> None:
    torch.manual_seed(seed)
    network = LinearRNN(inputs, hidden, outputs).double()
    with torch.no_grad():
        network.W.mul_(radius / torch.linalg.eigvals(network.W).abs().max())
    U, W, C = (network.get_parameter(name).detach().numpy() for name in "UWC")
    x = np.random.default_rng(seed).standard_normal((40, 12, inputs)) + 3
    result = best_linear_approximation(network, x)
    expected = np.stack([C @ np.linalg.matrix_power(W, k) @ U for k in range(len(result.kernel))])
    assert np.abs(result.kernel - expected).max() < 1e-8 * max(1, np.abs(expected).max())
    assert np.abs(result.shift).max() < 1e-8 * max(1, np.abs(expected).max())
    assert result.nonlinear_share < 1e-18
    assert not result.is_nonlinear
    assert result.center == pytest.approx(x.mean(axis=(0, 1)))


def test_of_a_static_tanh_on_gaussian_inputs_is_that_of_bussgang() -> None:
    """Bussgang (1952): for Gaussian inputs the gain is the mean slope; the rest has no correlation with the input."""
    bias, scale = 0.5, 1.5
    x = np.random.default_rng(0).standard_normal((2000, 3, 1)) * scale

    def mean(function: object) -> float:
        return float(quad(lambda z: function(z) * norm.pdf(z), -9, 9)[0])  # type: ignore[operator]

    gain = mean(lambda z: 1 - np.tanh(scale * z + bias) ** 2)
    shift = mean(lambda z: np.tanh(scale * z + bias) - np.tanh(bias))
    variance = mean(lambda z: (np.tanh(scale * z + bias) - np.tanh(bias) - shift) ** 2)
    result = best_linear_approximation(static_tanh(bias), x)
    assert result.kernel[0, 0, 0] == pytest.approx(gain, abs=0.02)
    assert np.abs(result.kernel[1:]).max() < 0.05
    assert result.shift == pytest.approx([shift], abs=0.02)
    assert result.nonlinear_share == pytest.approx(1 - (gain * scale) ** 2 / variance, rel=0.15)
    assert result.is_nonlinear
    assert result.detection_ratio == pytest.approx(result.nonlinear_share * 1e10)


def test_of_a_product_of_independent_inputs_explains_nothing() -> None:
    x = np.random.default_rng(1).choice([-1.0, 1.0], (1500, 4, 1))
    assert best_linear_approximation(Product(), x).nonlinear_share == pytest.approx(1, abs=0.25)


def test_inputs_of_one_frequency_are_enough_for_a_linear_network() -> None:
    torch.manual_seed(1)
    x = np.sin(np.linspace(0, 2 * np.pi, 99)[:, None, None] + np.arange(8)[:, None])
    assert best_linear_approximation(LinearRNN(1, 10, 1), x).nonlinear_share < 1e-12
    assert best_linear_approximation(static_tanh(), x).is_nonlinear


def test_too_few_steps_are_an_error() -> None:
    with pytest.raises(ValueError, match="5 steps of 2 input features are too few"):
        best_linear_approximation(LinearRNN(2, 3, 1), np.ones((5, 1, 2)))
