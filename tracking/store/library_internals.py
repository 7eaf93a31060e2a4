"""What linrnn uses of MLflow and Optuna beyond their public interfaces, all of it here.

A test compares it with the installed libraries and fails where an upgrade changes them. MLflow is imported where it
is used, as it takes seconds and a shell that completes run ids needs the SQL alone.
"""

from __future__ import annotations

import os
import sqlite3
import time
import warnings
from collections.abc import Mapping
from contextlib import closing
from copy import copy
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracking.store.urls import is_sqlite, sqlite_path
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mlflow import MlflowClient
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial
    from sqlalchemy import Engine

SUPPORTED = {"mlflow": "3.17", "optuna": "5.0"}  # the versions that all of this was checked with
BUSY_SECONDS = 60  # that a writer waits for another
MLFLOW_TIMEOUT = "busy_timeout = 20000"  # in a PRAGMA that MLflow executes in each session
RECORD_TABLES = ("runs", "trials", "studies", "trace_info", "registered_models")  # empty in a new database
ARTIFACT_LOCATIONS = (  # table and column of absolute URLs of artifacts in MLflow's database
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
FIRST_LOCATION = "select artifact_location from experiments where experiment_id = 0"
RUN_IDS = """
select runs.run_uuid, runs.name from runs join experiments using (experiment_id)
where runs.lifecycle_stage = 'active' and runs.run_uuid glob ? and (experiments.name = ?) = ?
order by runs.start_time desc limit ?
"""
REVISION = "select version_num from alembic_version"
TEMPLATES = Path(__file__).parent / "templates"  # SQL of empty databases; tests/tracking/store/test_templates.py
DEFAULT_EXPERIMENT = "update experiments set artifact_location = ?, creation_time = ?, last_update_time = ?"
LIBRARY_VERSION = "update version_info set library_version = ?"
MLFLOW_REVISION = "dc11669786a5"  # of the schema that the following statements read
EXPERIMENTS = "select name, experiment_id from experiments where lifecycle_stage = ? order by experiment_id"
RUNS = """
select run_uuid, experiment_id, status, start_time, end_time, artifact_uri from runs
where {condition} order by start_time, run_uuid
"""
ACTIVE_RUN = "runs.lifecycle_stage = 'active'"
RUN_ITEMS = {  # conditions are of the table `runs`
    "params": "select run_uuid, key, params.value from params join runs using (run_uuid) where {condition}",
    "metrics": (
        "select run_uuid, key, case when is_nan then null else latest_metrics.value end "
        "from latest_metrics join runs using (run_uuid) where {condition}"
    ),
    "tags": "select run_uuid, key, tags.value from tags join runs using (run_uuid) where {condition}",
}
OPTUNA_REVISION = "v3.2.0.a"  # of the schema that the next statements read
STUDY_TRIALS = """
select study_name, number, state, trial_id from studies left join trials using (study_id) order by study_id, number
"""
TRIAL_ITEMS = {  # of all trials; floats and integers alone are searched
    "attributes": "select trial_id, key, value_json from trial_user_attributes",
    "params": "select trial_id, param_name, param_value from trial_params",
    "values": "select trial_id, objective, case value_type when 'FINITE' then value end from trial_values",
}
TAG_PRESENCE = "exists (select 1 from tags as mark where mark.run_uuid = runs.run_uuid and mark.key = ?)"
TAG_CONDITION = TAG_PRESENCE.replace("mark.key = ?", "mark.key = ? and mark.value = ?")


def server_environment(tracking_uri: str, artifacts: str) -> dict[str, str]:
    """Return the environment variables that the application of MLflow's server reads, as `mlflow server` sets them."""
    return {
        "_MLFLOW_SERVER_FILE_STORE": tracking_uri,
        "_MLFLOW_SERVER_REGISTRY_STORE": tracking_uri,
        "_MLFLOW_SERVER_ARTIFACT_ROOT": artifacts,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # one process, not 15
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def mlflow_application() -> FastAPI:
    """Return the application of MLflow's server, with its checks of Host and Origin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what MLflow uses
        warnings.simplefilter("ignore", UserWarning)
        from mlflow.server.fastapi_app import create_fastapi_app

        application: FastAPI = create_fastapi_app()
    return application


def mlflow_client(uri: str) -> MlflowClient:
    """Return MLflow's client; on SQLite its writers wait as long as Optuna's, not the 20 s that MLflow sets."""
    check_variables()
    from mlflow import MlflowClient
    from sqlalchemy import event

    client = MlflowClient(tracking_uri=uri)
    if is_sqlite(uri):
        engine = mlflow_engine(client)
        event.listen(engine, "before_cursor_execute", lengthen_timeout, retval=True)  # once, however often called
    return client


def mlflow_engine(client: MlflowClient) -> Engine:
    """Return the engine of a client's database."""
    engine: Engine = client._tracking_client.store.engine
    return engine


def check_variables() -> None:
    """Raise StoreError for an environment variable of MLflow's whose value it cannot read."""
    names = [name for name in os.environ if name.startswith("MLFLOW_")]
    try:
        from mlflow import environment_variables
    except ValueError as error:
        raise StoreError(f"MLflow cannot read an environment variable ({error}): unset one of {names}") from error
    for name in names:
        try:
            getattr(getattr(environment_variables, name, None), "get", str)()
        except ValueError as error:
            raise StoreError(f"MLflow cannot read the environment variable {name}: unset it") from error


def lengthen_timeout(_: Any, __: Any, statement: str, parameters: Any, *more: Any) -> tuple[str, Any]:
    """Replace MLflow's busy timeout in a statement before SQLite executes it."""
    return statement.replace(MLFLOW_TIMEOUT, f"busy_timeout = {1000 * BUSY_SECONDS}"), parameters


def optuna_storage(url: str, skip_compatibility_check: bool = False) -> RDBStorage:
    """Return Optuna's storage at a URL; on SQLite a writer waits for another."""
    if is_sqlite(url):
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    else:
        options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
    template = url.replace("{", "{{").replace("}", "}}")  # Optuna formats it
    return storage_type()(template, engine_kwargs=options, skip_compatibility_check=skip_compatibility_check)


@cache
def storage_type() -> type[RDBStorage]:
    """Return Optuna's storage; it adds the curve of a new trial at once, in place of three queries for each value."""
    from optuna.storages import RDBStorage
    from optuna.storages._rdb.models import TrialIntermediateValueModel as CurveRow
    from sqlalchemy import insert

    class TrialStorage(RDBStorage):
        def _get_prepared_new_trial(self, study_id: int, template_trial: FrozenTrial | None, session: Any) -> Any:
            """Add a trial in the transaction of the session, which ends after it."""
            curve, bare = {}, copy(template_trial)
            if bare is not None:
                curve, bare.intermediate_values = bare.intermediate_values, {}
            row = super()._get_prepared_new_trial(study_id, bare, session)
            values = [(step, *CurveRow.intermediate_value_to_stored_repr(value)) for step, value in curve.items()]
            names = "step", "intermediate_value", "intermediate_value_type"
            points = [{"trial_id": row.trial_id, **dict(zip(names, each, strict=True))} for each in values]
            if points:
                session.execute(insert(CurveRow), points)
            return row

    return TrialStorage


def trials_by_study(storage: RDBStorage) -> dict[str, list[FrozenTrial]]:
    """Return the trials of all studies by the study's name."""
    names = [study.study_name for study in storage.get_all_studies()]
    return {name: storage.get_all_trials(storage.get_study_id_from_name(name), deepcopy=False) for name in names}


def create_mlflow_database(url: str, artifacts: str) -> None:
    """Create MLflow's tables, with a root URL of artifacts."""
    now = round(1000 * time.time())
    if not create_from_template(url, "mlflow", {DEFAULT_EXPERIMENT: (f"{artifacts}/0", now, now)}):
        migrate_mlflow_database(url, artifacts)


def create_optuna_database(url: str) -> None:
    """Create Optuna's tables."""
    if not create_from_template(url, "optuna", {LIBRARY_VERSION: (version("optuna"),)}):
        migrate_optuna_database(url)


def create_from_template(url: str, library: str, values: Mapping[str, tuple[str | int, ...]]) -> bool:
    """Create an empty SQLite database as the library's migrations leave it, which take seconds.

    False, and nothing created, where another version of the library is installed than the template's.
    """
    path = sqlite_path(url)
    if path is None or not version(library).startswith(f"{SUPPORTED[library]}."):
        return False
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript((TEMPLATES / f"{library}.sql").read_text())
        for statement, row in values.items():
            connection.execute(statement, row)
    return True


def migrate_mlflow_database(url: str, artifacts: str) -> None:
    """Create MLflow's tables by its own migrations."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    untyped: Any = SqlAlchemyStore
    untyped(url, artifacts).engine.dispose()


def migrate_optuna_database(url: str) -> None:
    """Create Optuna's tables by its own migrations."""
    optuna_storage(url).engine.dispose()


def upgrade_mlflow_database(url: str) -> None:
    """Bring MLflow's tables to the schema of the installed version."""
    from mlflow.store.db.utils import _upgrade_db
    from sqlalchemy import create_engine

    engine = create_engine(url)
    _upgrade_db(engine)
    engine.dispose()


def upgrade_optuna_database(url: str) -> None:
    """Bring Optuna's tables to the schema of the installed version."""
    storage = optuna_storage(url, skip_compatibility_check=True)
    storage.upgrade()
    storage.engine.dispose()


@cache
def schema_revisions() -> tuple[str, str]:
    """Return the schema's revision that the installed MLflow needs, and the one that Optuna needs.

    The libraries are asked, which takes seconds to import them, where others than those of SUPPORTED are installed.
    """
    if all(version(name).startswith(f"{prefix}.") for name, prefix in SUPPORTED.items()):
        return MLFLOW_REVISION, OPTUNA_REVISION
    return library_revisions()


def library_revisions() -> tuple[str, str]:
    """Ask MLflow and Optuna for the revisions of their schemas."""
    from mlflow.store.db.utils import _get_latest_schema_revision

    return _get_latest_schema_revision(), optuna_storage("sqlite:///:memory:").get_head_version()


def all_revisions() -> tuple[frozenset[str], frozenset[str]]:
    """Return all revisions of the schema that the installed MLflow knows, and those that Optuna knows."""
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config

    scripts = ScriptDirectory.from_config(_get_alembic_config("sqlite://")).walk_revisions()
    optuna_revisions = optuna_storage("sqlite:///:memory:").get_all_versions()
    return frozenset(script.revision for script in scripts), frozenset(optuna_revisions)


def schema_tables() -> set[str]:
    """Return the names of all tables of MLflow and Optuna."""
    from mlflow.store.db.base_sql_model import Base
    from optuna.storages._rdb.models import BaseModel

    return {*Base.metadata.tables, *BaseModel.metadata.tables, "alembic_version"}


def read_revisions(connection: sqlite3.Connection) -> set[str]:
    """Return the schema's revisions that a database names; one, where it is whole."""
    is_there = connection.execute("select 1 from sqlite_master where name = 'alembic_version'").fetchone()
    return {str(revision) for (revision,) in connection.execute(REVISION)} if is_there else set()


def replace_locations(connection: sqlite3.Connection, old: str, new: str) -> int:
    """Replace the prefix of all artifact locations that begin with `old`; return how many were replaced."""
    return sum(
        connection.execute(
            f"update {table} set {column} = ? || substr({column}, ?) where substr({column}, 1, ?) = ?",
            (new, len(old) + 1, len(old), old),
        ).rowcount
        for table, column in ARTIFACT_LOCATIONS
    )
