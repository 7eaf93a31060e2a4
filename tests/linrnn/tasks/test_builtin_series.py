"""Series that ship with linrnn, and the two oldest tasks."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.data.sequences import Array
from linrnn.tasks.builtin_series import BuiltInSeries
from linrnn.tasks.co2 import Co2
from linrnn.tasks.sine import Sine
from linrnn.tasks.sunspots import Sunspots
from linrnn.tasks.xor import Xor
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import from_text

SHIPPED = [Sunspots(), Co2()]


def numbers(task: BuiltInSeries) -> Array:
    """The series by a plain reading of its file."""
    lines = task.content.decode().splitlines()[1:]
    values = np.array([float(line.split(",")[1]) for line in lines])
    return values[1:] - values[:-1] if isinstance(task, Co2) else values


def test_sine_is_one_period_from_phase_zero() -> None:
    train = Sine(points=5, washout=0).splits().train
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


def test_sunspots_are_the_real_values() -> None:
    series = Sunspots().series
    assert series.shape == (309,)
    assert list(series[:4]) == [5.0, 11.0, 16.0, 23.0]
    assert (series[-1], series.max()) == (2.9, 190.2)  # 2008, 1957


def test_co2_are_the_real_values() -> None:
    values, months = Co2().values, [line.split(",")[0] for line in Co2().content.decode().splitlines()[1:]]
    assert values.shape == (452,)
    assert list(values[:3]) == [322.0, 321.75, 320.3]
    assert (values.min(), values[-1], values.max().round(9)) == (
        316.6,
        371.02,
        373.8,
    )
    assert months == [f"{1964 + k // 12}-{k % 12 + 1:02}" for k in range(4, 456)]
    assert np.allclose(Co2().series[:2], [-0.25, -1.45])  # the example


@pytest.mark.parametrize("task", SHIPPED, ids=lambda task: task.name)
def test_they_are_split_in_time(task: BuiltInSeries) -> None:
    series = numbers(task)
    end, val_end = round(0.6 * len(series)), round(0.8 * len(series))
    train, val, test = task.splits()
    mean, sd = series[:end].mean(), series[:end].std()
    assert np.allclose(train.inputs.ravel() * sd + mean, series[: end - 1])
    assert np.allclose(val.targets[val.first :].ravel() * sd + mean, series[end:val_end])
    assert np.allclose(test.targets[test.first :].ravel() * sd + mean, series[val_end:])
    assert np.array_equal(test.inputs[1:], test.targets[:-1])


@pytest.mark.parametrize("task", SHIPPED, ids=lambda task: task.name)
def test_what_comes_later_changes_nothing_before(task: BuiltInSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    train, val, _ = task.splits()
    values, series = task.values, len(task.series)
    val_from, test_from = (len(values) - series + round(part * series) for part in (0.6, 0.8))
    monkeypatch.setattr(BuiltInSeries, "values", np.concatenate([values[:test_from], 7 * values[test_from:] + 1]))
    assert all(np.array_equal(a, b) for a, b in zip(task.splits().train[:2], train[:2], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(task.splits().val[:2], val[:2], strict=True))
    monkeypatch.setattr(BuiltInSeries, "values", np.concatenate([values[:val_from], 7 * values[val_from:] + 1]))
    assert all(np.array_equal(a, b) for a, b in zip(task.splits().train[:2], train[:2], strict=True))
    assert not np.array_equal(task.splits().val.targets, val.targets)


@pytest.mark.long
def test_noise_of_the_inputs_and_the_initial_weights_lower_the_loss_on_co2() -> None:
    def median_loss(**settings: str) -> float:
        text = {"task": "co2", "model": "linear", "model.hidden_size": "36", "training.learning_rate": "0.003"}
        config = from_text({**text, **settings})
        *_, history = train(config)
        return float(np.median(evaluate_test_split(config, history, config.task.splits())))

    plain = median_loss(**{"training.input_noise": "0.0", "model.spectral_radius": "0.0"})
    assert median_loss() < 0.97 * plain
