"""Every task keeps the contract; then each one's own values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linrnn.config import from_text
from linrnn.tasks import TASKS
from linrnn.tasks.base import Array, Task
from linrnn.tasks.sine import Sine
from linrnn.tasks.sunspots import Sunspots
from linrnn.tasks.xor import Xor
from tests.conftest import NEEDED


def sunspot_numbers() -> Array:
    """The series by a plain reading of its file."""
    lines = Sunspots().content.decode().splitlines()[1:]
    return np.array([float(line.split(",")[1]) for line in lines])


@pytest.fixture(params=sorted(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return from_text({"task": request.param, "model": "linear", **NEEDED.get(request.param, {})}).task


class TestContract:
    def test_sequences_fit_each_other(self, task: Task) -> None:
        for split in task.splits():
            steps, batch, features = split.inputs.shape
            assert features == task.input_size
            assert split.targets.shape == (steps, batch, task.output_size)
            assert split.inputs.dtype == split.targets.dtype == np.float64
            assert 0 <= split.first < steps
            assert np.isfinite(split.inputs).all()
            assert np.isfinite(split.targets).all()
            assert split.scale > 0

    def test_same_value_same_data(self, task: Task) -> None:
        np.random.seed(1)
        first = task.splits()
        np.random.seed(2)
        for one, two in zip(first, replace(task).splits(), strict=True):
            assert np.array_equal(one.inputs, two.inputs)
            assert np.array_equal(one.targets, two.targets)

    def test_splits_differ(self, task: Task) -> None:
        train, val, test = (split.targets[split.first :].tobytes() for split in task.splits())
        assert len({train, val, test}) == 3


def test_sine_is_one_period_from_phase_zero() -> None:
    train = Sine(points=5).splits().train
    assert np.allclose(train.inputs.ravel(), [0, 1, 0, -1], atol=1e-15)
    assert np.allclose(train.targets.ravel(), [1, 0, -1, 0], atol=1e-15)
    assert Sine().splits().train.inputs.shape == (99, 1, 1)


def test_sine_is_validated_and_tested_on_other_phases() -> None:
    _, val, test = Sine().splits()
    starts = np.concatenate([val.inputs[0].ravel(), test.inputs[0].ravel()])
    assert starts.shape == (16,)
    assert not np.isclose(starts, 0).any()


def test_xor_multiplies_the_two_bits_before() -> None:
    train = Xor(length=50, sequences=3).splits().train
    bits = train.inputs
    assert set(np.unique(bits)) == {-1.0, 1.0}
    assert np.array_equal(train.targets[2:], bits[1:-1] * bits[:-2])
    assert train.first == 2


def test_xor_draws_by_its_seed() -> None:
    assert not np.array_equal(Xor(seed=0).splits().train.inputs, Xor(seed=1).splits().train.inputs)


def test_sunspots_are_the_real_values() -> None:
    series = sunspot_numbers()
    assert series.shape == (309,)
    assert list(series[:4]) == [5.0, 11.0, 16.0, 23.0]
    assert (series[-1], series.max()) == (2.9, 190.2)  # 2008, 1957


def test_sunspots_are_split_in_time_without_a_leak() -> None:
    series = sunspot_numbers()
    train, val, test = Sunspots().splits()
    mean, sd = series[:185].mean(), series[:185].std()
    assert np.allclose(train.inputs.ravel() * sd + mean, series[:184])
    assert np.allclose(val.targets[val.first :].ravel() * sd + mean, series[185:247])
    assert np.allclose(test.targets[test.first :].ravel() * sd + mean, series[247:])
    assert np.array_equal(test.inputs[1:], test.targets[:-1])
