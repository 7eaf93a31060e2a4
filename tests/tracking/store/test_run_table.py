"""Runs read from the tables of a local database are those that MLflow returns."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Metric, Param, RunTag

from tests.conftest import Golden
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.run_views import RunRecord
from tracking.store.access import Store, existing_store
from tracking.store.database_file import open_for_reading
from tracking.store.run_search import ClientSearch, RunFilter
from tracking.store.run_table import RunTable

FIELDS = ("run_id", "experiment_id", "status", "start_time", "end_time", "artifact_uri")
MOVED = "an upgrade changed MLflow's tables: adapt tracking/store/library_internals.py"


def contents(run: RunRecord) -> str:
    """All that linrnn reads of a run; text, in which nan equals nan."""
    facts = {name: getattr(run.info, name) for name in FIELDS}
    return json.dumps([facts, dict(run.data.params), dict(run.data.metrics), dict(run.data.tags)], sort_keys=True)


def both(store: Store) -> tuple[RunTable, ClientSearch]:
    assert store.database is not None
    return RunTable(store.database), ClientSearch(store.client)


CONDITIONS: Sequence[RunFilter] = (
    RunFilter(),
    RunFilter("FINISHED"),
    RunFilter("RUNNING"),
    RunFilter(tags={"phase": "confirmation"}),
    RunFilter("FINISHED", {"phase": "search", "mlflow.source.name": "linrnn"}),
    RunFilter(prefix="a"),
    RunFilter(name="linear 0"),
    RunFilter(name="LINEAR 0"),
    RunFilter("FINISHED", {"phase": "search"}, "0", "tanh"),
)


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_a_sweep_is_read_as_mlflow_reads_it(golden: Golden, condition: RunFilter) -> None:
    table, client = both(golden.store)
    assert table.experiments() == client.experiments()
    numbers = list(table.experiments().values())
    runs = [contents(run) for run in table.find(numbers, condition)]
    assert runs == [contents(run) for run in client.find(numbers, condition)], MOVED
    assert len(runs) > 0 or condition.status == "RUNNING" or condition.name.isupper() or condition.prefix
    assert list(table.find([], condition)) == list(client.find([], condition)) == []


def test_odd_runs_are_read_as_mlflow_reads_them(store: Store) -> None:
    number = experiment_id(store, "sine")
    names = ["it's", "100 % [odd] *?", "", "naïve\nname"]
    runs = [store.client.create_run(number, start_time=1000 - k, run_name=name) for k, name in enumerate(names)]
    values = [math.nan, 1.5, math.inf]
    metrics = [Metric(f"m{k}", value, 0, step) for k, value in enumerate(values) for step in (0, 3)]
    store.client.log_batch(runs[0].info.run_id, metrics, [Param("p", "x" * 400)], [RunTag("empty", "")])
    store.client.delete_run(runs[1].info.run_id)
    table, client = both(store)
    conditions = [RunFilter(), RunFilter(tags={"empty": ""}), RunFilter(name="naïve")]
    for condition in conditions:
        found = [contents(run) for run in table.find([number], condition)]
        assert found == [contents(run) for run in client.find([number], condition)], MOVED
    assert len(list(table.find([number], RunFilter()))) == 3
    for run in runs:
        one, other = (search.read(run.info.run_id) for search in (table, client))
        assert one is not None
        assert other is not None
        assert contents(one) == contents(other)
    assert table.read("f" * 32) is client.read("f" * 32) is None


def test_what_is_no_database_of_mlflows_is_not_read(tmp_path: Path, store: Store) -> None:
    table = both(store)[0]
    assert table.is_readable()
    with closing(sqlite3.connect(table.path)) as connection, connection:
        connection.execute("update alembic_version set version_num = 'another'")
    assert not table.is_readable()
    (tmp_path / "text.db").write_text("these are my notes " * 100)
    assert not RunTable(tmp_path / "text.db").is_readable()
    assert not RunTable(tmp_path / "nowhere.db").is_readable()
    assert not (tmp_path / "nowhere.db").exists()


def test_reading_changes_nothing(store: Store) -> None:
    table = both(store)[0]
    with open_for_reading(table.path) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("delete from runs")


def test_a_store_of_another_schema_is_opened_by_mlflow(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    monkeypatch.setattr("tracking.store.access.check_store", lambda *arguments, **_: opened.append(arguments) or store)
    existing_store(store.folder)
    assert not opened
    monkeypatch.setattr("tracking.store.run_table.MLFLOW_REVISION", "another")
    existing_store(store.folder)
    assert opened
