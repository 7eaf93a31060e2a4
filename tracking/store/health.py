"""What is amiss in a store, and what there is of it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
from mlflow.store.db.utils import _upgrade_db
from sqlalchemy import create_engine

from tracking.store.databases import SQLITE, schema_revisions


def schemas(folder: Path) -> dict[str, tuple[str, str]]:
    """Name of each database that is there -> its schema's revision and the one that is needed."""
    needed = dict(zip(("mlflow.db", "optuna.db"), schema_revisions(), strict=True))
    return {name: (revision(folder / name), head) for name, head in needed.items() if (folder / name).exists()}


def revision(path: Path) -> str:
    """The revision of a database's schema."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("select name from sqlite_master where name = 'alembic_version'").fetchall()
        rows = connection.execute("select version_num from alembic_version").fetchall() if tables else []
    return str(rows[0][0]) if rows else "none"


def upgrade(path: Path) -> None:
    """Bring a database to the schema that is needed, keeping a copy of it as it was beside it."""
    shutil.copy2(path, path.with_name(f"{path.name}.before-upgrade"))
    if path.name == "mlflow.db":
        engine = create_engine(f"{SQLITE}{path}")
        _upgrade_db(engine)
        engine.dispose()
    else:
        optuna.storages.RDBStorage(f"{SQLITE}{path}", skip_compatibility_check=True).upgrade()


def integrity_error(path: Path) -> str | None:
    """What SQLite finds wrong in a database file; None where nothing is."""
    with closing(sqlite3.connect(path)) as connection:
        first = str(connection.execute("pragma quick_check(1)").fetchone()[0])
    return None if first == "ok" else first


def leftover_files(folder: Path) -> list[Path]:
    """Databases that were being made when their process ended; call it with nobody making one."""
    return sorted(folder.glob("*.db.new*"))


def free_bytes(folder: Path) -> int:
    """Space left on the disk of a folder."""
    return shutil.disk_usage(folder).free
