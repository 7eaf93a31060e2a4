"""Superposition index and harmonic distortion: zero for linear networks, those of formulas for a static tanh."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from torch import nn

from linrnn.analysis.distortion import harmonic_distortion, superposition_index
from linrnn.models.network import LinearRNN, TanhRNN

SIZES = {"inputs": st.integers(1, 3), "hidden": st.integers(1, 12), "outputs": st.integers(1, 2)}


def draw(seed: int, steps: int = 30, batch: int = 2, inputs: int = 1) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    first, second = generator.standard_normal((2, steps, batch, inputs))
    return first, second


def static_tanh(bias: float = 0.0) -> TanhRNN:
    """y_t = tanh(x_t + bias): a network without memory."""
    network = TanhRNN(1, 1, 1)
    with torch.no_grad():
        for name, value in {"U": 1.0, "W": 0.0, "b": bias, "C": 1.0, "c": 0.3}.items():
            network.get_parameter(name).fill_(value)
    return network


class Product(nn.Module):
    """y_t = x_t x_{t-1}: no network at all."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs * inputs.roll(1, dims=0)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), layers=st.integers(1, 2), **SIZES)
def test_a_linear_network_has_no_index(seed: int, layers: int, inputs: int, hidden: int, outputs: int) -> None:
    torch.manual_seed(seed)
    network = LinearRNN(inputs, hidden, outputs, layers)
    index = superposition_index(network, *draw(seed, inputs=inputs), (1e-3, 1.0, 1e3), np.full(inputs, 2.0))
    assert index.max() < 1e-5  # the tolerance of the science; float64 leaves 1e-12
    assert index[1] < 1e-12


@pytest.mark.parametrize("bias", [0.0, 0.7])
@pytest.mark.parametrize("amplitude", [0.01, 0.5, 4.0])
def test_index_of_a_static_tanh(bias: float, amplitude: float) -> None:
    first, second = draw(1)

    def response(x: np.ndarray) -> np.ndarray:
        return np.tanh(0.2 + amplitude * x + bias) - np.tanh(0.2 + bias)

    both = response(first + second)
    expected = np.linalg.norm(both - response(first) - response(second)) / np.linalg.norm(both)
    index = superposition_index(static_tanh(bias), first, second, (1.0, amplitude), 0.2)
    assert index[1] == pytest.approx(expected, rel=1e-6)


def test_index_of_an_odd_network_falls_with_the_square_of_the_amplitude() -> None:
    odd = superposition_index(static_tanh(), *draw(2), (1e-3, 1e-2))
    even = superposition_index(static_tanh(0.5), *draw(2), (1e-3, 1e-2))
    assert np.log10(odd[1] / odd[0]) == pytest.approx(2, abs=0.1)
    assert np.log10(even[1] / even[0]) == pytest.approx(1, abs=0.1)


def test_index_of_a_product_is_one_at_all_amplitudes() -> None:
    first = np.ones((20, 1, 1))
    assert superposition_index(Product(), first, first, (0.1, 1, 10)) == pytest.approx([0.5] * 3)


def test_index_without_response_is_nan() -> None:
    first, _ = draw(3)
    assert np.isnan(superposition_index(static_tanh(), first, -first)).all()


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), period=st.integers(3, 40), **SIZES)
def test_a_linear_network_does_not_distort(seed: int, period: int, inputs: int, hidden: int, outputs: int) -> None:
    torch.manual_seed(seed)
    network = LinearRNN(inputs, hidden, outputs)
    with torch.no_grad():
        network.W.mul_(0.5 / max(1.0, float(torch.linalg.matrix_norm(network.W, 2))))
    distortion = harmonic_distortion(network, period, (0.1, 3.0), [0.4] * inputs, feature=inputs - 1)
    assert distortion.max() < 1e-10


@pytest.mark.parametrize("bias", [0.0, 0.7])
@pytest.mark.parametrize("amplitude", [0.1, 1.0, 3.0])
def test_distortion_of_a_static_tanh_by_its_fourier_integrals(amplitude: float, bias: float) -> None:
    def harmonic(k: int) -> float:
        waves = (np.sin, np.cos)
        parts = [quad(lambda x, w=w: np.tanh(amplitude * np.sin(x) + bias) * w(k * x), -np.pi, np.pi)[0] for w in waves]
        return float(np.hypot(*parts))

    expected = np.sqrt(sum(harmonic(k) ** 2 for k in range(2, 32))) / harmonic(1)
    distortion = harmonic_distortion(static_tanh(bias), 64, (amplitude,))
    assert distortion == pytest.approx([expected], rel=1e-6)


def test_a_response_that_grows_has_no_distortion() -> None:
    network = LinearRNN(1, 1, 1)
    with torch.no_grad():
        network.W.fill_(1.02)
    assert np.isnan(harmonic_distortion(network, 20)).all()
