"""Checks of a store's databases and disk, and the upgrade of a schema."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tracking.store.library_internals import (
    read_revisions,
    schema_revisions,
    upgrade_mlflow_database,
    upgrade_optuna_database,
)
from tracking.store.urls import sqlite_url


def read_schemas(folder: Path) -> dict[str, tuple[str, str]]:
    """Return, by the name of each database that exists, the revision of its schema and the required one."""
    required = dict(zip(("mlflow.db", "optuna.db"), schema_revisions(), strict=True))
    return {name: (read_revision(folder / name), head) for name, head in required.items() if (folder / name).exists()}


def read_revision(path: Path) -> str:
    """Return the revision of a database's schema."""
    with closing(sqlite3.connect(path)) as connection:
        return ", ".join(sorted(read_revisions(connection))) or "none"


def upgrade(path: Path) -> None:
    """Upgrade a database to the required schema; keep a copy of the original in the same folder."""
    shutil.copy2(path, path.with_name(f"{path.name}.before-upgrade"))
    if path.name == "mlflow.db":
        upgrade_mlflow_database(sqlite_url(path))
    else:
        upgrade_optuna_database(sqlite_url(path))


def integrity_error(path: Path) -> str | None:
    """Return the first error that SQLite finds in a database file, or None."""
    with closing(sqlite3.connect(path)) as connection:
        first = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    return None if first == "ok" else first


def leftover_files(folder: Path) -> list[Path]:
    """Return the files of interrupted creations of databases; call it while no process creates one."""
    return sorted(folder.glob("*.db.new*"))


def free_bytes(folder: Path) -> int:
    """Return the free space on the disk of a folder."""
    return shutil.disk_usage(folder).free
