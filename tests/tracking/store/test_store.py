"""The store: made whole, found again, refused in a line."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import optuna
import pytest

from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import all_links
from tracking.run_views import LinrnnRun
from tracking.runs.reader import read_file
from tracking.store.access import Store, existing_store, locate_store, open_store
from tracking.store.databases import create, relocate
from tracking.store_errors import LockConflictError, StoreError


def test_plain_tools_find_a_store_where_they_look_for_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.folder)
    experiment_id(store, "sine")
    optuna.create_study(storage=store.studies, study_name="one")
    assert "sine" in {e.name for e in mlflow.MlflowClient("sqlite:///mlflow.db").search_experiments()}
    assert optuna.get_all_study_names("sqlite:///optuna.db") == ["one"]


def test_databases_are_in_wal_mode(store: Store) -> None:
    for name in ("mlflow.db", "optuna.db"):
        assert sqlite3.connect(store.folder / name).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_artifacts_lie_beside_the_database_wherever_it_was_made(store: Store, tmp_path: Path) -> None:
    experiment = store.client.get_experiment(experiment_id(store, "sine"))
    assert experiment.artifact_location == (store.folder / "mlruns" / "sine").as_uri()
    assert experiment_id(store, "sine") == experiment.experiment_id


def test_a_half_made_database_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "optuna.db.new").write_text("half")
    (tmp_path / "optuna.db.new-wal").write_text("half")

    def build(path: Path) -> None:
        sqlite3.connect(path).execute("create table t (x)")

    create(tmp_path / "optuna.db", build)
    assert [path.name for path in tmp_path.iterdir()] == ["optuna.db"]


@pytest.mark.parametrize("name", ["mlflow.db", "optuna.db"])
def test_what_a_making_cut_short_has_left_is_made_again(empty_store: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "half"  # never opened in this process, in which MLflow keeps what it has opened
    shutil.copytree(empty_store, folder)
    relocate(folder)
    path = folder / name
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("delete from alembic_version")
        connection.execute("drop table trials" if name == "optuna.db" else "drop table metrics")
    again = open_store(folder)
    again.client.create_run(experiment_id(again, "sine"))
    optuna.create_study(storage=again.studies, study_name="one")
    assert optuna.get_all_study_names(open_store(folder).studies) == ["one"]


def test_an_old_database_that_holds_something_is_kept(store: Store, tmp_path: Path) -> None:
    run_id = store.client.create_run(experiment_id(store, "sine")).info.run_id
    old = tmp_path / "old"
    shutil.copytree(store.folder, old)
    relocate(old)
    with contextlib.closing(sqlite3.connect(old / "mlflow.db")) as connection, connection:
        connection.execute("update alembic_version set version_num = '0'")
    with pytest.raises(StoreError, match="it has the schema 0, not"):
        open_store(old)
    with contextlib.closing(sqlite3.connect(old / "mlflow.db")) as connection:
        assert connection.execute("select run_uuid from runs").fetchall() == [(run_id,)]


OPENING = """
import os, sys, traceback
import mlflow, optuna  # once, before the processes fork
from tracking import open_store
from tracking.mlflow_ui.experiment_setup import experiment_id
def opened(folder):
    print(experiment_id(open_store(folder), "sine"), flush=True)
for folder in sys.argv[2:]:
    gate, shut = os.pipe()
    children = []
    for _ in range(int(sys.argv[1])):
        children.append(os.fork())
        if not children[-1]:
            os.close(shut)
            os.read(gate, 1)  # until all are there
            try:
                opened(folder)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
    os.close(gate)
    os.close(shut)
    codes = [os.waitpid(child, 0)[1] for child in children]
    assert not any(codes), codes
