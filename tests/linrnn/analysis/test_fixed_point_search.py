"""Fixed points, beside closed forms: of one unit, of units that do not touch each other, of a linear network."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from linrnn.analysis.fixed_point_search import fixed_points
from linrnn.models.network import LinearRNN, TanhRNN


def independent_units(weights: list[float]) -> TanhRNN:
    """h_i = tanh(w_i h_i + x)."""
    size = len(weights)
    network = TanhRNN(1, size, 1).double()
    with torch.no_grad():
        network.W.copy_(torch.diag(torch.tensor(weights)))
        network.U.fill_(1.0)
        network.b.zero_()
    return network


def test_one_unit_has_three_where_its_slope_exceeds_1() -> None:
    w, h = 2.0, brentq(lambda h: np.tanh(2.0 * h) - h, 0.5, 1)
    points = fixed_points(independent_units([w]), [0.0], np.linspace(-1, 1, 9)[:, None])
    assert np.sort([point.state[0] for point in points]) == pytest.approx([-h, 0, h], abs=1e-8)
    assert [point.spectral_radius for point in points] == pytest.approx([w * (1 - h**2)] * 2 + [w], abs=1e-8)
    assert [point.is_stable for point in points] == [True, True, False]
    assert [point.unstable_directions for point in points] == [0, 0, 1]


def test_an_input_leaves_one_of_them() -> None:
    points = fixed_points(independent_units([2.0]), [1.0], np.linspace(-1, 1, 9)[:, None])
    assert [point.state[0] for point in points] == pytest.approx([brentq(lambda h: np.tanh(2 * h + 1) - h, 0, 1)])


def test_independent_units_have_all_combinations() -> None:
    h = brentq(lambda h: np.tanh(1.5 * h) - h, 0.5, 1)
    starts = np.array(list(product([-1, -0.01, 1], repeat=2)), dtype=float)
    points = fixed_points(independent_units([1.5, 1.5]), [0.0], starts)
    states = {tuple(np.round(point.state / h).astype(int)) for point in points}
    assert states == set(product([-1, 0, 1], repeat=2))
    assert sorted(point.unstable_directions for point in points) == [0, 0, 0, 0, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("layers", [1, 2])
def test_a_linear_network_has_one_in_closed_form(layers: int) -> None:
    torch.manual_seed(0)
    network = LinearRNN(2, 4, 1, layers).double()
    constant, starts = np.array([0.5, -1.0]), np.random.default_rng(0).standard_normal((5, 4 * layers))
    (point,) = fixed_points(network, constant, starts)
    below = constant
    for layer in network.model.layers:
        U, W, b = (network.get_parameter(f"{name}{layer}").detach().numpy() for name in "UWb")
        below = np.linalg.solve(np.eye(4) - W, U @ below + b)
    assert np.allclose(point.state[-4:], below, atol=1e-9)
    assert point.is_stable


def test_a_state_that_drifts_has_none() -> None:
    network = LinearRNN(1, 1, 1).double()
    with torch.no_grad():
        network.W.fill_(1.0)
        network.b.fill_(1.0)
    assert fixed_points(network, [0.0], np.zeros((1, 1))) == []
