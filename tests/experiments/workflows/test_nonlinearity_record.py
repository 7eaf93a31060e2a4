"""Nonlinearity tests are part of a sweep's record."""

from __future__ import annotations

import pytest

from experiments.report.summary import summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.executors import local_workers
from experiments.search.sweep_config import prepare_sweep
from experiments.workflows.sweep import run_sweep
from experiments.workflows.sweep_runner import nonlinearity_files
from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.tasks.task import TaskData
from tracking.runs.query import last_sweeps
from tracking.runs.reader import read_nonlinearity_tests
from tracking.schema import Artifact, Tag
from tracking.store.access import Store

SMALL = {
    "task.length": "60",
    "task.sequences": "1",
    "sweep.trials": "1",
    "sweep.confirmation": "2",
    "training.epochs": "2",
    "training.replicas": "1",
}


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_records_the_tests_of_its_data(store: Store) -> None:
    with local_workers(1) as executor:
        run_sweep(prepare_sweep("henon", ["linear"], SMALL), store, executor)
    sweep = last_sweeps(store)["henon"]
    tests = read_nonlinearity_tests(store, sweep)
    task = TASKS["henon"](length=60, sequences=1)
    assert tests == compute_nonlinearity_tests(task, step_losses=compute_baselines(task).step_losses)
    assert tests is not None
    assert tests.rejections
    assert tests.detection_ratio is not None
    assert summarize(load_sweep(store, sweep)).nonlinearity_tests == tests
    (confirmation,) = summarize(load_sweep(store, sweep)).confirmations
    residual_tests = confirmation.residual_tests
    assert residual_tests is not None
    assert residual_tests.rejections  # of a network that is hardly trained
    assert f"| residual tests | {len(residual_tests.rejections)} of {len(residual_tests.tests)} reject |" in sweep.tag(
        Tag.NOTE
    )
    assert f"Nonlinearity tests: {len(tests.rejections)} of {len(tests.tests)} reject" in sweep.tag(Tag.NOTE)


@pytest.mark.parametrize(("name", "settings"), [("copy", {"sequences": 5}), ("sine", {})])
def test_classes_have_no_tests(name: str, settings: dict[str, int]) -> None:
    task = TASKS[name](**settings)
    splits = task.splits()
    baselines = compute_baselines("sine")
    files = nonlinearity_files(TaskData(task, splits), baselines)
    assert list(files) == ([] if splits.train.classes else [Artifact.NONLINEARITY_TESTS])