"""


def opened_at_once(count: int, *folders: Path) -> list[str]:
    """What so many processes, let go at one moment, say of each folder in turn; they have imported all beforehand."""
    command = [sys.executable, "-c", OPENING, str(count), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.long
def test_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    assert opened_at_once(3, tmp_path / "new") == ["1"] * 3


@pytest.mark.long
def test_eight_processes_may_open_a_new_store_at_once_twenty_times(tmp_path: Path) -> None:
    assert opened_at_once(8, *(tmp_path / str(turn) for turn in range(20))) == ["1"] * 160


def read_own(folder: Path, run_id: str) -> bytes:
    """The config of a run, as commands that only read find it."""
    store = existing_store(folder)
    run = store.runs.read(run_id)
    assert run is not None
    return read_file(store, LinrnnRun(run), "config.txt")


class TestMoved:
    def test_a_copy_is_read_beside_its_own_database_and_the_original_beside_its(
        self, store: Store, tmp_path: Path
    ) -> None:
        run_id = store.client.create_run(experiment_id(store, "sine")).info.run_id
        store.client.log_text(run_id, "hello", "config.txt")
        copy = tmp_path / "a copy?"
        shutil.copytree(store.folder, copy)
        store.client.log_text(run_id, "changed", "config.txt")
        before = (copy / "mlflow.db").read_bytes()
        assert (read_own(copy, run_id), read_own(store.folder, run_id)) == (b"hello", b"changed")
        shutil.rmtree(copy / "mlruns")
        assert read_own(copy, run_id) == b"changed"  # where the files were left
        assert (copy / "mlflow.db").read_bytes() == before

    def test_a_moved_store_is_refused_with_what_to_do_and_mended(self, store: Store, tmp_path: Path) -> None:
        store.client.create_experiment("elsewhere", artifact_location="s3://bucket/mine")
        run_id = store.client.create_run(experiment_id(store, "sine")).info.run_id
        store.client.log_text(run_id, "hello", "config.txt")
        after = tmp_path / "after it"
        store.folder.rename(after)
        assert read_own(after, run_id) == b"hello"
        with pytest.raises(StoreError, match="doctor --fix"):
            open_store(after)
        assert relocate(after) == 3
        assert relocate(after) == 0
        found = open_store(after)
        assert read_file(found, found.client.get_run(run_id), "config.txt") == b"hello"
        locations = {e.name: e.artifact_location for e in found.client.search_experiments()}
        assert locations["elsewhere"] == "s3://bucket/mine"


class TestLocks:
    @pytest.mark.long
    def test_a_lock_is_held_by_one_and_freed_when_its_holder_is_killed(self, store: Store) -> None:
        program = (
            "import sys, time; from tracking import open_store\n"
            "with open_store(sys.argv[1]).lock(['sine linear 0']): print('held', flush=True); time.sleep(100)"
        )
        holder = subprocess.Popen([sys.executable, "-c", program, str(store.folder)], stdout=subprocess.PIPE)
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockConflictError, match="sine linear 0"), store.lock(["sine linear 0", "another"]):
            pass
        assert not store.is_unlocked(["sine linear 0"])
        holder.kill()
        holder.communicate()
        with store.lock(["sine linear 0", "another"]):
            pass
        assert store.is_unlocked(["sine linear 0"])

    def test_a_lock_that_cannot_be_written_is_one_error(self, tmp_path: Path) -> None:
        """As on a disk that is full, or in the store of another user."""
        store, found = locate_store(tmp_path), []
        (tmp_path / ".linrnn" / "sine linear 0.lock").mkdir(parents=True)
        names, message = ["another", "sine linear 0"], r"cannot write to the store .*: \[Errno 21\] Is a directory"
        with pytest.raises(StoreError, match=message), store.lock(names):
            found.append("held")
        assert (found, locate_store(tmp_path).is_unlocked(["another"])) == ([], True)
        with pytest.raises(StoreError, match="cannot read the store"):
            store.is_unlocked(["sine linear 0"])


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="--store"):
        open_store(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_no_database_is_refused_and_kept(store: Store) -> None:
    for name in ("mlflow.db", "optuna.db"):
        broken = store.folder.parent / f"broken {name}"
        broken.mkdir()
        for other in ("mlflow.db", "optuna.db"):
            (broken / other).write_bytes((store.folder / other).read_bytes())
        (broken / name).write_text("these are my notes " * 100)
        with pytest.raises(StoreError, match="cannot use the database"):
            open_store(broken)
        assert (broken / name).read_text().startswith("these are my notes")


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store in"):
        existing_store(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_the_named_server_is_used_unless_a_folder_is_given(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    server = f"sqlite:///{store.folder}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.chdir(store.folder.parent)
    assert open_store().tracking_uri == server
    assert not Path("mlflow.db").exists()
    other = open_store(store.folder.parent / "other")
    assert other.tracking_uri == f"sqlite:///{store.folder.parent}/other/mlflow.db"


def test_links_open_the_charts_of_every_task(store: Store) -> None:
    ids = {name: experiment_id(store, name) for name in ("sine", "sweeps")}
    links = all_links(store, "http://127.0.0.1:5000")
    assert list(links) == ["sine", "sweeps"]
    assert f"/#/experiments/{ids['sine']}/runs?workflowType=machine_learning&compareRunsMode=CHART" in links["sine"]


def test_telemetry_is_off() -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
