"""Figures that workers draw."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from experiments.search.executors import SerialExecutor, WorkerDiedError
from experiments.search.sweep_config import sweep_config
from experiments.workflows import sweep_runner
from experiments.workflows.figure_job import FigureJob
from experiments.workflows.sweep import run_sweep
from tracking.store.access import Store
from tracking.store_errors import StoreError

TINY = {"sweep.trials": "1", "sweep.confirmation": "2", "training.epochs": "5", "training.replicas": "2"}


def test_a_figure_whose_worker_died_is_drawn_here() -> None:
    job = FigureJob("search", str.encode, ("drawing",))
    future: Future[bytes] = Future()
    future.set_exception(WorkerDiedError())
    assert job.result(future) == b"drawing"
    assert job.submit(SerialExecutor()).result() == b"drawing"


def test_a_sweep_that_cannot_begin_withdraws_the_trials_that_train(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> str:
        raise StoreError("the disk is full")

    monkeypatch.setattr(sweep_runner, "begin_or_resume", refuse)
    with pytest.raises(StoreError, match="the disk is full"):
        run_sweep(sweep_config("sine", ["linear"], TINY), store, SerialExecutor())
    monkeypatch.undo()
    assert run_sweep(sweep_config("sine", ["linear"], TINY), store, SerialExecutor(), figures=False).studies
