"""How the user's file was read: printed before anything is trained, and recorded with the sweep."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.serialization import sweeps_json
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from tracking.runs.reader import read_sweep
from tracking.schema import Tag
from tracking.store.access import Store

SMALL = {"sweep.trials": "1", "sweep.confirmation": "1", "training.epochs": "2", "training.replicas": "1"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table whose predicted column is not named on the command line."""
    path = tmp_path / "sales.csv"
    path.write_text("sold\n" + "".join(f"{10 + 3 * math.sin(k):.3f}\n" for k in range(60)))
    return path


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "-q"]])
def test_baselines_prints_them_on_stderr(table: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert run(group, ["baselines", str(table), *options]) == 0
    out, error = capsys.readouterr()
    assert len(error.splitlines()) == 1
    assert "'sold'" in error
    assert not options or json.loads(out)["task"] == "sales.csv"


def test_the_json_of_baselines_holds_the_column_and_the_notes(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "arrays.npz"
    values = np.random.default_rng(0).normal(size=(60, 1))
    np.savez(path, inputs=values, targets=values**2)
    printed = []
    for task in (str(table), str(path), "sine"):
        assert run(group, ["baselines", task, "--json"]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    assert [each["column"] for each in printed] == ["sold", None, None]
    assert [len(each["notes"]) for each in printed] == [1, 0, 0]
    assert "'sold'" in printed[0]["notes"][0]


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_records_them(table: Path, store: Store) -> None:
    config = sweep_config(str(table), ["linear"], SMALL)
    with ThreadPoolExecutor(1) as executor:
        summary = run_sweep(config, store, executor)
    notes = config.bases[0].task.notes()
    assert len(notes) == 1
    sweep = read_sweep(store, summary.sweep_run)
    assert sweep.notes == list(notes)
    assert notes[0] in sweep.tag(Tag.NOTE)
    assert sweeps_json([summary])["sweeps"][0]["notes"] == list(notes)
