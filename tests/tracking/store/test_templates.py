"""The SQL of empty databases is what the migrations of the installed libraries leave.

`python -m tests.tracking.store.test_templates` writes it anew after an upgrade.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from tracking.store import library_internals as internals
from tracking.store.databases import is_incomplete
from tracking.store.urls import sqlite_url

LIBRARIES = ("mlflow", "optuna")


def migrate(library: str, path: Path) -> None:
    """Create a database by the library's migrations."""
    if library == "mlflow":
        internals.migrate_mlflow_database(sqlite_url(path), "mlruns")
    else:
        internals.migrate_optuna_database(sqlite_url(path))


def dump(library: str, path: Path) -> str:
    """Return a database as SQL, without the times of its creation."""
    with closing(sqlite3.connect(path)) as connection:
        if library == "mlflow":
            connection.execute(internals.DEFAULT_EXPERIMENT, ("mlruns/0", 0, 0))
        return "\n".join([*connection.iterdump(), ""])


def definitions(sql: str) -> list[str]:
    """Return columns, constraints, indices and rows; the libraries create them in an order that differs at times."""
    return sorted(line.strip(" ,\t") for line in sql.splitlines())


@pytest.mark.long
@pytest.mark.parametrize("library", LIBRARIES)
def test_templates_are_what_the_migrations_leave(library: str, tmp_path: Path) -> None:
    path = tmp_path / "migrated.db"
    migrate(library, path)
    advice = f"{library} was upgraded: python -m {__spec__.name if __spec__ else __name__}"
    template = (internals.TEMPLATES / f"{library}.sql").read_text()
    assert definitions(template) == definitions(dump(library, path)), advice


def test_a_database_from_a_template_is_complete_and_has_its_own_root_of_artifacts(tmp_path: Path) -> None:
    runs, studies = tmp_path / "mlflow.db", tmp_path / "optuna.db"
    internals.create_mlflow_database(sqlite_url(runs), "file:///it's here")
    internals.create_optuna_database(sqlite_url(studies))
    assert not is_incomplete(runs)
    assert not is_incomplete(studies)
    with closing(sqlite3.connect(runs)) as connection:
        location, created = connection.execute("select artifact_location, creation_time from experiments").fetchone()
    assert location == "file:///it's here/0"
    assert created > 1.7e12  # milliseconds: in this century


def test_another_version_of_a_library_makes_its_own_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(internals.SUPPORTED, "optuna", "4.9")
    path = tmp_path / "optuna.db"
    assert not internals.create_from_template(sqlite_url(path), "optuna", {})
    assert not path.exists()
    internals.create_optuna_database(sqlite_url(path))
    assert not is_incomplete(path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for each in LIBRARIES:
            migrate(each, Path(folder, each))
            (internals.TEMPLATES / f"{each}.sql").write_text(dump(each, Path(folder, each)))
