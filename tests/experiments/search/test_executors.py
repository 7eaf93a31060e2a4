"""Workers that die, and what that costs."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import pytest

from experiments.report.serialization import sweeps_json
from experiments.search.executors import SerialExecutor, WorkerDiedError, local_workers
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from linrnn.models import DEFAULT_MODELS
from tests.experiments import dying
from tests.faults.harness import facts
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.store.access import Store

BUDGET = {
    "sweep.trials": "3",
    "sweep.generation": "2",
    "sweep.confirmation": "2",
    "training.epochs": "5",
    "training.replicas": "2",
}
CONFIG = sweep_config("sine", DEFAULT_MODELS, BUDGET)


def test_a_serial_executor_calls_at_once_and_keeps_errors_in_the_future() -> None:
    executor = SerialExecutor()
    assert executor.submit(divmod, 7, 4).result() == (1, 3)
    assert isinstance(executor.submit(divmod, 7, 0).exception(), ZeroDivisionError)


@pytest.mark.long
def test_the_death_of_a_worker_costs_its_own_task_alone() -> None:
    with local_workers(2) as executor:
        first = executor.submit(os.getpid)
        assert first.result() != os.getpid()
        doomed = executor.submit(kill_self)
        others = [executor.submit(abs, -number) for number in range(20)]
        with pytest.raises(WorkerDiedError):
            doomed.result(120)
        assert [other.result(30) for other in others] == list(range(20))


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.long
def test_a_trial_whose_worker_dies_is_tried_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = tmp_path / "killed"
    killed.mkdir()
    with local_workers(2) as executor:
        run_sweep(CONFIG, store, executor)
        expected = facts(store)
    monkeypatch.setattr("experiments.workflows.trial_job.run_trial", partial(dying.sometimes, killed))
    with local_workers(2) as executor:
        again = run_sweep(CONFIG, store, executor, fresh=True)
    assert len(list(killed.iterdir())) == 2 * (3 + 1)
    assert sweeps_json([again])["sweeps"][0]["failures"] == []
    for name, fact in expected.items():
        if isinstance(fact, tuple) and "confirmation" not in name:
            runs = store.client.search_runs([experiment_id(store, "sine")], f"tags.`mlflow.runName` = '{name}'")
            assert len(runs) == 2
            assert runs[0].data.metrics["best_val_loss"] == runs[1].data.metrics["best_val_loss"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_one_whose_workers_die_three_times_is_recorded_as_failed_and_the_sweep_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.workflows.trial_job.run_trial", dying.always)
    with local_workers(2) as executor:
        summary = run_sweep(CONFIG, store, executor)
    linear, tanh = summary.studies
    assert (linear.trials, linear.failed, tanh.trials, tanh.failed) == (3, 0, 3, 3)
    assert summary.confirmations == ()
    assert len(summary.failures) == 4
    assert sum("its worker process died (killed, or out of memory), 3 times" in each for each in summary.failures) == 3
    assert sum("RuntimeError: planted" in each for each in summary.failures) == 1
    statuses = [run.info.status for run in store.client.search_runs([experiment_id(store, "sine")])]
    assert sorted(statuses) == ["FAILED"] * 4 + ["FINISHED"] * 3
    assert {trial.state.name for trial in store.studies.get_all_trials(2)} == {"FAIL"}
