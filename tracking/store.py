"""The store: `mlflow.db`, `mlruns/` and `optuna.db` in one folder, or a team's MLflow server."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from optuna.storages import RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from linrnn.errors import LinrnnError

SWEEPS = "sweeps"  # the MLflow experiment that holds one run a sweep
BUSY_SECONDS = 60  # how long a writer waits for another


class StoreError(LinrnnError):
    """A store that cannot be opened, read or written."""

    exit_code = 6


@dataclass(frozen=True)
class Store:
    """Where runs and studies are kept; `tracking_uri` and `studies_url` are absolute."""

    folder: Path
    tracking_uri: str
    studies_url: str

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's own client, with no process-global run."""
        return MlflowClient(tracking_uri=self.tracking_uri)

    @cached_property
    def known(self) -> dict[str, str]:
        """Ids of the experiments asked for so far, by name."""
        return {}

    @cached_property
    def studies(self) -> RDBStorage:
        """Optuna's storage."""
        return optuna_storage(self.studies_url)

    def experiment(self, name: str) -> str:
        """Id of the MLflow experiment of that name, made when it is first asked for."""
        if name not in self.known:
            self.known[name] = self.find_experiment(name)
        return self.known[name]

    def find_experiment(self, name: str) -> str:
        """That id, from MLflow."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        local = self.tracking_uri.startswith("sqlite:")
        location = (self.folder / "mlruns" / name).as_uri() if local else None
        return self.client.create_experiment(name, artifact_location=location)


def open_store(folder: str | Path | None = None) -> Store:
    """The store in a folder (default: the current one, or the server that MLFLOW_TRACKING_URI names).

    Made if it is not there yet. StoreError where it cannot be read and written.
    """
    quiet()
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    databases: dict[Path, Callable[[str], None]] = {root / "optuna.db": create_studies}
    if not server:
        databases[root / "mlflow.db"] = create_tracking
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / ".linrnn.lock", timeout=BUSY_SECONDS):
            for path, build in databases.items():
                if not path.exists():
                    create(path, build)
        store = Store(root, server or sqlite_url(root / "mlflow.db"), sqlite_url(root / "optuna.db"))
        store.client.search_experiments(max_results=1)
        store.studies.get_all_studies()
    except (OSError, sqlite3.Error, SQLAlchemyError, MlflowException) as error:
        raise StoreError(f"cannot use the store in {root}: {first_line(error)}; name another with --store") from error
    return store


def existing_store(folder: str | Path | None = None) -> Store:
    """The store in a folder that has one; StoreError where none is."""
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    if not server and not (root / "mlflow.db").exists():
        raise StoreError(f"no store in {root}: make one with linrnn sweep, or name another folder with --store")
    return open_store(folder)


def create(path: Path, build: Callable[[str], None]) -> None:
    """Make a database complete under another name, then move it into place."""
    new = path.with_name(f"{path.name}.new")
    for left_over in path.parent.glob(f"{new.name}*"):
        left_over.unlink()
    build(sqlite_url(new))
    connection = sqlite3.connect(new)
    connection.execute("PRAGMA journal_mode=WAL")  # persists in the file
    connection.close()
    new.replace(path)


def create_tracking(url: str) -> None:
    """MLflow's tables, with absolute artifact locations beside the database."""
    root = Path(url.removeprefix("sqlite:///")).parent
    untyped: Any = SqlAlchemyStore
    untyped(url, (root / "mlruns").as_uri()).engine.dispose()


def create_studies(url: str) -> None:
    """Optuna's tables."""
    optuna_storage(url).engine.dispose()


def optuna_storage(url: str) -> RDBStorage:
    """Optuna's storage at a URL; on SQLite a writer waits rather than fails."""
    arguments = {"timeout": BUSY_SECONDS} if url.startswith("sqlite:") else {}
    return RDBStorage(url, engine_kwargs={"connect_args": arguments})


def sqlite_url(path: Path) -> str:
    """URL of a SQLite database at an absolute path."""
    return f"sqlite:///{path}"


def first_line(error: Exception) -> str:
    """The first line of an error's text, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def quiet() -> None:
    """Keep the libraries' routine messages off the user's terminal."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
