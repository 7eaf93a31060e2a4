"""The question, and how the user's file was read: printed before anything is trained, and recorded with the sweep."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.serialization import sweeps_json
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from tracking.runs.query import confirmation_runs
from tracking.runs.reader import read_sweep
from tracking.schema import Tag
from tracking.store.access import Store

QUESTION = "'sold' in $ 1 row ahead from its own past; 60 rows: rows 1-36 train, 37-48 validate, 49-60 test"
SMALL = {"sweep.trials": "1", "sweep.confirmation": "1", "training.epochs": "2", "training.replicas": "1"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table whose predicted column is not named on the command line, with prices as people write them."""
    path = tmp_path / "sales.csv"
    path.write_text("sold\n" + "".join(f"${10 + 3 * math.sin(k):.3f}\n" for k in range(60)))
    return path


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "-q"]])
def test_baselines_prints_them_on_stderr(table: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert run(group, ["baselines", str(table), *options]) == 0
    out, error = capsys.readouterr()
    question, note = error.splitlines()
    assert question == f"sales.csv: predicts {QUESTION}"
    assert "'sold'" in note
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
    assert [each["question"].partition(": ")[2] for each in printed] == [
        f"predicts {QUESTION}",
        "predicts 'targets' in the same row as 'inputs'; 60 rows: rows 1-36 train, 37-48 validate, 49-60 test",
        "Next-step prediction of a sine wave",
    ]


@pytest.mark.usefixtures("undrawn")
def test_a_sweep_records_them(table: Path, store: Store) -> None:
    config = sweep_config(str(table), ["linear"], SMALL)
    with ThreadPoolExecutor(1) as executor:
        summary = run_sweep(config, store, executor)
    task = config.bases[0].task
    notes = task.notes()
    assert len(notes) == 1
    sweep = read_sweep(store, summary.sweep_run)
    reading, omission = sweep.notes
    assert reading == notes[0]
    assert omission.startswith("no nonlinearity tests, as sales.csv has ")
    assert sweep.tag(Tag.QUESTION) == task.question == summary.question == f"sales.csv: predicts {QUESTION}"
    assert task.question in sweep.tag(Tag.NOTE)
    assert (sweep.params["task.column"], sweep.params["task.inputs"]) == ("sold", "sold")
    assert (sweep.params["task.rows"], sweep.params["task.unit"]) == ("36, 48, 60", "$")
    (confirmation,) = confirmation_runs(store, sweep)
    assert confirmation.tag(Tag.QUESTION) == task.question
    assert notes[0] in sweep.tag(Tag.NOTE)
    assert sweeps_json([summary])["sweeps"][0]["notes"] == [reading, omission]


@pytest.mark.long
def test_standard_input_takes_the_place_of_a_file(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "experiments", "baselines", "-", "--json"]
    done = subprocess.run(command, input=table.read_bytes(), capture_output=True, check=True)
    assert run(group, ["baselines", str(table), "--json"]) == 0
    names = {"task": "", "question": "", "notes": []}
    assert json.loads(done.stdout) | names == json.loads(capsys.readouterr().out) | names
    assert done.stderr.decode().startswith(f"stdin: predicts {QUESTION}")


def test_a_refused_file_costs_no_import_of_a_large_library(tmp_path: Path) -> None:
    """The libraries that take seconds to load are not there yet when a file is refused."""
    (tmp_path / "two.csv").write_text("a,b\n" + "1,2\n3,5\n" * 20)
    program = (
        "import sys; from experiments.__main__ import linrnn; from experiments.cli.group import run;"
        "code = run(linrnn, ['sweep', 'two.csv']);"
        "print(code, {'pandas', 'torch', 'mlflow', 'scipy', 'numba', 'optuna', 'pyarrow'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "5 set()\n"
    assert "two.csv: 'a' (1, 3, 1, ...) or 'b' (2, 5, 2, ...) could be predicted" in done.stderr
