"""Replicas side by side have the bits of replicas one by one, and the gradients of autograd."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import torch

from linrnn import kernels
from linrnn.kernels import interface, network_plan
from linrnn.kernels.codes import CellKind, LossKind, Operation
from linrnn.kernels.lanes import LANES, interleave, lane_groups
from linrnn.kernels.matrices import Layout
from linrnn.kernels.program import add, copy, loss, program
from linrnn.kernels.sizes import Sizes

Array = npt.NDArray[Any]
EPOCHS = 5


class Network(NamedTuple):
    """A kind of network."""

    cell: CellKind
    readout: int = 0
    units: int = 0
    recurrent_bias: bool = False


class Case(NamedTuple):
    """Sizes, loss and settings of a training."""

    steps: int
    batch: int
    hidden: int
    layers: int
    inputs: int
    outputs: int
    replicas: int
    loss: LossKind = LossKind.SQUARED_ERROR
    dtype: type = np.float32
    clip_norm: float = 0.5
    weight_decay: float = 0.1


NETWORKS = [
    *(Network(cell) for cell in CellKind),
    Network(CellKind.LINEAR, readout=3),
    Network(CellKind.PARTIAL_TANH, units=2),
    Network(CellKind.TANH, recurrent_bias=True),
]
CASES = (
    Case(19, 1, 1, 1, 1, 1, 3),
    Case(7, 3, 2, 2, 2, 3, 20, LossKind.CROSS_ENTROPY),
    Case(70, 1, 5, 1, 1, 2, 11, dtype=np.float64, clip_norm=float("inf")),
    Case(1, 2, 8, 4, 3, 2, 9, LossKind.CROSS_ENTROPY, weight_decay=0.0),
    Case(5, 2, 11, 1, 7, 1, 17),
)


def train(network: Network, case: Case, wild: tuple[int, ...] = ()) -> list[Array]:
    """Weights, moments, losses and norms of a training in two calls, and losses before it."""
    generator = np.random.default_rng(4)
    x: Array = generator.standard_normal((case.steps, case.batch, case.inputs)).astype(case.dtype)
    y: Array = np.eye(case.outputs)[generator.integers(case.outputs, size=(case.steps, case.batch))].astype(case.dtype)
    objective = kernels.Objective(x, y, min(2, case.steps - 1), 1.7, case.loss)
    units = min(network.units, case.hidden)
    architecture = kernels.Architecture(
        network.cell, case.hidden, case.layers, units, network.readout, network.recurrent_bias
    )
    sizes = objective.sizes(architecture)
    parameters = interface.plan_training(sizes, *objective.shape, 1).parameters
    weights: Array = generator.uniform(-0.5, 0.5, (case.replicas, parameters)).astype(case.dtype)
    weights[list(wild)] *= 1e6
    moments = np.zeros((2, *weights.shape), case.dtype)
    losses = [kernels.evaluate(weights, objective, architecture)]
    for done in (0, EPOCHS):
        rates = 0.01 * np.linspace(1, 0.5, EPOCHS)
        losses += kernels.train_steps(
            weights,
            moments[0],
            moments[1],
            done,
            rates,
            objective,
            architecture,
            case.clip_norm,
            case.weight_decay,
        )
    return [weights, moments, *losses]


def force(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    """Compute all replicas in groups of so many lanes."""
    monkeypatch.setattr(interface, "lane_groups", lambda replicas, *_: [(0, replicas, lanes)])


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_replicas_side_by_side_have_the_bits_of_replicas_one_by_one(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for case in CASES:
        force(monkeypatch, 1)
        expected = train(network, case)
        assert np.isfinite(expected[0]).all()
        for lanes in LANES:
            force(monkeypatch, lanes)
            for result, right in zip(train(network, case), expected, strict=True):
                assert result.tobytes() == right.tobytes(), (case, lanes)


def test_losses_of_many_rows_have_the_bits_of_replicas_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_plan, "CHUNK", 60)  # 10 steps at a time
    interface.plan_evaluation.cache_clear()
    results = []
    for lanes in (1, *LANES):
        force(monkeypatch, lanes)
        results.append(train(Network(CellKind.TANH), Case(95, 2, 3, 1, 1, 1, 5, dtype=np.float64))[2])
    interface.plan_evaluation.cache_clear()
    assert len({losses.tobytes() for losses in results}) == 1


@pytest.mark.parametrize("cell", [CellKind.LINEAR, CellKind.LSTM])
def test_a_diverged_lane_leaves_the_others_alone(cell: CellKind, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(60, 1, 4, 1, 1, 1, 10, clip_norm=float("inf"))
    force(monkeypatch, 1)
    expected = train(Network(cell), case, wild=(0, 7))
    assert np.isnan(expected[0]).all(axis=1).tolist() == [
        k in (0, 7) and cell == CellKind.LINEAR for k in range(case.replicas)
    ]
    for lanes in LANES:
        force(monkeypatch, lanes)
        for result, right in zip(train(Network(cell), case, wild=(0, 7)), expected, strict=True):
            assert result.tobytes() == right.tobytes()


@pytest.mark.parametrize("cell", CellKind)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_groups_hold_each_replica_once(cell: CellKind, dtype: type) -> None:
    for hidden, replicas in product((1, 4, 8, 10, 16, 40, 200), (0, 1, 2, 7, 10, 16, 17, 40)):
        groups = [*lane_groups(replicas, Sizes(1, 1, 1, kernels.Architecture(cell, hidden)), 99, dtype)]
        assert [k for begin, end, _ in groups for k in range(begin, end)] == [*range(replicas)]
        assert {lanes for *_, lanes in groups} <= {*LANES, 1}


def test_small_networks_are_side_by_side_and_large_ones_are_not() -> None:
    def groups(hidden: int, replicas: int, rows: int = 99) -> list[tuple[int, int, int]]:
        sizes = Sizes(1, 1, 1, kernels.Architecture(CellKind.TANH, hidden))
        return [*lane_groups(replicas, sizes, rows, np.float32)]

    assert groups(4, 10) == [(0, 10, 16)]
    assert groups(4, 35) == [(0, 32, 16), (32, 35, 4)]
    assert groups(10, 26) == [(0, 24, 8), (24, 26, 2)]
    assert groups(30, 5) == [(0, 4, 4), (4, 5, 1)]
    assert groups(40, 5) == [(0, 4, 2), (4, 5, 1)]
    assert groups(100, 3) == [(0, 3, 1)]
    assert groups(4, 1) == [(0, 1, 1)]
    assert groups(4, 10, 1_000_000) == [(0, 8, 4), (8, 10, 2)]  # memory is bounded
    assert groups(4, 10, 10_000_000) == [(0, 10, 1)]


def test_a_program_of_many_lanes_has_places_as_many_times_as_far() -> None:
    layout = Layout(8)
    out, lhs, rhs = (layout.place_tiles(*shape) for shape in ((2, 5), (2, 3), (3, 5)))
    assert (out.step, lhs.step, rhs.step) == (6, 4, 6)
    rows = interleave(program(copy(out, rhs), add(out, lhs, rhs), loss(LossKind.SQUARED_ERROR, out, rhs, 1)), 8)
    assert rows["columns"].tolist() == [40, 5, 5]  # a copy is of numbers, all others of elements
    assert rows["units"].tolist() == [0, 0, 1]
    assert rows["out_step"].tolist() == [48, 48, 48]
    assert rows["rhs"].tolist() == [0, 8 * rhs.start, 8 * rhs.start]
    assert rows["lanes"].tolist() == [8, 8, 8]
    assert Operation.PRODUCT in rows["operation"]


@pytest.mark.parametrize(("hidden", "inputs"), [(1, 3), (1, 5), (2, 6), (3, 9)])
def test_gradients_of_a_small_lstm_with_several_inputs(
    hidden: int, inputs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    force(monkeypatch, 1)
    steps = 6
    generator = np.random.default_rng(8)
    x, y = (generator.standard_normal((steps, 2, width)) for width in (inputs, 1))
    lstm: Any = torch.nn.LSTM(inputs, hidden).double()
    readout: Any = torch.nn.Linear(hidden, 1).double()
    outputs = readout(lstm(torch.from_numpy(x))[0])
    (outputs - torch.from_numpy(y)).square().mean().backward()
    bias = lstm.bias_ih_l0 + lstm.bias_hh_l0
    values = lstm.weight_ih_l0, lstm.weight_hh_l0, bias, readout.weight, readout.bias
    slopes = (
        lstm.weight_ih_l0.grad,
        lstm.weight_hh_l0.grad,
        lstm.bias_ih_l0.grad,
        readout.weight.grad,
        readout.bias.grad,
    )
    flat, gradient = (np.concatenate([part.detach().numpy().ravel() for part in parts]) for parts in (values, slopes))
    weights, moments = np.stack([flat] * 3), np.zeros((2, 3, len(flat)))
    objective, architecture = kernels.Objective(x, y, 0, 1.0), kernels.Architecture(CellKind.LSTM, hidden)
    kernels.train_steps(weights, moments[0], moments[1], 0, np.zeros(2), objective, architecture, np.inf, 0.0)
    np.testing.assert_allclose(moments[0], np.stack([(1 - 0.9**2) * gradient] * 3), rtol=1e-9, atol=1e-13)
