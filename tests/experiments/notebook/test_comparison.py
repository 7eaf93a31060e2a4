"""`experiments.compare`: the command's results in a notebook."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

import experiments
import linrnn
from experiments.notebook import notebook_progress
from experiments.notebook.sweep_result import SweepResult
from linrnn.errors import ConfigError, LinrnnError
from tests.conftest import Here, Run
from tests.experiments import dying
from tests.faults.harness import new_store
from tracking.runs.query import find_sweeps
from tracking.store.access import open_store

BUDGET = {"trials": 2, "replicas": 2, "epochs": 20, "settings": {"sweep.confirmation": 5}, "progress": False}
TINY = BUDGET | {"models": ["linear"], "trials": 1, "epochs": 5, "settings": {"sweep.confirmation": 1}}
OPTIONS = ["--trials", "2", "--replicas", "2", "--epochs", "20", "--set", "sweep.confirmation=5", "-q"]


def level() -> pd.Series:
    """An AR(2) process with a monthly index."""
    noise, x = np.random.default_rng(0).standard_normal(120), np.zeros(120)
    for t in range(2, 120):
        x[t] = 1.2 * x[t - 1] - 0.6 * x[t - 2] + noise[t]
    return pd.Series(x, index=pd.date_range("2015-01-01", periods=120, freq="MS", name="month"), name="level")


@pytest.fixture(scope="module")
def result(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    folder = new_store(empty_store, tmp_path_factory.mktemp("level") / "store")
    return experiments.compare(linrnn.Series(level()), store=folder, **BUDGET)


def test_public_names() -> None:
    assert {"compare", "SweepResult"} <= set(dir(experiments))


def test_verdict_in_words(result: SweepResult) -> None:
    assert result.verdict.word in ("linear suffices", "nonlinearity needed", "not predictable", "undecided")
    assert str(result.verdict).startswith(f"{result.verdict.word}. ")


def test_table_has_a_row_for_each_model_type(result: SweepResult) -> None:
    table = result.table()
    assert list(table.index) == ["linear", "tanh"]
    assert {"trials", "hidden_size", "learning_rate", "objective", "best_val_loss", "median_test_loss"} <= set(
        table.columns
    )
    assert (table["trials"] == 2).all()
    assert (table["interval_low"] <= table["median_test_loss"]).all()


def test_runs_are_those_of_the_store(result: SweepResult) -> None:
    runs = result.runs()
    assert list(runs["phase"].value_counts().sort_index()) == [2, 4]
    for run_id in runs["run_id"]:
        assert result.store.client.get_run(run_id).info.status == "FINISHED"


def test_figures(result: SweepResult) -> None:
    assert isinstance(result.plot(), Figure)
    assert isinstance(result.plot("search"), Figure)
    with pytest.raises(ConfigError, match="it has: predictions, confirmation"):
        result.plot("nonsense")


def test_best_network_has_the_median_test_loss(result: SweepResult) -> None:
    network = result.best("linear", raw=True)
    task = linrnn.Series(level())
    test = task.splits().test
    outputs, _ = network(torch.tensor(test.inputs, dtype=torch.float32))
    values = level().to_numpy()
    predictions = result.best("linear")(torch.tensor(values[:-1, None, None]))[0].detach().numpy()[:, 0, 0]
    train = values[: round(0.6 * len(values))]
    standardized = outputs.detach().double().numpy()[:, 0, 0]
    np.testing.assert_allclose(predictions, standardized * train.std() + train.mean(), rtol=1e-5)
    errors = outputs.detach().double().numpy()[test.first :] - test.targets[test.first :]
    losses = np.sort(next(each for each in result.summary.confirmations if each.model == "linear").test_loss)
    assert np.square(errors).mean() / test.scale == pytest.approx(losses[(len(losses) - 1) // 2], rel=1e-5)
    with pytest.raises(ConfigError, match="linear, tanh"):
        result.best("gru")


@pytest.mark.long
def test_same_bits_as_the_command_on_the_same_numbers(result: SweepResult, linrnn: Run, tmp_path: Path) -> None:
    values = level()
    lines = [f"{when:%Y-%m-%d},{value!r}" for when, value in zip(values.index, values.tolist(), strict=True)]
    (tmp_path / "level.csv").write_text("\n".join(["month,level", *lines]) + "\n")
    command = linrnn("sweep", "level.csv", *OPTIONS, "--json")
    assert command.returncode == 0, command.stderr
    (sweep,) = json.loads(command.stdout)["sweeps"]
    theirs = SweepResult.load(open_store(tmp_path), sweep["sweep_run"])
    assert theirs.verdict == result.verdict
    pd.testing.assert_frame_equal(theirs.table(), result.table(), check_exact=True)
    for mine, other in zip(result.record.complete_confirmations, theirs.record.complete_confirmations, strict=True):
        np.testing.assert_array_equal(mine.curves["weight_digests"], other.curves["weight_digests"])


def test_a_folder_keeps_the_store_and_a_second_call_shows_it(result: SweepResult) -> None:
    folder = result.store.folder
    assert (folder / "mlflow.db").exists()
    again = experiments.compare(linrnn.Series(level()), store=folder, **BUDGET)
    assert (again.store.folder, again.record.run_id) == (folder, result.record.run_id)
    assert len(find_sweeps(result.store)) == 1


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_a_temporary_store_is_deleted_with_its_result() -> None:
    result = experiments.compare("sine", **TINY)
    folder = result.store.folder
    assert (folder / "mlflow.db").exists()
    del result
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize(
    ("task", "options"),
    [
        ("sinus", {}),
        (np.zeros(10), {}),
        ("sine", {"models": ["lstm?"]}),
        ("sine", {"trials": 0}),
        ("sine", {"settings": {"training.nonsense": 1}}),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_trained(task: object, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        experiments.compare(task, **options)  # type: ignore[arg-type]


def test_progress_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    class Handle:
        def update(self, html: str) -> None:
            shown.append(html)

    class Display:
        HTML = staticmethod(str)

        @staticmethod
        def display(html: str, display_id: bool) -> Handle:
            shown.append(html)
            return Handle()

    monkeypatch.setitem(__import__("sys").modules, "IPython.display", Display)
    progress = notebook_progress.NotebookProgress(4)
    with progress:
        progress.start("<b>level</b>")
        progress.advance("linear", 0.5)
    assert 'value="0" max="4"' in shown[0]
    assert 'value="1" max="4"' in shown[-1]
    assert "&lt;b&gt;level&lt;/b&gt;: best val loss (upper quartile) linear 0.5" in shown[-1]


def test_repr_names_task_and_verdict(result: SweepResult) -> None:
    assert repr(result).startswith(f"SweepResult('level': {result.verdict.word}; store ")


SCRIPT = """
import experiments
result = experiments.compare("sine", models=["linear"], trials=1, replicas=1, epochs=5, progress=False,
                             settings={"sweep.confirmation": 1})
print(len(result.runs()))
"""


@pytest.mark.parametrize("by_file", [True, False])
@pytest.mark.long
def test_a_script_needs_no_main_guard(by_file: bool, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, *(["script.py"] if by_file else [])]
    done = subprocess.run(
        command, cwd=tmp_path, input=None if by_file else SCRIPT, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


@pytest.mark.usefixtures("undrawn")
@pytest.mark.long
def test_a_sweep_of_failed_trials_is_an_error(monkeypatch: pytest.MonkeyPatch, here: Here, tmp_path: Path) -> None:
    monkeypatch.setattr("experiments.workflows.trial_job.run_trial", dying.fail)
    with pytest.raises(LinrnnError, match="planted"):
        experiments.compare("sine", **TINY, store=tmp_path)
    options = ["--trials", "1", "--replicas", "2", "--epochs", "5", "--set", "sweep.confirmation=1"]
    code, out, error = here("sweep", "sine", "--models", "linear", *options, "-q", "--store", str(tmp_path))
    assert (code, error.count("\n")) == (1, 2), error  # the question comes first
    assert "no complete" in out
    assert "planted" in error
