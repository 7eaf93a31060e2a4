"""Characterisations: what one part measures agrees with what another one derives."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch

from linrnn.analysis.characterisation import STEPS, Characterisation, characterise, dominant_period
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.system_properties import describe_system
from linrnn.baseline.lag_regression import least_squares_kernel
from linrnn.data.sequences import Sequences, Splits
from linrnn.models import MODELS
from linrnn.models.network import build_network
from linrnn.tasks.product import Product


def characterise_new(model: str, layers: int = 1, scale: float = 1.0, **settings: object) -> Characterisation:
    torch.manual_seed(4)
    network = build_network(MODELS[model](hidden_size=5, num_layers=layers, **settings), 1, 1)
    if scale != 1:
        with torch.no_grad():
            network.get_parameter("W").mul_(scale)
    return characterise(network, Product().splits().val, np.zeros((3, 1, 1)), 2)


@pytest.mark.parametrize(("layers", "scale"), [(1, 1.0), (3, 1.0), (1, 2.5)])
def test_a_linear_network_is_its_system(layers: int, scale: float) -> None:
    result = characterise_new("linear", layers, scale)
    assert (result.model, result.replica, result.is_linear) == ("linear", 2, True)
    assert result.system.order == 5 * layers
    assert result.simulation_error < 1e-12
    assert result.nonlinear_share < 1e-20
    length = min(STEPS, len(result.kernel))
    response = result.properties.impulse_response[:length]
    assert np.abs(result.kernel[:length] - response).max() < 1e-10 * np.abs(response).max()
    assert np.nanmax(result.superposition_index) < 1e-10
    assert len(result.fixed_points) == 0
    assert result.gradient_norms[1] == pytest.approx(np.linalg.norm(result.A, 2), rel=1e-6)
    assert result.properties.is_stable == (scale < 2)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_tanh_network_is_nonlinear_about_its_fixed_point(layers: int) -> None:
    result = characterise_new("tanh", layers)
    assert not result.is_linear
    assert 1e-4 < result.nonlinear_share < 1
    assert np.all(np.diff(result.superposition_index[:8]) > 0)
    assert result.harmonic_distortion[-1] > 1e-3
    assert result.unit_slopes.shape == (layers, 5)
    assert result.fixed_points.shape == result.fixed_point_poles.shape == (1, 5 * layers)
    assert np.allclose(result.properties.poles, result.fixed_point_poles[0])
    assert np.allclose(result.system.initial_state, result.fixed_points[0])


def test_a_relu_network_is_described_like_any_other() -> None:
    result = characterise_new("relu")
    assert not result.is_linear
    assert result.nonlinear_share > 1e-4
    assert ((result.unit_slopes >= 0) & (result.unit_slopes <= 1)).all()


def test_an_lru_network_is_its_system() -> None:
    result = characterise_new("lru", 2)
    assert (result.is_linear, result.system.order, len(result.fixed_points)) == (True, 20, 0)
    assert result.simulation_error < 1e-12
    assert result.nonlinear_share < 1e-20
    response = result.properties.impulse_response[: len(result.kernel)]
    assert np.abs(result.kernel[: len(response)] - response).max() < 1e-10 * np.abs(response).max()
    assert result.gradient_norms[1] == pytest.approx(np.linalg.norm(result.A, 2), rel=1e-6)


def test_almost_linear_without_nonlinear_units_is_linear_to_the_bit() -> None:
    one, other = characterise_new("linear", 2), characterise_new("almost-linear", 2, nonlinear_units=0)
    for field in fields(Characterisation):
        if field.name != "model":
            values = getattr(one, field.name), getattr(other, field.name)
            assert np.array_equal(*values, equal_nan=field.name != "linear_part"), field.name


def test_a_linear_mlp_is_its_recurrence_and_nonlinear_all_the_same() -> None:
    result = characterise_new("linear-mlp")
    assert (result.linear_part, result.is_linear) == ("recurrence", False)
    assert result.simulation_error < 1e-12
    assert result.system.C.shape == (16, 5)  # what the hidden layer of the readout reads
    assert result.nonlinear_share > 1e-6
    assert np.all(np.diff(result.superposition_index[:8]) > 0)
    assert np.allclose(result.fixed_point_poles[0], result.properties.poles)  # the same at all states


def test_properties_that_do_not_exist_are_nan() -> None:
    rotation = describe_system(StateSpace([[0, -1], [1, 0]], [[1], [0]], [[1, 0]], [[0]]), 8)  # type: ignore[arg-type]
    assert rotation.impulse_response[:6, 0, 0].tolist() == [0, 1, 0, -1, 0, 1]
    assert not rotation.is_stable
    assert rotation.pole_frequencies == pytest.approx([0.25, 0.25])
    accumulator = describe_system(StateSpace([[1]], [[1]], [[1]], [[0]]), 8)  # type: ignore[arg-type]
    assert np.isnan(accumulator.dc_gain).all()
    assert np.isinf(accumulator.time_constants).all()
    explosion = describe_system(StateSpace([[1e200]], [[1]], [[1]], [[0]]), 8)  # type: ignore[arg-type]
    assert np.isnan(explosion.hankel_singular_values).all()
    assert explosion.minimal_order == 1
    empty = describe_system(StateSpace(*(np.zeros((0, 0)),) * 4))
    assert (empty.spectral_radius, empty.minimal_order) == (0.0, 0)


@pytest.mark.parametrize("lags", [None, 4])
def test_the_kernel_of_least_squares_is_that_of_the_data(lags: int | None) -> None:
    generator, kernel = np.random.default_rng(0), np.array([[[1.0, 0.5]], [[0.0, -2.0]], [[3.0, 0.0]]])

    def draw() -> Sequences:
        x = generator.standard_normal((80, 3, 2))
        past = [np.concatenate([np.zeros((k, 3, 2)), x[: 80 - k]]) for k in range(3)]
        return Sequences(x, sum(past[k] @ kernel[k].T for k in range(3)) + 0.7)

    result = least_squares_kernel(Splits(draw(), draw(), draw()), 0, lags)
    assert np.allclose(result[:3], kernel, atol=1e-10)
    assert np.allclose(result[3:], 0, atol=1e-10)
    assert len(result) == (3 if lags is None else 5)


def test_the_dominant_period() -> None:
    wave = np.sin(2 * np.pi * np.arange(100) / 20)[:, None]
    assert dominant_period(wave) == 20
    assert dominant_period(np.ones((100, 1))) == 64
