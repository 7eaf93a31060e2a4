"""Training is a function of the config alone, and each replica's of (seed, k) alone."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from linrnn.analysis.statistics import quartiles
from linrnn.data.digests import data_digests, digest
from linrnn.models import MODELS
from linrnn.models.conversion import to_torch
from linrnn.models.model import unflatten
from linrnn.training import evaluation
from linrnn.training.evaluation import evaluate
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import evaluate_test_split, initial_weights, train
from linrnn.training.trial_config import TrainingConfig, TrialConfig, from_text

SMALL = {"model.hidden_size": "6", "training.epochs": "20", "training.replicas": "3", "training.evaluations": "5"}


def config(task: str = "sine", model: str = "tanh", **settings: str) -> TrialConfig:
    return from_text({"task": task, "model": model, **SMALL} | {k.replace("__", "."): v for k, v in settings.items()})


def finished(asked: TrialConfig) -> TrainingHistory:
    *_, progress = train(asked)
    return progress


def fingerprint(progress: TrainingHistory) -> str:
    return digest(progress.weights, progress.best_weights, progress.val_loss, progress.train_loss)


class TestStream:
    def test_progress_comes_evaluation_by_evaluation(self) -> None:
        stream = list(train(config()))
        assert [progress.epoch for progress in stream] == [4, 8, 12, 16, 20]
        assert [progress.train_loss.shape for progress in stream] == [(e, 3) for e in (4, 8, 12, 16, 20)]
        assert [progress.val_loss.shape for progress in stream] == [(v, 3) for v in (1, 2, 3, 4, 5)]

    def test_stopping_early_leaves_what_was_done(self) -> None:
        asked = config()
        first = next(iter(train(asked)))
        assert np.array_equal(first.train_loss, finished(asked).train_loss[:4])

    def test_training_lowers_the_loss(self) -> None:
        for model in MODELS:
            progress = finished(config(model=model, training__epochs="200"))
            assert (progress.train_loss[-1] < 0.2 * progress.train_loss[0]).all()

    def test_best_weights_are_those_of_the_lowest_val_loss(self) -> None:
        asked = config(training__learning_rate="0.05", training__epochs="60", training__evaluations="30")
        stream = list(train(asked))
        last = stream[-1]
        best = last.val_loss.argmin(axis=0)
        assert (best < 29).any(), "needs a replica whose best is not its last"
        for k, number in enumerate(best):
            assert np.array_equal(last.best_weights[k], stream[number].weights[k])
            assert last.best_epoch[k] == stream[number].epoch
        splits = asked.task.splits()
        losses = evaluate(asked.model, last.shapes, last.best_weights, splits.val)
        assert np.array_equal(losses, last.best_val_loss)


@pytest.mark.parametrize(
    ("epochs", "evaluations", "expected"),
    [(10, 5, (2, 4, 6, 8, 10)), (3, 200, (1, 2, 3)), (7, 3, (2, 4, 7)), (1, 1, (1,))],
)
def test_evaluations_are_spread_evenly(epochs: int, evaluations: int, expected: tuple[int, ...]) -> None:
    assert TrainingConfig(epochs=epochs, evaluations=evaluations).evaluation_epochs == expected


PROGRAM = """
import sys, json, random
import numpy, torch
disturbance = int(sys.argv[1])
random.seed(disturbance); numpy.random.seed(disturbance); torch.manual_seed(disturbance)
torch.rand(disturbance + 1)
torch.set_num_threads(1 + disturbance % 2)
if disturbance % 2:
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
from linrnn.training.trial_config import from_text
from linrnn.data.digests import digest
from linrnn.training.loop import train
for text in json.loads(sys.argv[2]):
    *_, progress = train(from_text(text))
    torch.rand(1)
    print(digest(progress.weights, progress.best_weights, progress.val_loss, progress.train_loss))
