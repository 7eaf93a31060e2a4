"""A user's own series through the commands: swept, compared, reproduced without its file, refused when it is bad."""

from __future__ import annotations

import json
import math
import os
import pickle
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracking
from experiments.report.trial_artifacts import trial_artifacts
from experiments.search.optuna_adapter import apply_params
from experiments.search.sweep_config import prepare_sweep, sweep_config, sweep_config_of_run
from experiments.workflows.trial import attach_data_files, run_trial
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, from_text
from tests.conftest import Here, Run
from tests.faults.harness import new_store
from tracking.runs import artifacts as files
from tracking.runs.query import find_runs, last_sweeps
from tracking.runs.reader import read_run, read_trial
from tracking.runs.writer import record_trial
from tracking.store.access import Store, open_store
from tracking.sweep_identity import sweep_identity

SMALL = ("--trials", "2", "--epochs", "20", "--replicas", "2", "--set", "sweep.confirmation=3")
ASKED = ("sales.csv", "--set", "task.column=sold", "--set", "task.horizon=3")
ROWS = [f"{2000 + k // 12}-{k % 12 + 1:02d}-01;{10 + 3 * math.sin(k):.3f};{k % 5}".replace(".", ",") for k in range(60)]
TABLE = "\ufeffmonth;sold;shops\r\n" + "\r\n".join(ROWS) + "\r\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_bytes(TABLE.encode())
    return path


def config_of(path: Path, **settings: str) -> Any:
    text = {"task": "series", "task.file": str(path), "task.column": "sold", "model": "linear", "training.epochs": "5"}
    return from_text({**text, "training.replicas": "2", **{k.replace("__", "."): v for k, v in settings.items()}})


def train(config: TrialConfig) -> TrialResult:
    """A tested trial on the file of a config, with all its artifacts."""
    data = config.task.load()
    config = replace(config, task=data.task)
    return attach_data_files(run_trial(config, artifacts=trial_artifacts, test=True), data)


@pytest.mark.long
def test_a_swept_series_is_reproduced_with_and_without_its_file(
    linrnn: Run, here: Here, empty_store: Path, table: Path, tmp_path: Path
) -> None:
    new_store(empty_store, tmp_path / "store")
    at = ("--store", str(tmp_path / "store"))
    swept = linrnn("sweep", *ASKED, *SMALL, *at, "--json")
    assert swept.returncode == 0, swept.stderr
    assert "6 of 6 trials, about 0 s left; sales.csv" in swept.stderr
    (found,) = json.loads(swept.stdout)["sweeps"]
    assert found["task"] == "sales.csv"
    code, text, _ = here("compare", "./sales.csv", *at)
    assert (code, text.splitlines()[2].split()) == (0, ["sales.csv", "linear", "tanh"])
    code, _, said = here("compare", "other/sales.csv", *at)
    assert (code, len(said.splitlines())) == (2, 1)

    copies = list((tmp_path / "store" / "mlruns").rglob("artifacts/data/*"))
    assert [copy.read_bytes() for copy in copies] == [TABLE.encode()]
    best, confirmation = found["studies"][0]["best_run"], found["confirmation"][1]["run_id"]
    store = open_store(tmp_path / "store")
    assert read_run(store, best).params["task"] == "series"
    config = sweep_config_of_run(read_run(store, found["sweep_run"]).params)
    assert config.bases[0].task.file_digest == sha256(TABLE.encode()).hexdigest()

    for _ in range(2):
        for run_id in (best, confirmation):
            code, text, said = here("reproduce", run_id, *at, "-q")
            assert (code, text.split(":")[0]) == (0, "IDENTICAL"), said
        assert tracking.load(best, store=store).input_size == 1
        table.unlink(missing_ok=True)

    assert here("export", confirmation, str(tmp_path / "out"), *at)[0] == 0
    assert (tmp_path / "out" / "data" / "sales.csv").read_bytes() == TABLE.encode()
    alone = linrnn("reproduce", "out", "--store", str(tmp_path / "none"), "-q")
    assert (alone.returncode, alone.stdout.split(":")[0]) == (0, "IDENTICAL"), alone.stderr
    whole = linrnn("reproduce", "--sweep", found["sweep_run"], *at, "-q", "--json", "--workers", "1")
    assert (whole.returncode, json.loads(whole.stdout)["verdict"]) == (0, "IDENTICAL"), whole.stderr
    assert len(list((tmp_path / "store" / "mlruns").rglob("artifacts/data/*"))) == 1

    table.write_text(TABLE.replace(ROWS[3], ROWS[3].replace(",", ",9")))
    code, text, _ = here("reproduce", best, *at, "-q", "--json")
    different = json.loads(text)
    assert (code, different["verdict"]) == (4, "DIFFERENT")
    assert different["first_difference"]["quantity"] == "data.train"
    assert [change["item"] for change in different["environment"]] == ["data_file"]
    code, text, said = here("reproduce", different["reproduction"], *at, "-q")
    assert (code, text.split(":")[0]) == (0, "IDENTICAL"), said
    table.unlink()
    code, text, said = here("reproduce", different["reproduction"], *at, "-q")
    assert (code, text.split(":")[0]) == (0, "IDENTICAL"), said


