"""A network with the scale of its data gives what the splits of the task say, in the file's unit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from linrnn.analysis.series_history import task_scale
from linrnn.models.linear import Linear
from linrnn.models.network import build_network
from linrnn.models.unit_network import UnitNetwork
from linrnn.tasks.memory_series import make_series
from linrnn.tasks.series import Series

VALUES = np.random.default_rng(0).normal(200, 30, (90, 2))


@pytest.fixture(params=["plain", "ahead", "changes", "inputs"])
def task(request: pytest.FixtureRequest) -> Series:
    return {
        "plain": lambda: make_series(VALUES[:, 0], name="a"),
        "ahead": lambda: make_series(VALUES[:, 0], horizon=2, steps=3, name="a"),
        "changes": lambda: make_series(VALUES[:, 0], relative="last", steps=2, name="a"),
        "inputs": lambda: make_series(VALUES, column=0, inputs=[0, 1], name="a"),
    }[str(request.param)]()


def test_values_in_give_values_out(task: Series) -> None:
    torch.manual_seed(0)
    network = build_network(Linear(4), task.input_size, task.output_size).double()
    scaled, test, data = UnitNetwork(network, task_scale(task)), task.splits().test, task.data()
    inputs = torch.from_numpy(data.inputs[: len(test.inputs)])
    with torch.no_grad():
        standardized, _ = network(torch.from_numpy(test.inputs))
        outputs, _ = scaled(inputs)
    offset = 0 if test.offset is None else test.offset
    train = data.targets[: round(0.6 * len(data.targets))]
    expected = (standardized.numpy() + offset) * train.std() + train.mean()
    np.testing.assert_allclose(outputs.numpy(), expected, rtol=1e-9)


def test_a_sequence_in_two_parts_is_as_one(task: Series) -> None:
    network = UnitNetwork(build_network(Linear(4), task.input_size, task.output_size).double(), task_scale(task))
    inputs = torch.from_numpy(task.data().inputs)
    with torch.no_grad():
        whole, last = network(inputs)
        first, state = network(inputs[:33])
        second, end = network(inputs[33:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole)
    for one, other in zip(last, end, strict=True):
        torch.testing.assert_close(one, other)


def test_single_precision_in_gives_single_precision_out(task: Series) -> None:
    network = UnitNetwork(build_network(Linear(4), task.input_size, task.output_size), task_scale(task))
    outputs, _ = network(torch.from_numpy(task.data().inputs).float())
    assert outputs.dtype == torch.float32
    outputs.sum().backward()
    assert network.network.get_parameter("W").grad is not None
