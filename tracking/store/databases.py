"""The two databases: created atomically, checked, and repaired when their folder was moved."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tracking.store.database_file import open_for_reading
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


def create_databases(addresses: Sequence[str]) -> None:
    """Create the SQLite databases, of runs and maybe of studies, that are not complete; call it under a lock."""
    for url, build in zip(addresses, (build_mlflow, build_optuna), strict=False):
        path = sqlite_path(url)
        if path and is_incomplete(path):
            create(path, build)


def is_incomplete(path: Path) -> bool:
    """Whether a database does not exist or is what an interrupted creation left: without any run or study."""
    if not path.exists():
        return True
    with open_for_reading(path) as connection:
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


class Move(NamedTuple):
    """The folder that a store was created in, and the one that it is in now."""

    old: Path
    new: Path

    @property
    def prefixes(self) -> tuple[str, str]:
        """What the URLs of artifacts begin with, as they are recorded and as they are now."""
        return f"{file_url(self.old)}/mlruns/", f"{file_url(self.new)}/mlruns/"

    def apply(self, location: str) -> str:
        """Return the present URL of artifacts; unchanged where they are not in the store's present folder."""
        old, new = self.prefixes
        if not location.startswith(old):
            return location
        present = new + location.removeprefix(old)
        path = file_path(present)
        return present if path and path.exists() else location


def find_move(connection: sqlite3.Connection, root: Path) -> Move | None:
    """Return whence the store of a database was moved to a folder, or None where it was created there.

    MLflow records absolute artifact locations; that of its first experiment is in the store's original folder.
    """
    row = connection.execute(FIRST_LOCATION).fetchone()
    artifacts = file_path(str(row[0])) if row else None
    if artifacts is None or artifacts.parts[-2:] != ("mlruns", "0") or artifacts == root / "mlruns" / "0":
        return None
    return Move(artifacts.parent.parent, root)


def original_folder(root: Path) -> Path | None:
    """Return the folder that a store was created in, or None where it is still there."""
    with open_for_reading(root / "mlflow.db") as connection:
        move = find_move(connection, root)
    return move.old if move else None


def relocate(root: Path) -> int:
    """Point a moved store's artifact locations to the folder it is in now; return how many were changed."""
    with closing(sqlite3.connect(root / "mlflow.db", timeout=BUSY_SECONDS)) as connection, connection:
        move = find_move(connection, root)
        return replace_locations(connection, *move.prefixes) if move else 0
