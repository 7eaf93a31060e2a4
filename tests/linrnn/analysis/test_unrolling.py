"""States of linear networks as sums over their inputs, against scipy and by their definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from scipy.signal import dlsim

from linrnn import LinearRNN, TanhRNN
from linrnn.analysis import StateSpace, state_space
from linrnn.analysis.unrolling import affine_share, unroll_states, unrolling_error
from tests.linrnn.analysis.systems import linear_systems


@given(linear_systems(0.1, 1.1))
def test_the_sum_is_scipys_simulation(system: StateSpace) -> None:
    inputs = np.random.default_rng(0).standard_normal((9, system.B.shape[1]))
    constant = np.hstack([inputs, np.ones((9, 1))])  # the affine part as one more input
    drive, n = np.hstack([system.B, system.state_offset[:, None]]), system.order
    # dlsim returns s_0, s_1, ...: one more step shows the last state
    padded = np.vstack([constant, np.zeros((1, constant.shape[1]))])
    simulated = dlsim((system.A, drive, np.eye(n), np.zeros((n, drive.shape[1])), 1), padded, x0=system.initial_state)
    assert np.allclose(unroll_states(system, inputs), simulated[2][1:], rtol=1e-9, atol=1e-9)


def test_a_linear_network_is_its_sum_and_a_tanh_network_is_not() -> None:
    torch.manual_seed(0)
    linear, tanh = LinearRNN(2, 6, 1).double(), TanhRNN(2, 6, 1).double()
    inputs, start = np.random.default_rng(1).standard_normal((15, 2)), np.random.default_rng(2).standard_normal(6)
    assert unrolling_error(linear, state_space(linear, start), inputs) < 1e-13
    tanh.load_state_dict(linear.state_dict())
    assert unrolling_error(tanh, state_space(linear, start), inputs) > 0.1
    assert unrolling_error(linear, state_space(linear), inputs) < 1e-13  # from the zero state
    assert (
        np.abs(
            unroll_states(state_space(linear, start), inputs)[0] - unroll_states(state_space(linear), inputs)[0]
        ).max()
        > 0.1
    )


def test_superposition_fails_by_the_biases_alone() -> None:
    torch.manual_seed(0)
    network = LinearRNN(1, 4, 1).double()
    first, second = np.random.default_rng(3).standard_normal((2, 20, 1, 1))
    share = affine_share(network, first, second)
    constant = np.zeros_like(first)
    with torch.no_grad():
        zero, both = (network(torch.from_numpy(x))[0].numpy() for x in (constant, first + second))
    assert share == pytest.approx(np.linalg.norm(zero) / np.linalg.norm(both))  # F(x1+x2) - F(x1) - F(x2) = -f(0)
    with torch.no_grad():
        network.b.zero_()
        network.c.zero_()
    assert affine_share(network, first, second) < 1e-14
