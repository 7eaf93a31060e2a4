"""The files that commands write: where they were named, and nowhere else."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from mlflow.entities import Run

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from tests.conftest import Golden
from tests.faults.harness import new_store
from tracking.store.access import Store, open_store
from tracking.store.urls import file_path

pytestmark = pytest.mark.usefixtures("one_figure")


@pytest.fixture
def copied(golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of a sweep's store, far below a folder in which nothing may change; the current folder is beside it."""
    (tmp_path / "mine").write_text("mine")
    store = open_store(new_store(golden.store.folder, tmp_path / "deep" / "er" / "store"))
    monkeypatch.chdir(tmp_path / "deep" / "er")
    return store


def edit(store: Store, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(store.folder / "mlflow.db")) as connection, connection:
        assert connection.execute(statement, values).rowcount


def first_trial(store: Store) -> Run:
    experiment = store.client.get_experiment_by_name("sine")
    return store.client.search_runs([experiment.experiment_id], "tags.phase = 'search'")[0]


def outside(folder: Path) -> list[str]:
    """What there is beside the store."""
    store = folder / "deep" / "er" / "store"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_relative_to(store))


def test_figures_stay_in_their_folder_whatever_the_task_is_called(copied: Store, tmp_path: Path) -> None:
    edit(copied, "update tags set value = '../../out' where key = 'task'")
    edit(copied, "update experiments set name = '../../out' where name = 'sine'")
    assert run(group, ["compare", "--store", "store", "--figures", "drawn"]) == 6  # the tag contradicts the config
    assert outside(tmp_path) == ["deep", "deep/er", "mine"]


def test_figures_do_not_follow_a_link_out_of_their_folder(
    copied: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("drawn").mkdir()
    Path("drawn", "sine").symlink_to(tmp_path)
    assert run(group, ["compare", "--store", "store", "--figures", "drawn"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert outside(tmp_path) == ["deep", "deep/er", "deep/er/drawn", "deep/er/drawn/sine", "mine"]


def test_a_plain_file_is_replaced_and_no_other_one(copied: Store, tmp_path: Path) -> None:
    command = ["report", "sine", "--store", "store", "-o"]
    Path("link").symlink_to(tmp_path / "mine")
    Path("plain").write_text("old")
    assert [run(group, [*command, name]) for name in ("link", "plain")] == [1, 0]
    assert (tmp_path / "mine").read_text() == "mine"
    assert Path("plain").read_bytes() != b"old"


@pytest.mark.parametrize("name", ["../../../../../../../.bashrc", "/tmp/linrnn-escape", "data/../../x", "secret.txt"])
def test_a_forged_name_in_a_record_is_damage(
    copied: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    trial = first_trial(copied)
    folder = file_path(trial.info.artifact_uri)
    assert folder
    (folder / "secret.txt").write_text("mine")
    shutil.copy(folder / "secret.txt", tmp_path / "deep" / ".bashrc")
    digests = json.loads((folder / "digests.json").read_text())
    text = json.dumps({**digests, name: sha256(b"mine").hexdigest()}).encode()
    (folder / "digests.json").write_bytes(text)
    edit(
        copied,
        "update tags set value = ? where key = 'digests' and run_uuid = ?",
        sha256(text).hexdigest(),
        trial.info.run_id,
    )
    before = outside(tmp_path)
    for command in (["export", trial.info.run_id, "out"], ["reproduce", trial.info.run_id]):
        assert run(group, [*command, "--store", "store", "-q"]) == 6
        out, message = capsys.readouterr()
        assert (out, len(message.splitlines())) == ("", 1)
        assert repr(name) in message
    assert outside(tmp_path) == before


def test_a_forged_name_in_an_export_is_damage(copied: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group, ["export", first_trial(copied).info.run_id, "out", "--store", "store"]) == 0
    digests = json.loads(Path("out/digests.json").read_text())
    text = json.dumps({**digests, "../../../mine": sha256(b"mine").hexdigest()})
    Path("out/digests.json").write_text(text)
    facts = json.loads(Path("out/run.json").read_text())
    facts["tags"]["digests"] = sha256(text.encode()).hexdigest()
    Path("out/run.json").write_text(json.dumps(facts))
    capsys.readouterr()
    assert run(group, ["reproduce", "out", "-q"]) == 6
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "'../../../mine'" in message
