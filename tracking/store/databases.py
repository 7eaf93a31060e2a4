"""The two databases: made whole, opened so that writers wait for each other, mended when their folder was moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from mlflow import MlflowClient
from mlflow.store.db.base_sql_model import Base as Tracking
from mlflow.store.db.utils import _get_latest_schema_revision
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from optuna.storages import RDBStorage
from optuna.storages._rdb.models import BaseModel as Studies
from sqlalchemy import event

SQLITE = "sqlite:///"
LOCATIONS = (  # columns of MLflow's tables that hold absolute paths of artifacts
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def create_missing(tracking_uri: str, studies_url: str) -> None:
    """Make the SQLite databases that are not there yet; call it under a lock."""
    builders: dict[str, Callable[[str], None]] = {tracking_uri: create_tracking, studies_url: create_studies}
    for url, build in builders.items():
        if url.startswith(SQLITE) and is_incomplete(Path(url.removeprefix(SQLITE))):
            create(Path(url.removeprefix(SQLITE)), build)


def is_incomplete(path: Path) -> bool:
    """Whether a database is not there, or is what is left of a making that was cut short: no run and no study."""
    if not path.exists():
        return True
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        rows = [
            connection.execute(f"select 1 from {table} limit 1").fetchone()
            for table in tables & {"runs", "trials", "studies", "trace_info", "registered_models"}
        ]
        if any(rows):
            return False
        known = {*Tracking.metadata.tables, *Studies.metadata.tables, "alembic_version"}
        if any(name not in known and not name.startswith("_alembic_tmp_") for name in tables):
            return False  # not ours to make again
        found = connection.execute("select version_num from alembic_version") if "alembic_version" in tables else []
        return {version for (version,) in found} not in ({revision} for revision in schema_revisions())


@cache
def schema_revisions() -> tuple[str, str]:
    """The schema's revision of a complete database: MLflow's and Optuna's; the installed libraries decide it."""
    storage: Any = optuna_storage("sqlite:///:memory:")
    return _get_latest_schema_revision(), storage.get_head_version()


def create(path: Path, build: Callable[[str], None]) -> None:
    """Make a database complete under another name, then move it into place."""
    new = path.with_name(f"{path.name}.new")
    for left_over in [*path.parent.glob(f"{new.name}*"), *path.parent.glob(f"{path.name}-*")]:
        left_over.unlink()
    build(sqlite_url(new))
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # persists in the file
    new.replace(path)


def create_tracking(url: str) -> None:
    """MLflow's tables, with absolute artifact locations beside the database."""
    root = Path(url.removeprefix(SQLITE)).parent
    untyped: Any = SqlAlchemyStore
    untyped(url, (root / "mlruns").as_uri()).engine.dispose()


def create_studies(url: str) -> None:
    """Optuna's tables."""
    optuna_storage(url).engine.dispose()


def optuna_storage(url: str, busy_seconds: float = 60) -> RDBStorage:
    """Optuna's storage at a URL; on SQLite a writer waits rather than fails."""
    if url.startswith(SQLITE):
        return RDBStorage(url, engine_kwargs={"connect_args": {"timeout": busy_seconds}})
    return RDBStorage(url, engine_kwargs={"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}})


def patient_client(uri: str, busy_seconds: float) -> MlflowClient:
    """MLflow's client; on SQLite its writers wait as long as Optuna's, not the 20 s that each session of it sets."""
    client = MlflowClient(tracking_uri=uri)
    if uri.startswith(SQLITE):
        engine = client._tracking_client.store.engine

        @event.listens_for(engine, "before_cursor_execute", retval=True)
        def patient(_: Any, __: Any, statement: str, parameters: Any, *more: Any) -> tuple[str, Any]:
            wait = f"busy_timeout = {round(1000 * busy_seconds)}"
            return statement.replace("busy_timeout = 20000", wait), parameters

    return client


def sqlite_url(path: Path) -> str:
    """URL of a SQLite database at an absolute path."""
    return f"{SQLITE}{path}"


def original_folder(root: Path) -> Path | None:
    """The folder that a store was made in, where that is another than the one it is in now.

    MLflow keeps absolute artifact locations; that of its first experiment says where the store was made.
    """
    with closing(sqlite3.connect(root / "mlflow.db")) as connection:
        first = connection.execute("select artifact_location from experiments where experiment_id = 0").fetchone()
    location = str(first[0]) if first else ""
    made = location.removesuffix("/mlruns/0")
    if made == location or not made.startswith("file:///") or made == root.as_uri():
        return None
    return Path(unquote(urlparse(made).path))


def relocate(root: Path) -> int:
    """Point a moved store's artifact locations to the folder it is in now; how many were changed."""
    old = original_folder(root)
    if old is None:
        return 0
    before, after = f"{old.as_uri()}/mlruns/", f"{root.as_uri()}/mlruns/"
    changed = 0
    with closing(sqlite3.connect(root / "mlflow.db", timeout=60)) as connection, connection:
        for table, column in LOCATIONS:
            found = connection.execute(
                f"update {table} set {column} = ? || substr({column}, ?) where substr({column}, 1, ?) = ?",
                (after, len(before) + 1, len(before), before),
            )
            changed += found.rowcount
    return changed
