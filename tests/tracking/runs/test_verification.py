"""A record that is not as it was written is named as such, whatever was done to it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest

from linrnn.errors import ConfigError
from linrnn.training.result import FailedTrial, TrialResult
from tests.faults.harness import new_store
from tests.tracking.runs.test_writer import CONFIG, trained
from tracking.run_views import TrialRun
from tracking.runs.export_folder import export_trial
from tracking.runs.reader import read_run, read_trial
from tracking.runs.run_reference import find_run
from tracking.runs.verification import DamageError, TrialRecord, load_export, load_record
from tracking.runs.writer import begin_run, record_failed_trial, record_trial
from tracking.store.access import Store, open_store


@pytest.fixture(scope="module")
def original() -> TrialResult:
    return trained()


@pytest.fixture(scope="module")
def store(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One for all of these tests, each of which damages a run of its own."""
    return open_store(new_store(empty_store, tmp_path_factory.mktemp("records") / "store"))


@pytest.fixture
def run(store: Store, original: TrialResult) -> TrialRun:
    return read_trial(store, record_trial(store, original, "a name", {"phase": "single"}))


def folder_of(run: TrialRun) -> Path:
    return Path(urlparse(run.info.artifact_uri).path)


def again(store: Store, run: TrialRun) -> TrialRecord:
    return load_record(store, read_run(store, run.info.run_id))


def same(one: TrialResult, other: TrialResult) -> None:
    """All that was computed is the same, field by field."""
    assert (one.config, one.data, one.environment) == (other.config, other.data, other.environment)
    assert np.array_equal(one.test_losses, other.test_losses)
    for each in fields(one.history):
        a, b = (getattr(trained.history, each.name) for trained in (one, other))
        assert np.array_equal(a, b) if isinstance(a, np.ndarray) else a == b


def test_a_record_is_the_trial_that_came_back_from_training(store: Store, run: TrialRun, original: TrialResult) -> None:
    same(again(store, run).verify(), original)


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@contextmanager
def away(folder: Path) -> Iterator[None]:
    """In the body the folder is not where it was."""
    elsewhere = folder.rename(folder.with_name("away"))
    try:
        yield
    finally:
        elsewhere.rename(folder)


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [flip_bit, halve, Path.unlink])
@pytest.mark.parametrize(
    "name",
    [
        "weights/best.safetensors",
        "weights/final.safetensors",
        "curves.npz",
        "config.txt",
        "environment.json",
        "digests.json",
    ],
)
def test_a_damaged_file_is_named(store: Store, run: TrialRun, name: str, damage: Callable[[Path], None]) -> None:
    damage(folder_of(run) / name)
    with pytest.raises(DamageError, match=f"record of {run.info.run_id} is damaged: .*{name}"):
        again(store, run).verify()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "update params set value='6' where key='model.hidden_size' and run_uuid=:run",
            "param model.hidden_size is 6, .* written as 5",
        ),
        (
            "update params set value='0.012' where key='training.learning_rate' and run_uuid=:run",
            "param training.learning_rate is 0.012",
        ),
        (
            "update params set value='rubbish' where key='seed' and run_uuid=:run",
            "param seed is rubbish, and was written as 7",
        ),
        ("delete from params where key='task' and run_uuid=:run", "param task is missing, and was written as sine"),
        ("insert into params (key, value, run_uuid) values ('task.more', '1', :run)", "param task.more is 1"),
        (
            "update latest_metrics set value=0.001 where key='test_loss' and run_uuid=:run",
            "metric test_loss is 0.001, and its files say",
        ),
        ("delete from latest_metrics where key='best_val_loss' and run_uuid=:run", "metric best_val_loss is None"),
        ("update tags set value='0' where key='digests' and run_uuid=:run", "digests.json is not the file"),
    ],
)
def test_an_edit_in_the_database_is_named(store: Store, run: TrialRun, statement: str, named: str) -> None:
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as database:
        assert database.execute(statement, {"run": run.info.run_id}).rowcount == 1
        database.commit()
    with pytest.raises(DamageError, match=named):
        again(store, run).verify()


def test_swapped_files_do_not_pass(store: Store, run: TrialRun, original: TrialResult) -> None:
    other = read_trial(store, record_trial(store, replace(original, seconds=2.0), "another", {"phase": "single"}))
    for name in ("weights/best.safetensors", "weights/final.safetensors"):
        flip_bit(folder_of(other) / name)
    digests = folder_of(other) / "digests.json"
    shutil.copy(folder_of(other) / "weights/best.safetensors", folder_of(run) / "weights/best.safetensors")
    shutil.copy(digests, folder_of(run) / "digests.json")
    with pytest.raises(DamageError, match="weights/best"):
        again(store, run).verify()


def test_what_is_no_trained_trial_cannot_be_reproduced(store: Store) -> None:
    sweep = begin_run(store, "sweeps", "a sweep", {"studies": "one"}, 0.0)
    failed = record_failed_trial(store, FailedTrial(CONFIG, "worker died", 0.0, 1.0), "a name", {"phase": "search"})
    open_one = begin_run(store, "sine", "half", {"phase": "search"}, 0.0)
    for run_id, said in ((sweep.run_id, "is a sweep"), (failed, "no trained trial"), (open_one.run_id, "RUNNING")):
        with pytest.raises(ConfigError, match=said):
            load_record(store, read_run(store, run_id))


def test_a_prefix_names_one_run(store: Store, run: TrialRun) -> None:
    run_id = run.info.run_id
    assert find_run(store, run_id).info.run_id == find_run(store, run_id[:12]).info.run_id == run_id
    for wrong in ("", "nothing", "%", "f" * 32):
        with pytest.raises(ConfigError):
            find_run(store, wrong)
    known = {run_id}
    while len({name[0] for name in known}) == len(known):  # until two begin alike
        known.add(begin_run(store, "sine", "half", {}, 0.0).run_id)
    alike = next(name[0] for name in known if sum(other[0] == name[0] for other in known) > 1)
    with pytest.raises(ConfigError, match="more than one run id begins with"):
        find_run(store, alike)


def test_an_exported_run_stands_alone(store: Store, run: TrialRun, original: TrialResult, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    export_trial(again(store, run), folder)
    with away(store.folder):
        same(load_export(folder).verify(), original)
    assert sorted(path.name for path in tmp_path.joinpath("deep").iterdir()) == ["out"]
    assert "linrnn reproduce ." in (folder / "README.md").read_text()
    assert json.loads((folder / "run.json").read_text())["run_id"] == run.info.run_id
    flip_bit(folder / "curves.npz")
    with pytest.raises(DamageError, match=r"curves\.npz"):
        load_export(folder).verify()
    (folder / "run.json").unlink()
    with pytest.raises(DamageError, match=r"run\.json"):
        load_export(folder)


def test_export_overwrites_nothing(store: Store, run: TrialRun, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for there in ("full", "file"):
        with pytest.raises(ConfigError, match="exists already"):
            export_trial(again(store, run), tmp_path / there)
    (tmp_path / "empty").mkdir()
    export_trial(again(store, run), tmp_path / "empty")
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
