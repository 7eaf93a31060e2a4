"""A SQLite database as a file: opened for reading only, and checked before a library opens it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tracking.store.disk import describe_type
from tracking.store.error_translation import first_line, translate_errors
from tracking.store.library_internals import BUSY_SECONDS, read_revisions
from tracking.store.urls import file_url
from tracking.store_errors import StoreError

RESTORE = "restore it from a backup, or name another store with --store"


def open_for_reading(path: Path) -> closing[sqlite3.Connection]:
    """Open a database that exists, for reading only; it is closed after the body."""
    return closing(sqlite3.connect(f"{file_url(path)}?mode=ro", uri=True, timeout=BUSY_SECONDS))


@contextmanager
def read_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only; errors of SQLite in the body are StoreErrors."""
    with translate_errors(f"cannot read the database {path}", RESTORE, False), open_for_reading(path) as connection:
        yield connection


def has_schema(path: Path, revision: str) -> bool:
    """Whether a database is there, whole, and of a schema."""
    try:
        with read_database(path) as connection:
            return read_revisions(connection) == {revision}
    except StoreError:
        return False


def is_there(path: Path) -> bool:
    """Whether anything has the name of a database, a link that leads nowhere included."""
    return os.path.lexists(path)


def find_damage(path: Path, thorough: bool = False) -> str | None:
    """Return what is wrong with a database that is there, or None: that it is no plain file, empty, or not readable.

    `thorough` reads all of its pages, and not the first ones alone.
    """
    try:
        if not path.is_file():
            return f"it is {describe_type(path)}, not a plain file"
        if not path.stat().st_size:
            return "it is empty"
        with open_for_reading(path) as connection:
            read_revisions(connection)
            first = str(connection.execute("pragma quick_check(1)").fetchone()[0]) if thorough else "ok"
    except (OSError, sqlite3.Error) as error:
        return first_line(error)
    return None if first == "ok" else first.rpartition("\n")[2]


def require_sound(path: Path, thorough: bool = False) -> None:
    """Raise StoreError for a damaged database."""
    damage = find_damage(path, thorough)
    if damage:
        raise StoreError(f"cannot use the database {path}: {damage}; {RESTORE}")


def read_revision(path: Path) -> str:
    """Return the revision of a database's schema, as text: several where it names several, `none` without one."""
    with open_for_reading(path) as connection:
        return ", ".join(sorted(read_revisions(connection))) or "none"


def require_schema(path: Path, head: str) -> None:
    """Raise StoreError for a database whose schema is another one than the installed library's."""
    revision = read_revision(path)
    if revision != head:
        raise StoreError(
            f"cannot use the database {path}: it has the schema {revision}, not {head}; linrnn doctor says what to do"
        )