def test_a_changed_file_is_another_sweep(table: Path) -> None:
    before = sweep_config(str(table), ["linear"], {"task.column": "sold"})
    table.write_text(TABLE.replace("\r\n", "\n"))
    after = sweep_config(str(table), ["linear"], {"task.column": "sold"})
    assert before.bases != after.bases
    assert before.text() != after.text()
    assert before.study_name(before.bases[0]) != after.study_name(after.bases[0])
    table.unlink()
    again = sweep_config_of_run(after.text())
    assert again == after
    assert again.study_name(again.bases[0]) == after.study_name(after.bases[0])


def test_the_data_of_a_sweep_travel_beside_its_trials(table: Path) -> None:
    config, data = prepare_sweep(str(table), ["linear"], {"task.column": "sold"})
    table.unlink()
    trial = apply_params(config.bases[0], {"model.hidden_size": 3})
    assert trial.task == data.task
    for each in (trial, config, data.task):
        assert ROWS[5].encode() not in pickle.dumps(each)
    assert data.splits.test.inputs.shape == (59, 1, 1)
    assert data.files == {"sales.csv": TABLE.encode()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("split", "20,30,40"), ("washout", "3"), ("steps", "2"), ("relative", "last"), ("period", "12")),
        ("test_file", "more.csv"),
    ],
)
def test_another_split_is_another_study(table: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(table.parent)
    Path("more.csv").write_bytes(TABLE.encode())
    default, other = (
        sweep_config(str(table), ["linear"], {"task.column": "sold", **more}) for more in ({}, {f"task.{name}": text})
    )
    assert default.study_name(default.bases[0]) != other.study_name(other.bases[0])
    again = sweep_config_of_run(other.text())
    assert again == other
    assert sweep_identity(again.text(), ["a"]) == sweep_identity(other.text(), ["a"])
    assert sweep_identity(other.text(), ["a"]) != sweep_identity(default.text(), ["a"])


@pytest.mark.parametrize("name", ["task.period", "task.sheet"])
def test_a_later_setting_with_its_default_keeps_the_names_of_studies_and_sweeps(table: Path, name: str) -> None:
    config = sweep_config(str(table), ["linear"], {"task.column": "sold"})
    older = {key: text for key, text in config.text().items() if key != name}
    assert name in config.text()
    assert sweep_identity(older, ["a"]) == sweep_identity(config.text(), ["a"])
    assert sweep_config_of_run(older).bases[0].task.period == 0  # type: ignore[attr-defined]


@pytest.mark.long
def test_a_series_with_a_test_file_is_reproduced_without_its_files(store: Store, here: Here, table: Path) -> None:
    more = table.parent / "more.csv"
    more.write_bytes(TABLE.replace("10,", "11,").encode())
    config = config_of(table, task__test_file=str(more), task__washout="3", task__steps="2", task__relative="last")
    run_id = record_trial(store, train(config), "single", {"phase": "single"})
    content = more.read_bytes()
    at = ("--store", str(store.folder), "-q")
    for path in (table, more):
        path.unlink()
        code, text, said = here("reproduce", run_id, *at)
        assert (code, text.split(":")[0]) == (0, "IDENTICAL"), said
    more.write_bytes(content.replace(b"11,", b"12,"))
    code, text, said = here("reproduce", run_id, *at, "--json")
    different = json.loads(text)
    assert (code, different["first_difference"]["quantity"]) == (4, "data.test"), said
    assert [change["item"] for change in different["environment"]] == ["test_data_file"]


@pytest.mark.long
def test_a_sweep_reads_its_files_once_and_tells_errors_in_their_unit(
    here: Here, empty_store: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, tables = Series.read_tables, []
    monkeypatch.setattr(Series, "read_tables", lambda task, files: tables.append(files) or read(task, files))
    new_store(empty_store, table.parent / "store")
    (table.parent / "more.csv").write_bytes(TABLE.encode())
    at = ("--store", str(table.parent / "store"), "-q", "--json")
    code, text, said = here(
        "sweep", *ASKED, *SMALL, *at, "--set", "task.test_file=more.csv", "--set", "task.steps=2", "--workers", "2"
    )
    assert (code, len(tables)) == (0, 1), said
    (sweep,) = json.loads(text)["sweeps"]
    for confirmation in sweep["confirmation"]:
        assert 0 < confirmation["mae"] <= confirmation["rmse"]
        assert np.mean(confirmation["output_losses"]) == pytest.approx(confirmation["median_test_loss"], rel=1e-6)
    assert set(sweep["baselines"]["rmse"]) == {"naive", "linear", "nonlinear"}
    code, text, _ = here("compare", "sales.csv", "--store", str(table.parent / "store"))
    assert (code, "RMSE" in text) == (0, True)


def test_a_series_is_named_by_its_file(table: Path) -> None:
    with pytest.raises(ConfigError, match=r"task\.file is given twice"):
        sweep_config(str(table), ["linear"], {"task.file": "other.csv"})
    with pytest.raises(ConfigError, match="name it in place of the task"):
        sweep_config("series", ["linear"], {})


def test_arrays_are_taken_as_they_stand_and_their_sizes_come_back(
    here: Here, empty_store: Path, tmp_path: Path
) -> None:
    new_store(empty_store, tmp_path / "store")
    drawn = np.random.default_rng(0).normal(size=(40, 3, 2))
    np.savez(tmp_path / "pair.npz", inputs=drawn, targets=drawn.cumsum(0)[..., :1])
    at = ("--store", str(tmp_path / "store"))
    code, text, said = here("train", "pair.npz", "--model", "tanh", "--epochs", "5", "--json", "-q", *at)
    assert code == 0, said
    run_id = json.loads(text)["run_id"]
    store = open_store(tmp_path / "store")
    assert read_run(store, run_id).params["task.horizon"] == "0"
    (tmp_path / "pair.npz").unlink()
    network = tracking.load(run_id, store=store)
    assert (network.input_size, network.output_size) == (2, 1)
    code, text, said = here("reproduce", run_id, *at, "-q")
    assert (code, text.split(":")[0]) == (0, "IDENTICAL"), said


def test_a_large_file_is_not_kept_and_missed_when_it_is_gone(
    store: Store, here: Here, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", len(TABLE.encode()))
    run_id = record_trial(store, train(config_of(table)), "single", {"phase": "single"})
    at = ("--store", str(store.folder), "-q")
    assert not list((store.folder / "mlruns").rglob("artifacts/data"))
    assert here("reproduce", run_id, *at)[0] == 0
    table.unlink()
    code, text, said = here("reproduce", run_id, *at)
    assert (code, text, len(said.splitlines())) == (5, "", 1)
    assert str(table) in said
    assert tracking.load(run_id, store=store, raw=True).output_size == 1
    with pytest.raises(DataError, match=r"sales\.csv.*raw=True"):
        tracking.load(run_id, store=store)


def test_a_copy_that_was_changed_is_damage(store: Store, here: Here, table: Path) -> None:
    run_id = record_trial(store, train(config_of(table)), "single", {"phase": "single"})
    (copy,) = (store.folder / "mlruns").rglob("artifacts/data/sales.csv")
    copy.write_text(TABLE.replace(ROWS[3], ROWS[4]))
    code, _, said = here("reproduce", run_id, "--store", str(store.folder), "-q")
    assert (code, "data/sales.csv is not the file that was written" in said) == (6, True)


def test_settings_of_odd_text_come_back(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "it's; odd\u00a0%20.csv"
    path.write_text('"a = b ",é\u202f\n' + "".join(f"{k % 3},{k % 4}\n" for k in range(40)))
    config = config_of(path, task__column="é", task__inputs="a = b")
    assert config.task.label == "it_s_ odd__20.csv"
    result = train(config)
    run_id = record_trial(store, result, "odd", {"phase": "single"})
    assert tracking.read_config(read_trial(store, run_id)) == result.config
    assert [found.info.run_id for found in find_runs(store, config.task.label)] == [run_id]
    assert str(path) not in last_sweeps(store)


BAD = {
    "empty.csv": (b"", ["is empty"]),
    "header.csv": (b"month;sold\n", ["header and no rows"]),
    "short.csv": (b"sold\n1\n2\n3\n", ["has 3 rows", "needs"]),
    "ragged.csv": (b"t,sold\n1,2\n1\n", ["row 3"]),
    "text.csv": (TABLE.replace(ROWS[4], "2001;x;1").encode(), ["row 6", "column 'sold'", "'x' is not a number"]),
    "hole.csv": (TABLE.replace(ROWS[4], "2001;;1").encode(), ["row 6", "column 'sold'", "empty"]),
    "nan.csv": (TABLE.replace(ROWS[4], "2001;NaN;1").encode(), ["row 6", "column 'sold'", "finite"]),
    "inf.csv": (TABLE.replace(ROWS[4], "2001;-inf;1").encode(), ["row 6", "column 'sold'", "finite"]),
    "still.csv": (b"sold\n" + b"1\n" * 40, ["column 'sold'", "constant"]),
    "column.csv": (TABLE.replace("sold", "sale").encode(), ["no column 'sold'", "month, sale, shops"]),
    "twice.csv": (TABLE.replace("shops", "sold").encode(), ["row 1", "column 'sold'", "twice"]),
    "wide.csv": (TABLE.encode("utf-16")[:-1], ["UTF-16"]),
    "nul.csv": (TABLE.replace(ROWS[4], "2001;\0;1").encode(), ["row 6", "NUL"]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_data_is_one_line_and_writes_nothing(here: Here, tmp_path: Path, name: str) -> None:
    content, parts = BAD[name]
    (tmp_path / name).write_bytes(content)
    for command in (("sweep", name), ("train", name, "--model", "tanh")):
        code, out, said = here(*command, "--set", "task.column=sold")
        assert (code, out) == (5, "")
        assert len(said.splitlines()) == 1, said
        assert all(part in said for part in [name, *parts]), said
        assert os.listdir(tmp_path) == [name]


SPLITS = {  # settings -> exit code, and a part of the message
    "task.split=30,20,40": (2, "ascending order"),
    "task.split=30,40,61": (5, "sales.csv has 60 rows"),
    "task.test_file=other.csv": (5, "other.csv has no column 'sold'"),
    "task.test_file=none.csv": (5, "No such file"),
    "task.washout=60": (5, "task.washout=60 needs"),
    "task.period=19": (5, "sales.csv has 36 consecutive rows in its training part, and task.period=19 needs 38"),
    "task.period=2501": (2, "task.period must be a whole number from 0 to 2500"),
    "task.steps=0": (2, "task.steps must be a whole number from 1"),
}


@pytest.mark.parametrize("settings", SPLITS)
def test_a_bad_split_is_one_line_and_writes_nothing(here: Here, table: Path, settings: str) -> None:
    (table.parent / "other.csv").write_text(TABLE.replace("sold", "sale"))
    before = sorted(os.listdir(table.parent))
    code, part = SPLITS[settings]
    for command in (("sweep",), ("train", "--model", "tanh"), ("baselines",)):
        done = here(*command, "sales.csv", "--set", "task.column=sold", "--set", settings)
        assert (done[0], done[1], len(done[2].splitlines())) == (code, "", 1), done
        assert part in done[2]
        assert sorted(os.listdir(table.parent)) == before


@pytest.mark.long
def test_bad_files_and_names_of_a_real_process(linrnn: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    np.savez(tmp_path / "objects.npz", inputs=np.array([[{}]]), targets=np.zeros((1, 1)))
    there = sorted(os.listdir(tmp_path))
    cases = {"folder/": (5, "is a folder"), "objects.npz": (5, "holds objects"), "none.csv": (5, "No such file")}
    for name, (code, part) in {**cases, "series": (2, "data.csv"), "sinus": (2, "did you mean 'sine'")}.items():
        done = linrnn("sweep", name)
        assert (done.returncode, done.stdout) == (code, "")
        assert part in done.stderr
        assert len(done.stderr.splitlines()) <= 2
        assert sorted(os.listdir(tmp_path)) == there


def test_a_file_that_turned_bad_is_said_so(store: Store, here: Here, table: Path) -> None:
    run_id = record_trial(store, train(config_of(table)), "single", {"phase": "single"})
    table.write_text(TABLE.replace(ROWS[4], "2001;x;1"))
    code, _, said = here("reproduce", run_id, "--store", str(store.folder), "-q")
    assert (code, "row 6, column 'sold'" in said) == (5, True)
    with pytest.raises(DataError):
        train(config_of(table))


def test_the_question_and_what_was_reordered_are_printed(here: Here, tmp_path: Path) -> None:
    rows = [f"2024-{k // 28 + 1:02d}-{k % 28 + 1:02d},{(7 * k) % 11}" for k in range(28)]
    (tmp_path / "up.csv").write_text("\n".join(["day,y", *rows]))
    (tmp_path / "down.csv").write_text("\n".join(["day,y", *rows[::-1]]))
    code, up, said = here("baselines", "up.csv", "--json")
    days = "2024-01-01 to 2024-01-28: rows 1-17 train, 18-22 validate, 23-28 test"
    assert (code, said) == (0, f"up.csv: predicts 'y' 1 row ahead from its own past; 28 rows, {days}\n")
    code, down, said = here("baselines", "down.csv", "--json")
    assert (code, len(said.splitlines())) == (0, 2)
    assert "newest first" in said
    ascending, descending = json.loads(up), json.loads(down)
    assert descending["question"].replace("down", "up") == ascending["question"]
    names = {"task": "", "question": "", "notes": []}
    assert ascending | names == descending | names


def test_a_column_is_never_guessed(here: Here, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text(
        "day,volume,price\n" + "".join(f"2024-01-{k:02d},{k % 7},{k % 5}\n" for k in range(1, 29))
    )
    for command in (("sweep",), ("train", "--model", "tanh"), ("baselines",)):
        code, out, said = here(*command, "two.csv")
        assert (code, out, len(said.splitlines())) == (5, "", 1)
        assert "--set task.column=price" in said
        assert os.listdir(tmp_path) == ["two.csv"]
