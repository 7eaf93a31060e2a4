"""Evidence is trained once, by any workers, with the same bits, and every trial of it can be reproduced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.claims.evidence import EvidenceError, collect_evidence
from experiments.search.executors import SerialExecutor, WorkerDiedError, local_workers
from experiments.workflows.progress import NullProgress
from experiments.workflows.reproduce import reproduce_trial
from linrnn.training.trial_config import TrialConfig, from_text
from tests.faults.harness import new_store
from tracking.runs.claims_record import claims_run
from tracking.runs.query import evidence_runs
from tracking.runs.verification import load_record
from tracking.schema import Tag
from tracking.store.access import Store, open_store


def config(model: str, epochs: int = 3, **settings: str) -> TrialConfig:
    """A short trial on a short sine."""
    size = {"task.points": "20", "task.washout": "0", "model.hidden_size": "3", "training.replicas": "2"}
    return from_text({"task": "sine", "model": model, **size, "training.epochs": str(epochs), **settings})


PURPOSES = {
    config("linear"): "a, e",
    config("tanh", **{"model.recurrent_bias": "yes"}): "e",
    config("linear", 5, **{"model.init": "identity"}): "e",
}
Collect = Callable[..., dict[TrialConfig, Any]]


def serial(count: int) -> Any:
    return nullcontext(SerialExecutor())


def no_workers(count: int) -> Any:
    raise AssertionError(f"{count} trials are trained again")


def collect(store: Store, workers: Any = serial, purposes: Any = PURPOSES) -> dict[TrialConfig, Any]:
    with claims_run(store) as run:
        return collect_evidence(purposes, store, run, workers, NullProgress())


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.claims.evidence.trial_artifacts", no_artifacts)
    monkeypatch.setattr("experiments.workflows.reproduce.trial_artifacts", no_artifacts)


def no_artifacts(*_: object) -> dict[str, bytes]:
    return {}


def test_what_is_recorded_is_not_trained_again(store: Store) -> None:
    some = dict(list(PURPOSES.items())[:1])
    collect(store, purposes=some)
    counts = []

    @contextmanager
    def counting(count: int) -> Iterator[Executor]:
        counts.append(count)
        yield SerialExecutor()

    first, again = collect(store, counting), collect(store, no_workers)
    assert counts == [2]
    assert {each.run_id for each in first.values()} == {each.run_id for each in again.values()}
    runs = {run.run_id: run for run in evidence_runs(store)}
    assert len(runs) == 3
    for trial, item in again.items():
        run = runs[item.run_id]
        assert item.result.config == trial
        assert run.tags[Tag.CLAIMS] == PURPOSES[trial]
        assert run.parent == next(iter(runs.values())).parent
        assert f"claims {PURPOSES[trial]}" in run.name


@pytest.mark.parametrize("name", ["linear", "tanh"])
def test_evidence_is_reproduced(store: Store, name: str) -> None:
    (trial,) = [each for each in PURPOSES if each.model.name == name][:1]
    item = collect(store, purposes={trial: "e"})[trial]
    record = load_record(store, next(run for run in evidence_runs(store) if run.run_id == item.run_id))
    np.random.default_rng().random(3)
    assert reproduce_trial(record, record.verify(), 1e-3, store, NullProgress()).verdict == "IDENTICAL"


@pytest.mark.long
def test_any_workers_give_the_same_bits(store: Store, empty_store: Path, tmp_path: Path) -> None:
    other = open_store(new_store(empty_store, tmp_path / "other"))
    one, two = collect(store), collect(other, local_workers)
    for trial in PURPOSES:
        histories = [each[trial].result.history for each in (one, two)]
        assert np.array_equal(*(each.train_loss for each in histories))
        assert np.array_equal(*(each.weights for each in histories))


class FragileExecutor(SerialExecutor):
    """Fails so many times, then trains."""

    def __init__(self, errors: list[Exception]) -> None:
        self.errors = errors

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not self.errors:
            return super().submit(function, *args, **kwargs)
        future: Future[Any] = Future()
        future.set_exception(self.errors.pop())
        return future


def test_the_death_of_a_worker_costs_a_retry(store: Store) -> None:
    trial = dict(list(PURPOSES.items())[:1])
    deaths = [WorkerDiedError(), WorkerDiedError()]
    assert len(collect(store, lambda _: nullcontext(FragileExecutor(deaths)), trial)) == 1


def test_a_failed_trial_is_named_and_the_others_are_recorded(store: Store) -> None:
    errors: list[Exception] = [RuntimeError("out of luck")]
    with pytest.raises(EvidenceError, match="out of luck"):
        collect(store, lambda _: nullcontext(FragileExecutor(errors)))
    assert len(evidence_runs(store)) == 2
