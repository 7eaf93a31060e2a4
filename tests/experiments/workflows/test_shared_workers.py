"""The sweeps of a command share the workers: none is idle, and each computes what it computes alone."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import linrnn
from experiments.search.executors import LocalWorkers
from experiments.search.sweep_config import Sweep, prepare_sweep
from experiments.workflows import sweep as workflow
from experiments.workflows import sweep_runner
from experiments.workflows.progress import NullProgress
from experiments.workflows.sweep import run_sweep, run_sweeps
from linrnn.models import DEFAULT_MODELS
from linrnn.training.trial_config import TrialConfig
from tests.faults.harness import new_store
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.runs.query import last_sweeps, trial_runs
from tracking.runs.reader import read_file
from tracking.store.access import Store, open_store
from tracking.store_errors import LockConflictError

pytestmark = pytest.mark.long

BUDGET = {
    "sweep.trials": "3",
    "sweep.generation": "2",
    "sweep.confirmation": "2",
    "training.epochs": "4",
    "training.replicas": "2",
}
TASKS = ("xor", "sine")


class RecordingExecutor(ThreadPoolExecutor):
    """One thread that writes down what is submitted: task, model type and whether it is a confirmation."""

    def __init__(self) -> None:
        super().__init__(1)
        self.submissions: list[tuple[str, str, bool]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        if isinstance(arguments[0], TrialConfig):  # not a figure
            config = arguments[0]
            self.submissions.append((config.task.label, config.model.name, options["test"]))
        return super().submit(function, *arguments, **options)


class InterruptAfter(NullProgress):
    """Ctrl-C once so many trials are recorded."""

    def __init__(self, count: int) -> None:
        self.count = count

    def advance(self, model: str = "", loss: float = 0.0, name: str = "", details: str = "") -> None:
        self.count -= 1
        if not self.count:
            raise KeyboardInterrupt


def sweeps() -> list[Sweep]:
    return [prepare_sweep(task, DEFAULT_MODELS, BUDGET) for task in TASKS]


def facts(store: Store) -> dict[str, Any]:
    """What is recorded of each trial, its time aside, and the trials that Optuna has."""
    found: dict[str, Any] = {}
    for task in TASKS:
        sweep_run = last_sweeps(store).get(task)
        assert sweep_run is not None
        for run in trial_runs(store, sweep_run):
            metrics = {name: value for name, value in run.metrics.items() if name != "seconds"}
            digests = json.loads(read_file(store, run, "digests.json"))
            digests = {name: text for name, text in digests.items() if not name.endswith(".png")}  # drawn in threads
            found[f"{task} {run.name}"] = (metrics, dict(run.params), digests)
        for name in sweep_run.studies:
            trials = store.studies.get_all_trials(store.studies.get_study_id_from_name(name))
            found[name] = [(trial.number, trial.params, trial.value) for trial in trials]
    return found


@pytest.fixture(scope="module")
def alone(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the sweeps compute one after the other."""
    store = open_store(new_store(empty_store, tmp_path_factory.mktemp("alone") / "store"))
    for sweep in sweeps():
        with ThreadPoolExecutor(1) as executor:
            run_sweep(sweep, store, executor)
    return facts(store)


def test_idle_workers_begin_the_next_sweep_and_nothing_else_changes(
    store: Store, alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "count_workers", lambda executor: 16)
    with RecordingExecutor() as executor:
        summaries = run_sweeps(sweeps(), store, executor)
    assert [summary.task for summary in summaries] == list(TASKS)
    confirmations = [k for k, (task, _, test) in enumerate(executor.submissions) if task == "xor" and test]
    begun = next(k for k, (task, _, _) in enumerate(executor.submissions) if task == "sine")
    assert begun < min(confirmations)
    assert len(executor.submissions) == 2 * 2 * (3 + 1)
    assert facts(store) == alone


def test_few_workers_take_the_sweeps_in_their_order_and_baselines_wait(
    store: Store, alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "count_workers", lambda executor: 2)
    compute, computed_after = sweep_runner.compute_baselines, []

    def count(*arguments: Any) -> Any:
        computed_after.append(len(executor.submissions))
        return compute(*arguments)

    monkeypatch.setattr(sweep_runner, "compute_baselines", count)
    with RecordingExecutor() as executor:
        run_sweeps(sweeps(), store, executor)
    begun = next(k for k, (task, _, _) in enumerate(executor.submissions) if task == "sine")
    search = [k for k, (task, _, test) in enumerate(executor.submissions) if task == "xor" and not test]
    assert max(search) < begun < len(executor.submissions)
    assert computed_after == [0, begun]
    assert facts(store) == alone


@pytest.mark.long
def test_an_interrupt_closes_all_open_sweeps_and_both_are_resumed(
    store: Store, alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "count_workers", lambda executor: 16)
    with RecordingExecutor() as executor, pytest.raises(KeyboardInterrupt):
        run_sweeps(sweeps(), store, executor, InterruptAfter(7))
    runs = store.client.search_runs([experiment_id(store, "sweeps")])
    assert sorted(run.info.status for run in runs) == ["KILLED", "KILLED"]
    with RecordingExecutor() as executor:
        run_sweeps(sweeps(), store, executor)
    assert len(executor.submissions) == 2 * 2 * (3 + 1) - 7
    assert len(store.client.search_runs([experiment_id(store, "sweeps")])) == 2
    assert facts(store) == alone


def test_a_sweep_that_cannot_start_does_not_cost_the_one_that_runs(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflow, "count_workers", lambda executor: 16)
    first, second = sweeps()
    with (
        store.lock([second.config.study_name(second.config.bases[0])]),
        RecordingExecutor() as executor,
        pytest.raises(LockConflictError),
    ):
        run_sweeps([first, second], store, executor)
    assert "xor" in last_sweeps(store)
    assert "sine" not in last_sweeps(store)


def test_a_worker_is_sent_the_data_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("y\n" + "".join(f"{k % 7}.5\n" for k in range(60)))
    sweep = prepare_sweep(str(path), DEFAULT_MODELS, BUDGET)
    path.unlink()
    attached: list[bool] = []

    class Workers(LocalWorkers):
        def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
            if isinstance(arguments[0], TrialConfig):  # not a figure
                attached.append(arguments[1] is not None)
                assert len(pickle.dumps(arguments[0])) < 3000
            return super().submit(function, *arguments, **options)

    executor = Workers(1)
    run_sweep(sweep, store, executor)
    executor.end()
    trials = 2 * (3 + 1)
    in_flight = 2 * 2  # the first generation of each study, submitted before the first answer
    assert trials < len(attached) <= trials + in_flight
    assert sum(attached) == len(attached) - trials
    sweep_run = last_sweeps(store).get(str(path))
    assert sweep_run is not None
    digests = {read_file(store, run, "digests.json")[:200] for run in trial_runs(store, sweep_run)}
    assert len(trial_runs(store, sweep_run)) == trials
    assert len(digests) == 1  # they begin with those of the splits


def test_a_series_in_memory_is_swept_by_itself(store: Store) -> None:
    values = [(k * 7) % 11 / 2 for k in range(80)]
    with ThreadPoolExecutor(1) as executor:
        summary = run_sweep(prepare_sweep(linrnn.Series(values, name="steps"), ["linear"], BUDGET), store, executor)
        again = run_sweep(prepare_sweep(linrnn.Series(values, name="steps"), ["linear"], BUDGET), store, executor)
    assert (summary.task, again.sweep_run) == ("steps", summary.sweep_run)
    (copy,) = (store.folder / "mlruns").rglob("artifacts/data/*")
    assert copy.name == "steps.csv"
