"""The two databases: created atomically, checked, and repaired when their folder was moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tracking.store.library_internals import (
    BUSY_SECONDS,
    FIRST_LOCATION,
    RECORD_TABLES,
    create_mlflow_database,
    create_optuna_database,
    read_revisions,
    replace_locations,
    schema_revisions,
    schema_tables,
)
from tracking.store.urls import file_path, file_url, sqlite_path, sqlite_url


def create_databases(tracking_uri: str, studies_url: str) -> None:
    """Create the SQLite databases that are not complete; call it under a lock."""
    builders: dict[str, Callable[[Path], None]] = {tracking_uri: build_mlflow, studies_url: build_optuna}
    for url, build in builders.items():
        path = sqlite_path(url)
        if path and is_incomplete(path):
            create(path, build)


def is_incomplete(path: Path) -> bool:
    """Whether a database does not exist or is what an interrupted creation left: without any run or study."""
    if not path.exists():
        return True
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        if any(connection.execute(f"select 1 from {name} limit 1").fetchone() for name in tables & {*RECORD_TABLES}):
            return False
        if any(name not in schema_tables() and not name.startswith("_alembic_tmp_") for name in tables):
            return False  # another program's
        return read_revisions(connection) not in ({revision} for revision in schema_revisions())


def create(path: Path, build: Callable[[Path], None]) -> None:
    """Create a database under another name, then move it into place."""
    new = path.with_name(f"{path.name}.new")
    for leftover in path.parent.iterdir():
        if leftover.name.startswith((new.name, f"{path.name}-")):
            leftover.unlink()
    build(new)
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # persists in the file
    new.replace(path)


def build_mlflow(path: Path) -> None:
    """Create MLflow's tables; artifact locations are absolute, in the folder of the database."""
    create_mlflow_database(sqlite_url(path), file_url(path.parent / "mlruns"))


def build_optuna(path: Path) -> None:
    """Create Optuna's tables."""
    create_optuna_database(sqlite_url(path))


def original_folder(root: Path) -> Path | None:
    """Return the folder that a store was created in, or None where it is still there.

    MLflow records absolute artifact locations; that of its first experiment is in the store's original folder.
    """
    with closing(sqlite3.connect(root / "mlflow.db")) as connection:
        row = connection.execute(FIRST_LOCATION).fetchone()
    artifacts = file_path(str(row[0])) if row else None
    if artifacts is None or artifacts.parts[-2:] != ("mlruns", "0") or artifacts == root / "mlruns" / "0":
        return None
    return artifacts.parent.parent


def relocate(root: Path) -> int:
    """Point a moved store's artifact locations to the folder it is in now; return how many were changed."""
    old = original_folder(root)
    if old is None:
        return 0
    with closing(sqlite3.connect(root / "mlflow.db", timeout=BUSY_SECONDS)) as connection, connection:
        return replace_locations(connection, f"{file_url(old)}/mlruns/", f"{file_url(root)}/mlruns/")
