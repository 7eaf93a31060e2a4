"""The store: made whole, found again, refused in a line."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import optuna
import pytest

from tracking.links import all_charts
from tracking.store import Store, StoreError, create, existing_store, open_store


def test_plain_tools_find_a_store_where_they_look_for_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.folder)
    store.experiment("sine")
    optuna.create_study(storage=store.studies, study_name="one")
    assert "sine" in {e.name for e in mlflow.MlflowClient("sqlite:///mlflow.db").search_experiments()}
    assert optuna.get_all_study_names("sqlite:///optuna.db") == ["one"]


def test_databases_are_in_wal_mode(store: Store) -> None:
    for name in ("mlflow.db", "optuna.db"):
        assert sqlite3.connect(store.folder / name).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_artifacts_lie_beside_the_database_wherever_it_was_made(store: Store, tmp_path: Path) -> None:
    experiment = store.client.get_experiment(store.experiment("sine"))
    assert experiment.artifact_location == (store.folder / "mlruns" / "sine").as_uri()
    assert store.experiment("sine") == experiment.experiment_id


def test_a_half_made_database_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "optuna.db.new").write_text("half")
    (tmp_path / "optuna.db.new-wal").write_text("half")

    def build(url: str) -> None:
        sqlite3.connect(url.removeprefix("sqlite:///")).execute("create table t (x)")

    create(tmp_path / "optuna.db", build)
    assert [path.name for path in tmp_path.iterdir()] == ["optuna.db"]


def test_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    program = "import sys; from tracking import open_store; print(open_store(sys.argv[1]).experiment('sine'))"
    folder = tmp_path / "new"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=100) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1


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
        with pytest.raises(StoreError, match="cannot use the store"):
            open_store(broken)
        assert (broken / name).read_text().startswith("these are my notes")


def test_a_store_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store in"):
        existing_store(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_the_named_server_is_used_unless_a_folder_is_given(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    server = f"sqlite:///{store.folder}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.chdir(store.folder.parent)
    assert open_store().tracking_uri == server
    assert not Path("mlflow.db").exists()
    other = open_store(store.folder.parent / "other")
    assert other.tracking_uri == f"sqlite:///{store.folder.parent}/other/mlflow.db"


def test_links_open_the_charts_of_every_task(store: Store) -> None:
    ids = {name: store.experiment(name) for name in ("sine", "sweeps")}
    links = all_charts(store, "http://127.0.0.1:5000")
    assert list(links) == ["sine", "sweeps"]
    assert f"/#/experiments/{ids['sine']}/runs?workflowType=machine_learning&compareRunsMode=CHART" in links["sine"]


def test_telemetry_is_off() -> None:
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
