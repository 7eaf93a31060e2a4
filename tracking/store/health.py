"""Checks of a store's databases and disk, and the upgrade of a schema."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tracking.store.database_file import find_damage, is_there, read_revision
from tracking.store.databases import is_incomplete
from tracking.store.error_translation import translate_errors
from tracking.store.library_internals import (
    all_revisions,
    schema_revisions,
    upgrade_mlflow_database,
    upgrade_optuna_database,
)
from tracking.store.urls import sqlite_url

DATABASES = ("mlflow.db", "optuna.db")


class DatabaseProblem(NamedTuple):
    """What is wrong with a database.

    Parameters
    ----------
    name : str
        Name of its file.
    what : str
        What is wrong, as the end of a sentence that begins with the name.
    advice : str
        What to do.
    is_schema : bool
        Whether only its schema is another one.
    can_upgrade : bool
        Whether the installed library can bring its schema to the required one.
    """

    name: str
    what: str
    advice: str
    is_schema: bool = True
    can_upgrade: bool = False


def find_database_problems(folder: Path) -> Iterator[DatabaseProblem]:
    """Yield the problems of the databases in a folder, of those that are there; nothing is written."""
    for name, head in zip(DATABASES, schema_revisions(), strict=True):
        path = folder / name
        if not is_there(path):
            continue
        damage = find_damage(path, thorough=True)
        if damage:
            advice = "restore it from a backup, or name another store with --store"
            yield DatabaseProblem(name, f"is damaged: {damage}", advice, is_schema=False)
            continue
        revision = read_revision(path)
        if revision != head:
            yield schema_problem(path, revision, head)


def schema_problem(path: Path, revision: str, head: str) -> DatabaseProblem:
    """Return the problem of a database with another schema, and what to do about it."""
    what = f"has the schema {revision}, not {head}"
    if is_incomplete(path):
        return DatabaseProblem(path.name, f"{what}, and no records", "delete it: linrnn creates it again")
    if revision in all_revisions()[DATABASES.index(path.name)]:
        return DatabaseProblem(path.name, what, "upgrade it (a backup copy remains next to it)", can_upgrade=True)
    advice = "restore it from a backup, or upgrade linrnn if a newer version wrote it"
    return DatabaseProblem(path.name, what, advice)


def upgrade(path: Path) -> None:
    """Upgrade a database to the required schema; keep a copy of the original in the same folder."""
    with translate_errors(f"cannot upgrade {path.name}", "restore it from a backup", False):
        shutil.copy2(path, path.with_name(f"{path.name}.before-upgrade"))
        if path.name == "mlflow.db":
            upgrade_mlflow_database(sqlite_url(path))
        else:
            upgrade_optuna_database(sqlite_url(path))


def leftover_files(folder: Path) -> list[Path]:
    """Return the files of interrupted creations of databases; call it while no process creates one."""
    return sorted(folder.glob("*.db.new*"))


def free_bytes(folder: Path) -> int:
    """Return the free space on the disk of a folder."""
    return shutil.disk_usage(folder).free
