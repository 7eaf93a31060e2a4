"""A trial's run as rows of MLflow's SQLite database, in two transactions.

MLflow's client takes eight transactions and five times the processor time for the same rows; a test compares both.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from tracking.schema import Tag
from tracking.store.library_internals import BUSY_SECONDS
from tracking.store.run_table import RunFacts
from tracking.store.urls import file_path, hide_passwords
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

MOST_CHARACTERS = 6000  # of a param; MLflow cuts longer ones
RUNNING = "RUNNING"
TIMEOUT = f"pragma busy_timeout = {1000 * BUSY_SECONDS}"
EXPERIMENT = "select artifact_location, lifecycle_stage, name from experiments where experiment_id = ?"
RUN = """
insert into runs (run_uuid, experiment_id, name, user_id, status, start_time, artifact_uri, lifecycle_stage,
    source_type, source_name, source_version, entry_point_name)
values (?, ?, ?, ?, 'RUNNING', ?, ?, 'active', 'UNKNOWN', '', '', '')
"""
TAG = "insert into tags (run_uuid, key, value) values (?, ?, ?)"
PARAM = "insert into params (run_uuid, key, value) values (?, ?, ?)"
METRIC = "insert into metrics (run_uuid, key, value, timestamp, step, is_nan) values (?, ?, ?, ?, ?, 0)"
LATEST = METRIC.replace("metrics", "latest_metrics")
DATASET = """
insert or ignore into datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source)
values (?, ?, ?, ?, ?, ?)
"""
INPUT = """
insert into inputs (input_uuid, source_type, source_id, destination_type, destination_id)
select ?, 'DATASET', dataset_uuid, 'RUN', ? from datasets where experiment_id = ? and name = ? and digest = ?
"""
INPUT_TAG = "insert into input_tags (input_uuid, name, value) values (?, 'mlflow.data.context', ?)"
END = "update runs set status = ?, end_time = ? where run_uuid = ? and lifecycle_stage = 'active'"


class DatasetRow(NamedTuple):
    """Data of a trial, as MLflow's charts and filters name them."""

    name: str
    digest: str
    source_type: str
    source: str
    context: str


class RunRows:
    """Writes runs by the engine of MLflow's client, in a database of the schema that is written here."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def transaction(self) -> AbstractContextManager[Connection]:
        """A connection in whose body all is written, or nothing; it waits for other writers."""
        return self.engine.begin()

    def begin(self, experiment_id: str, name: str, user: str, tags: Mapping[str, str], start: int) -> RunFacts:
        """Insert a run, RUNNING, with its tags; times are in milliseconds since 1970."""
        number, run_id = int(experiment_id), uuid4().hex
        with self.transaction() as connection:
            connection.exec_driver_sql(TIMEOUT)
            row = connection.exec_driver_sql(EXPERIMENT, (number,)).one()
            location, stage, title = (str(value) for value in row)
            if stage != "active":
                raise StoreError(f"the experiment {title!r} was deleted in MLflow: linrnn doctor --fix restores it")
            if file_path(location) is None:
                place = hide_passwords(location)
                raise StoreError(f"the experiment {title!r} has its artifacts at {place!r}, which is no folder")
            artifacts = append(location, run_id, "artifacts")
            connection.exec_driver_sql(RUN, (run_id, number, name, user, start, artifacts))
            pairs = {**tags, str(Tag.RUN_NAME): name}.items()
            connection.exec_driver_sql(TAG, [(run_id, key, text) for key, text in pairs])
        return RunFacts(run_id, experiment_id, RUNNING, start, None, artifacts)

    def complete(
        self,
        run: RunFacts,
        params: Mapping[str, str],
        points: Sequence[tuple[str, float, int]],
        dataset: DatasetRow,
        status: str,
        end: int,
    ) -> None:
        """Insert params, metrics and the data of a run, and close it: all at once.

        Points are metric, finite value and step, ascending by step for each metric.
        """
        run_id, stamp, input_id = run.run_id, run.start_time, uuid4().hex
        number, rows = int(run.experiment_id), [(run_id, key, value, stamp, step) for key, value, step in points]
        with self.transaction() as connection:
            connection.exec_driver_sql(TIMEOUT)
            connection.exec_driver_sql(PARAM, [(run_id, *pair) for pair in params.items()])
            connection.exec_driver_sql(METRIC, rows)
            connection.exec_driver_sql(LATEST, [*{row[1]: row for row in rows}.values()])
            key = number, dataset.name, dataset.digest
            connection.exec_driver_sql(DATASET, (uuid4().hex, *key, dataset.source_type, dataset.source))
            connection.exec_driver_sql(INPUT, (input_id, run_id, *key))
            connection.exec_driver_sql(INPUT_TAG, (input_id, dataset.context))
            if connection.exec_driver_sql(END, (status, end, run_id)).rowcount != 1:
                raise StoreError(f"the run {run_id} was deleted in MLflow while it was written")


def append(location: str, *names: str) -> str:
    """Append names to the path of a URL."""
    parts = urlsplit(location)
    return parts._replace(path=posixpath.join(parts.path, *names)).geturl()