"""


@pytest.mark.long
def test_fresh_processes_with_disturbed_generators_agree() -> None:
    texts = [{"task": "xor", "model": model, **SMALL, "seed": seed} for model in MODELS for seed in ("0", "1")]
    texts += [texts[0] | {"model.hidden_size": "400", "task.length": "5", "training.epochs": "5"}]  # left to torch
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(disturbance), json.dumps(texts)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": str(1 + disturbance % 2), "PYTHONHASHSEED": str(disturbance)},
        ).stdout.splitlines()
        for disturbance in (1, 2)
    ]
    assert runs[0] == runs[1] == [fingerprint(finished(from_text(text))) for text in texts]
    assert len(set(runs[0])) == len(texts), "another seed or model must be another result"


def test_another_learning_rate_is_another_result() -> None:
    one = fingerprint(finished(config()))
    assert fingerprint(finished(config())) == one
    assert fingerprint(finished(config(training__learning_rate="0.01000001"))) != one


@pytest.mark.parametrize("model", sorted(MODELS))
def test_first_weights_depend_on_seed_and_k_alone(model: str) -> None:
    few, many = (config(model=model, training__replicas=s) for s in ("2", "5"))
    shapes = few.model.shapes(1, 1)
    assert np.array_equal(initial_weights(few, shapes), initial_weights(many, shapes)[:2])
    other = replace(few, seed=1)
    assert not np.array_equal(initial_weights(few, shapes), initial_weights(other, shapes))
    assert len({row.tobytes() for row in initial_weights(many, shapes)}) == 5


def test_a_diverging_replica_neither_stops_nor_touches_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = config(model="linear")
    alone = finished(asked)

    def one_unstable(config: TrialConfig, shapes: dict[str, tuple[int, ...]]) -> np.ndarray:
        weights = initial_weights(config, shapes)
        unflatten(torch.from_numpy(weights), shapes)["W"][1] = 50 * torch.eye(6)
        return weights

    monkeypatch.setattr("linrnn.training.loop.initial_weights", one_unstable)
    progress = finished(asked)
    assert progress.diverged.tolist() == [False, True, False]
    assert np.isnan(progress.weights[1]).all()
    assert np.isinf(progress.best_val_loss[1])
    for k in (0, 2):
        assert np.array_equal(progress.weights[k], alone.weights[k])
        assert np.array_equal(progress.val_loss[:, k], alone.val_loss[:, k])
    assert np.isfinite(progress.median_best_val_loss)
    assert np.isinf(progress.objective)
    losses = evaluate_test_split(asked, progress, asked.task.splits())
    assert np.isinf(losses).tolist() == [False, True, False]


def test_replicas_are_evaluated_some_at_a_time_where_all_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = from_text({"task": "adding", "model": "tanh", "model.hidden_size": "16", "task.length": "10"})
    splits = asked.task.splits()
    shapes = asked.model.shapes(2, 1)
    weights = initial_weights(asked, shapes)
    at_once = evaluate(asked.model, shapes, weights, splits.test)
    batches = []
    forward = type(asked.model).forward

    def count(model: Any, parameters: dict[str, torch.Tensor], *rest: torch.Tensor) -> Any:
        batches.append(len(next(iter(parameters.values()))))
        return forward(model, parameters, *rest)

    monkeypatch.setattr(type(asked.model), "forward", count)
    monkeypatch.setattr(evaluation, "MOST_STATES", 4 * splits.test.inputs.shape[1] * 10 * 16)
    assert np.allclose(evaluate(asked.model, shapes, weights, splits.test), at_once, rtol=1e-12, atol=0)
    assert batches == [4, 4, 2]


def test_val_losses_are_what_torch_computes_from_the_weights() -> None:
    asked = config(training__epochs="50")
    progress = finished(asked)
    val = asked.task.splits().val
    for k in range(3):
        state = {n: v[k].double() for n, v in unflatten(torch.from_numpy(progress.weights), progress.shapes).items()}
        rnn, readout = nn.RNN(1, 6).double(), nn.Linear(6, 1).double()
        for module, values in zip((rnn, readout), to_torch(state), strict=True):
            module.load_state_dict(values)
        with torch.no_grad():
            outputs = readout(rnn(torch.from_numpy(val.inputs))[0]).numpy()
        variance = val.targets[val.first :].var(axis=(0, 1)).mean()  # mean over outputs
        expected = ((outputs - val.targets)[val.first :] ** 2).mean() / variance
        assert np.isclose(progress.val_loss[-1, k], expected, rtol=1e-10)


def test_quartiles_count_a_diverged_replica_as_infinite() -> None:
    assert quartiles(np.array([1.0, 2.0, 3.0, np.inf])) == (1.75, 2.5, np.inf)
    assert quartiles(np.array([1.0, 2.0, 3.0, 4.0, np.inf])) == (2.0, 3.0, 4.0)


def test_weights_at_each_evaluation_have_their_digest() -> None:
    asked = config(training__epochs="12", training__evaluations="4", training__replicas="3")
    shapes = asked.model.shapes(1, 1)
    states = [initial_weights(asked, shapes), *(progress.weights for progress in train(asked))]
    *_, last = train(asked)
    assert last.weight_digests.shape == (5, 3, 32)
    for found, weights in zip(last.weight_digests, states, strict=True):
        assert [row.tobytes() for row in found] == [hashlib.sha256(row.tobytes()).digest() for row in weights]


def test_the_learning_rate_falls_to_nothing_or_stays() -> None:
    falling, constant = (
        TrainingConfig(learning_rate=0.5, epochs=4),
        TrainingConfig(learning_rate=0.5, epochs=4, decay="none"),
    )
    assert falling.learning_rates(0, 4).tolist() == [0.5, 0.375, 0.25, 0.125]
    assert falling.learning_rates(2, 2).tolist() == [0.25, 0.125]
    assert constant.learning_rates(1, 2).tolist() == [0.5, 0.5]


def test_origins_are_told_apart() -> None:
    one, two = config(task="xor"), config(task="xor", task__seed="1")
    first, second = (data_digests(asked.task.splits()) for asked in (one, two))
    assert all(first[f"data.{split}"] != second[f"data.{split}"] for split in ("train", "val", "test"))
    assert all(len(value) == hashlib.sha256().digest_size * 2 for value in first.values())
