"""Completion by the shells themselves, of the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.cli.parameters import expand_models
from linrnn.models import MODELS
from linrnn.tasks import BUILT_IN
from tests.conftest import Run
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.runs.run_ids import run_ids
from tracking.store.access import Store

Complete = Callable[..., list[str]]


@pytest.fixture
def complete(tmp_path: Path) -> Complete:
    """What bash offers for the last of some words."""

    def offered(*words: str) -> list[str]:
        variables = {
            **os.environ,
            "_LINRNN_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        command = [sys.executable, "-m", "experiments"]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, cwd=tmp_path, check=True)
        return [line.partition(",")[2] for line in done.stdout.split() if line.startswith("plain,")]

    return offered


def test_all_is_every_model_type_and_none_is_those_of_a_default_sweep() -> None:
    assert expand_models(("all",)) == expand_models(("gru", "all")) == tuple(MODELS)
    assert expand_models(("gru", "linear", "gru")) == ("gru", "linear")
    assert expand_models(()) == ("linear", "tanh")


def test_tasks_model_types_and_files(complete: Complete, tmp_path: Path) -> None:
    for command in ("sweep", "train", "compare", "baselines", "report"):
        assert complete("linrnn", command, "s") == [name for name in BUILT_IN if name.startswith("s")]
    assert complete("linrnn", "train", "--model", "") == list(MODELS)
    assert complete("linrnn", "sweep", "--model", "") == [*MODELS, "all"]
    for name in ("sales.csv", "sales.md"):
        (tmp_path / name).write_text("")
    assert complete("linrnn", "sweep", "sa") == ["sales.csv"]


def test_ids_of_runs_and_of_sweeps(complete: Complete, store: Store) -> None:
    trials = [store.client.create_run(experiment_id(store, "sine"), run_name=f"run {k}").info.run_id for k in range(3)]
    sweep = store.client.create_run(experiment_id(store, "sweeps"), run_name="sine sweep").info.run_id
    gone = store.client.create_run(experiment_id(store, "sine")).info.run_id
    store.client.delete_run(gone)
    folder = str(store.folder)
    for command in (("reproduce",), ("diff", trials[0]), ("export",)):
        assert set(complete("linrnn", "--store", folder, *command, "")) == set(trials)
    assert complete("linrnn", "reproduce", "--store", folder, trials[1][:8]) == [trials[1]]
    assert complete("linrnn", "reproduce", "--store", folder, "--sweep", "") == [sweep]
    assert run_ids(folder, trials[2][:8]) == [(trials[2], "run 2")]


def test_where_there_is_nothing_to_offer_nothing_is_said(complete: Complete, tmp_path: Path) -> None:
    assert complete("linrnn", "reproduce", "") == []
    assert complete("linrnn", "reproduce", "x'") == []
    (tmp_path / "mlflow.db").write_text("no database")
    assert complete("linrnn", "reproduce", "") == []
    assert not [path for path in tmp_path.iterdir() if path.name != "mlflow.db"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_script_is_one(shell: str, linrnn: Run, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = linrnn(_LINRNN_COMPLETE=f"{shell}_source")
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "completion"
    script.write_text(done.stdout)
    assert subprocess.run([shell, "-n", str(script)], capture_output=True, text=True).stderr == ""
