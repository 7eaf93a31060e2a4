"""Nonlinearity tests are part of a sweep's record."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.report.serialization import sweep_json
from experiments.report.summary import summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.executors import local_workers
from experiments.search.sweep_config import prepare_sweep
from experiments.workflows.sweep import run_sweep
from experiments.workflows.sweep_runner import run_data_tests
from linrnn import Series
from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import TASKS
from linrnn.tasks.task import TaskData
from tracking.runs.query import last_sweeps
from tracking.runs.reader import read_nonlinearity_tests
from tracking.schema import Tag
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
    tests, note = run_data_tests(TaskData(task, splits), baselines)
    assert (tests is None, note) == (splits.train.classes, "")


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_of_too_few_data_says_that_they_are_not_tested(store: Store) -> None:
    series = Series(np.random.default_rng(0).normal(size=45), name="short")
    budget = {name: text for name, text in SMALL.items() if not name.startswith("task.")}
    with local_workers(1) as executor:
        run_sweep(prepare_sweep(series, ["linear"], budget), store, executor)
    sweep = last_sweeps(store)["short"]
    note = (
        "no nonlinearity tests, as short has 35 targets before its test split, and nonlinearity tests need 40: add rows"
    )
    assert read_nonlinearity_tests(store, sweep) is None
    summary = summarize(load_sweep(store, sweep))
    assert sweep_json(summary)["notes"] == [note]
    assert f"Data: {note}." in sweep.tag(Tag.NOTE)
