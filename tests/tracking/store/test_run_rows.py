"""Rows of a trial's run are those that MLflow's client writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param

from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.store.access import Store
from tracking.store.run_rows import DatasetRow, append
from tracking.store_errors import StoreError

MOVED = "an upgrade changed what MLflow writes: adapt tracking/store/run_rows.py, then SUPPORTED"
TABLES = ("runs", "tags", "params", "metrics", "latest_metrics", "datasets", "inputs", "input_tags")
OWN = ("run_uuid", "destination_id", "artifact_uri", "input_uuid", "source_id", "dataset_uuid")  # of each run
TAGS = {"mlflow.user": "somebody", "phase": "search", "empty": "", "note": "ä 'quoted' \n"}
PARAMS = {"task": "sine", "training.learning_rate": "0.012345678901234567", "empty": ""}
POINTS = [(name, float(value), step) for name in ("a", "b") for step, value in ((10, 0.1), (20, 1e300), (30, -0.0))]
DATA = DatasetRow("data", "0123456789abcdef", "linrnn", "source", "training")


def write_with_client(store: Store, number: str, data: DatasetRow) -> str:
    client = store.client
    run_id: str = client.create_run(number, 1234567, TAGS, "a name").info.run_id
    metrics = [Metric(name, value, 1234567, step) for name, value, step in POINTS]
    client.log_batch(run_id, metrics, [Param(name, text) for name, text in PARAMS.items()])
    tags = [InputTag("mlflow.data.context", data.context)]
    client.log_inputs(run_id, [DatasetInput(Dataset(data.name, data.digest, data.source_type, data.source), tags)])
    client.set_terminated(run_id, "FINISHED", 2345678)
    return run_id


def write_rows(store: Store, number: str, data: DatasetRow) -> str:
    assert store.run_rows is not None
    run = store.run_rows.begin(number, "a name", TAGS["mlflow.user"], TAGS, 1234567)
    assert store.client.get_run(run.run_id).info.status == "RUNNING"
    store.run_rows.complete(run, PARAMS, POINTS, data, "FINISHED", 2345678)
    return run.run_id


def read_rows(store: Store, run_id: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of a run, without its ids."""
    conditions = {
        "inputs": "destination_id = ?",
        "datasets": "dataset_uuid in (select source_id from inputs where destination_id = ?)",
        "input_tags": "input_uuid in (select input_uuid from inputs where destination_id = ?)",
    }
    assert store.database
    with closing(sqlite3.connect(store.database)) as connection:
        connection.row_factory = sqlite3.Row
        tables = {}
        for table in TABLES:
            query = f"select * from {table} where {conditions.get(table, 'run_uuid = ?')}"
            rows = [dict(row) for row in connection.execute(query, [run_id])]
            tables[table] = sorted(({k: v for k, v in row.items() if k not in OWN} for row in rows), key=repr)
    return tables


def test_rows_are_those_of_the_client(store: Store) -> None:
    number = experiment_id(store, "sine")
    one, other = (DATA._replace(digest=digest) for digest in ("one", "other"))
    first, again = write_with_client(store, number, one), write_rows(store, number, one)  # which uses its dataset
    fresh, shared = write_rows(store, number, other), write_with_client(store, number, other)
    theirs = read_rows(store, first)
    assert all(theirs.values())
    assert len(theirs["metrics"]) == len(POINTS)
    assert read_rows(store, again) == theirs, MOVED
    assert read_rows(store, fresh) == read_rows(store, shared), MOVED
    for run_id in (again, fresh):
        run = store.client.get_run(run_id)
        assert run.info.artifact_uri == store.client.get_run(first).info.artifact_uri.replace(first, run_id), MOVED
        assert len(run.inputs.dataset_inputs) == 1
    with closing(sqlite3.connect(str(store.database))) as connection:
        assert connection.execute("select count(*) from datasets where name = 'data'").fetchone() == (2,)


def test_all_of_a_run_is_written_or_nothing(store: Store) -> None:
    assert store.run_rows is not None
    run = store.run_rows.begin(experiment_id(store, "sine"), "a name", "somebody", TAGS, 1234567)
    with pytest.raises(Exception, match=r"metrics|constraint"):
        store.run_rows.complete(run, PARAMS, [POINTS[0], POINTS[0]], DATA, "FINISHED", 2345678)
    rows = read_rows(store, run.run_id)
    assert not any(rows[table] for table in ("params", "metrics", "latest_metrics", "inputs"))
    assert rows["runs"][0]["status"] == "RUNNING"


def test_what_was_deleted_in_mlflow_is_refused(store: Store) -> None:
    number = experiment_id(store, "sine")
    assert store.run_rows is not None
    run = store.run_rows.begin(number, "a name", "somebody", TAGS, 1234567)
    store.client.delete_run(run.run_id)
    with pytest.raises(StoreError, match="was deleted"):
        store.run_rows.complete(run, PARAMS, POINTS, DATA, "FINISHED", 2345678)
    store.client.delete_experiment(number)
    with pytest.raises(StoreError, match="'sine' was deleted"):
        store.run_rows.begin(number, "a name", "somebody", TAGS, 1234567)


def test_no_server_is_asked_where_an_experiment_was_edited(store: Store) -> None:
    number = experiment_id(store, "sine")
    with closing(sqlite3.connect(str(store.database))) as connection, connection:
        connection.execute("update experiments set artifact_location = 'http://u:geheim@127.0.0.1:9'")
    assert store.run_rows is not None
    with pytest.raises(StoreError, match=r"u:\*\*\*@127.0.0.1:9', which is no folder"):
        store.run_rows.begin(number, "a name", "somebody", TAGS, 1234567)


@pytest.mark.parametrize("location", ["file:///a b/c", "file:///a/", "s3://bucket/a?version=1"])
def test_locations_of_artifacts_are_those_of_mlflow(location: str) -> None:
    from mlflow.utils.uri import append_to_uri_path

    assert append(location, "run", "artifacts") == append_to_uri_path(location, "run", "artifacts")


def test_a_server_is_written_to_by_the_client() -> None:
    store = Store(Path("/"), "http://127.0.0.1:9", "sqlite:////studies.db")
    assert store.run_rows is None
