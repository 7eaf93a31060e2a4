"""What a replica says on the test split, beside its loss, and its closed loop, beside a loop over a plain network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

import linrnn
from linrnn.analysis.predictions import FREE_STEPS, MOST, Predictions, predict_test_split
from linrnn.data.sequences import Splits
from linrnn.models import DEFAULT_MODELS, MODELS
from linrnn.models.model import flatten, unflatten
from linrnn.models.network import build_network
from linrnn.tasks.sunspots import Sunspots
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import TrainingConfig, TrialConfig, from_text

TASKS = {
    "sine": {},
    "sunspots": {},
    "mackey-glass": {"task.horizon": "6", "task.length": "300", "task.sequences": "2"},
    "xor": {},
    "adding": {},
    "digits": {},
}


def trained(
    task: str, model: str, **settings: str
) -> tuple[TrialConfig, Splits, TrainingHistory, np.ndarray, Predictions]:
    text = {"task": task, "model": model, "training.epochs": "8", "training.replicas": "3", "model.hidden_size": "5"}
    config = from_text(text | TASKS[task] | settings)
    splits = config.task.splits()
    *_, progress = train(config, splits)
    losses = evaluate_test_split(config, progress, splits)
    return config, splits, progress, losses, predict_test_split(config, progress, splits, losses)


@pytest.mark.parametrize("model", DEFAULT_MODELS)
@pytest.mark.parametrize("task", TASKS)
def test_they_are_what_the_loss_is_of(task: str, model: str) -> None:
    _, splits, _, losses, said = trained(task, model)
    test = splits.test
    assert losses[said.replica] == np.median(losses)
    counted = test.targets[test.first :].swapaxes(0, 1).reshape(-1, test.targets.shape[2])[:MOST]
    assert len(said.sequence) == len(said.step) == len(said.outputs) == len(counted)
    if test.classes:
        assert np.array_equal(said.targets[:, 0], counted.argmax(axis=1))
        assert set(np.unique(said.outputs)) <= set(range(10))
        return
    assert np.array_equal(said.targets, counted)
    assert np.array_equal(said.targets[:, 0], test.targets[said.step, said.sequence, 0])
    if counted.size == test.targets[test.first :].size:
        assert np.mean((said.outputs - counted) ** 2) / test.scale == pytest.approx(losses[said.replica], rel=1e-9)


@pytest.mark.parametrize("model", DEFAULT_MODELS)
@pytest.mark.parametrize("relative", ["no", "last"])
def test_errors_are_in_the_unit_of_the_file_and_of_each_output(relative: str, model: str) -> None:
    y = np.random.default_rng(0).normal(5, 3, 90).cumsum()
    task = linrnn.Series(y, steps=3, split=(50, 65, 80), relative=relative)
    config = TrialConfig(task, MODELS[model](hidden_size=4), TrainingConfig(epochs=8, replicas=3))
    splits = task.splits()
    *_, progress = train(config, splits)
    losses = evaluate_test_split(config, progress, splits)
    said = predict_test_split(config, progress, splits, losses)
    rows = np.stack([y[t : t + 3] for t in range(65, 78)])
    predicted = said.outputs * y[:50].std() + y[:50].mean()
    assert np.allclose(said.targets * y[:50].std() + y[:50].mean(), rows, rtol=1e-9)
    assert said.rmse == pytest.approx(np.sqrt(np.square(predicted - rows).mean()), rel=1e-9)
    assert said.mae == pytest.approx(np.abs(predicted - rows).mean(), rel=1e-9)
    variance = rows.var(axis=0).mean()
    assert np.allclose(said.output_losses, np.square(predicted - rows).mean(axis=0) / variance, rtol=1e-9)
    assert losses[said.replica] == pytest.approx(said.output_losses.mean(), rel=1e-6)
    baselines = linrnn.baselines(task)
    assert baselines.unit == pytest.approx(np.sqrt(variance), rel=1e-9)
    if relative == "no":
        assert baselines.naive_method == "last value"
        assert baselines.mae["naive"] == pytest.approx(np.abs(rows - y[64:77, None]).mean(), rel=1e-9)
    assert set(baselines.mae) == {"naive", "linear", "nonlinear"}
    assert baselines.rmse["linear"] == pytest.approx(np.sqrt(baselines.linear * variance), rel=1e-9)
    assert len(said.free_run) == 0


@pytest.mark.parametrize("model", DEFAULT_MODELS)
@pytest.mark.parametrize("task", ["sine", "sunspots", "mackey-glass"])
def test_the_closed_loop_is_that_of_a_plain_network(task: str, model: str) -> None:
    config, splits, progress, _, said = trained(task, model)
    network = build_network(config.model, 1, 1).double()
    best = unflatten(torch.from_numpy(progress.best_weights.astype(float)), progress.shapes)
    network.load_state_dict({name: value[said.replica] for name, value in best.items()})
    values = list(splits.test.inputs[: said.start, 0, 0])  # known; then what was predicted for each step
    ahead = config.task.forecast_horizon
    with torch.no_grad():
        for k in range(said.start, said.start + 40):
            past = torch.tensor(values[: k - ahead + 1], dtype=torch.float64).view(-1, 1, 1)
            values.append(float(network(past)[0][-1]))
    assert len(said.free_run) == FREE_STEPS
    assert np.allclose(said.free_run[:40], values[said.start :], rtol=1e-8, atol=1e-10)
    left = len(splits.test.inputs) + ahead - said.start
    assert np.isfinite(said.truth[:left]).all()
    assert np.isnan(said.truth[left:]).all()
    assert np.array_equal(said.truth[:3], splits.test.targets[said.start - ahead : said.start - ahead + 3, 0, 0])


def test_a_rotation_goes_on_for_ever() -> None:
    """W a rotation by the sine's step, read out so that the network is the wave itself."""
    config = from_text({"task": "sine", "model": "linear", "model.hidden_size": "2", "training.epochs": "1"})
    splits = config.task.splits()
    *_, progress = train(config, splits)
    w = 2 * np.pi / 99
    named = {  # h_t = (x_t, x_{t-1}); y_t = 2 cos(w) x_t - x_{t-1}
        "U": [[1.0], [0.0]],
        "W": [[0.0, 0.0], [1.0, 0.0]],
        "b": [0.0, 0.0],
        "C": [[2 * np.cos(w), -1.0]],
        "c": [0.0],
    }
    stacked = {name: np.array([value] * 10, dtype=np.float32) for name, value in named.items()}
    exact = TrainingHistory(**{**vars(progress), "best_weights": flatten(stacked, progress.shapes)})
    said = predict_test_split(config, exact, splits, evaluate_test_split(config, exact, splits))
    known = ~np.isnan(said.truth)
    assert np.abs(said.free_run[known] - said.truth[known]).max() < 1e-4  # float32 weights
    assert np.abs(said.free_run).max() == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("ahead", [1, 7, 84, 100])
def test_the_truth_is_the_series_itself(ahead: int) -> None:
    config, splits, progress, losses, _ = trained("sunspots", "linear")
    count = np.arange(90.0 + ahead)[:, None, None]
    test = splits.test._replace(inputs=count[:90], targets=count[ahead:], first=5)
    said = predict_test_split(replace(config, task=Counter(ahead)), progress, splits._replace(test=test), losses)
    if ahead > 90:  # longer than the sequence
        assert len(said.truth) == 0
        return
    known = ~np.isnan(said.truth)
    assert np.array_equal(said.truth[known], said.start + np.arange(known.sum()))
    assert said.start + known.sum() == 90 + ahead


@dataclass(frozen=True)
class Counter(Sunspots):
    """A series whose values are their steps."""

    forecast_horizon: int = 1  # type: ignore[misc, assignment]


def test_tasks_that_forecast_nothing_have_no_loop() -> None:
    for task in ("xor", "adding", "digits"):
        assert trained(task, "linear")[-1].free_run.shape == (0,)
