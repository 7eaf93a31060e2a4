"""The store: `mlflow.db`, `mlruns/` and `optuna.db` in one folder, or a team's servers in their place."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tracking.schema import SWEEPS as SWEEPS
from tracking.store.database_file import is_there, read_revision, require_schema, require_sound
from tracking.store.databases import create_databases, is_incomplete, original_folder
from tracking.store.error_translation import translate_errors
from tracking.store.library_internals import (
    BUSY_SECONDS,
    mlflow_client,
    mlflow_engine,
    optuna_storage,
    schema_revisions,
)
from tracking.store.locks import advisory_lock, hold_locks, is_free, lock_file
from tracking.store.run_rows import RunRows
from tracking.store.run_search import ClientSearch, RunSearch
from tracking.store.run_table import RunTable
from tracking.store.server_address import read_address, require_server, require_studies, resolve_studies_url
from tracking.store.study_table import OptunaTrial, StudyTable, storage_trials
from tracking.store.urls import hide_passwords, is_sqlite, sqlite_path, sqlite_url
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from optuna.storages import RDBStorage

REPAIR = "repair that or name another store with --store"


@dataclass(frozen=True)
class Store:
    """Where runs and studies are recorded.

    Parameters
    ----------
    folder : pathlib.Path
        Absolute path of the folder that holds `mlflow.db`, `mlruns/` and `optuna.db`, as far as no server replaces
        them, and the lock files.
    tracking_uri : str
        MLflow's tracking URI: `sqlite:///` with an absolute path, or a server's address.
    studies_url : str
        URL of Optuna's database: `sqlite:///` with an absolute path, or a PostgreSQL database's URL.

    See Also
    --------
    open_store : Opens a store and creates it where needed.
    """

    folder: Path
    tracking_uri: str = field(repr=False)  # both may hold a password
    studies_url: str = field(repr=False)

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's own client, with no process-global run."""
        silence_mlflow()
        return mlflow_client(self.tracking_uri)

    @cached_property
    def runs(self) -> RunSearch:
        """Where runs are found: in a local database itself, elsewhere by MLflow's client."""
        path = self.database
        return RunTable(path) if path else ClientSearch(self.client)

    @cached_property
    def run_rows(self) -> RunRows | None:
        """Where trials are written to a local database itself; None where MLflow's client writes them."""
        path = self.database
        return RunRows(mlflow_engine(self.client)) if path and RunTable(path).is_readable() else None

    @property
    def database(self) -> Path | None:
        """Path of the local database of runs; None where there is a server, or a database in memory."""
        own = self.folder / "mlflow.db"
        return own if self.tracking_uri == sqlite_url(own) else sqlite_path(self.tracking_uri)

    @property
    def studies_database(self) -> Path | None:
        """Path of the local database of studies; None where there is a server."""
        own = self.folder / "optuna.db"
        return own if self.studies_url == sqlite_url(own) else sqlite_path(self.studies_url)

    @cached_property
    def experiment_ids(self) -> dict[str, str]:
        """Cache of the ids of MLflow experiments, by name."""
        return {}

    @cached_property
    def studies(self) -> RDBStorage:
        """Optuna's storage."""
        silence_optuna()
        return optuna_storage(self.studies_url)

    def list_trials(self) -> dict[str, list[OptunaTrial]]:
        """Return the trials of all studies by the study's name; none without a database, which is not created."""
        path = self.studies_database
        if path and not path.exists():
            return {}
        if path and StudyTable(path).is_readable():
            return StudyTable(path).trials()
        return storage_trials(self.studies)

    @property
    def is_local(self) -> bool:
        """Whether runs are recorded in a database file, not by a server."""
        return is_sqlite(self.tracking_uri)

    @property
    def is_remote(self) -> bool:
        """Whether runs or studies are recorded by a server, which can go away and come back."""
        return not (self.is_local and is_sqlite(self.studies_url))

    @property
    def name(self) -> str:
        """The folder, or the server's address without its password."""
        path = self.database
        own = self.folder / "mlflow.db"
        return hide_passwords(self.tracking_uri) if path is None else str(self.folder if path == own else path)

    def read_errors(self) -> AbstractContextManager[None]:
        """Translate the libraries' errors, in a body that reads, to one StoreError."""
        return translate_errors(f"cannot read the store {self.name}", REPAIR, self.is_remote)

    def write_errors(self) -> AbstractContextManager[None]:
        """Translate the libraries' errors, in a body that writes, to one StoreError."""
        advice = "repair that and run the same command again"
        return translate_errors(f"cannot write to the store {self.name}", advice, self.is_remote)

    @contextmanager
    def lock(self, names: Sequence[str], wait: float = 0) -> Iterator[None]:
        """Hold locks, by name, in a body.

        Parameters
        ----------
        names : sequence of str
            Names of studies, or `locks.SINGLE`.
        wait : float
            Seconds to wait for a lock that another process holds.

        Raises
        ------
        LockConflictError
            If another process holds one for longer.
        StoreError
            If the file of a lock cannot be written, or the server of the studies does not answer.
        """
        with ExitStack() as stack:
            with self.write_errors():
                stack.enter_context(hold_locks(self.folder, self.studies_url, names, wait))
            yield

    def is_unlocked(self, names: Sequence[str]) -> bool:
        """Whether no process holds any of these locks now; nothing is written."""
        with self.read_errors():
            return all(is_free(self.folder, self.studies_url, name) for name in names)


def open_store(folder: str | Path | None = None, studies: str | None = None) -> Store:
    """Open a store for reading and writing; create it where it does not exist.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        Folder of `mlflow.db`, `mlruns/` and `optuna.db`. Default: the server that the environment variable
        `MLFLOW_TRACKING_URI` names, else the current folder.
    studies : str, optional
        URL of a PostgreSQL database that holds the studies in place of `optuna.db`.

    Returns
    -------
    Store
        With both databases complete and of the installed libraries' schema.

    Raises
    ------
    StoreError
        If the store cannot be read and written, or its folder was moved (`linrnn doctor --fix` repairs that).
    ConfigError
        If `studies` is no PostgreSQL URL, or its driver is not installed.
    """
    store = check_store(folder, studies, read_studies=True)
    check_location(store)
    return store


def check_store(folder: str | Path | None, studies: str | None, read_studies: bool) -> Store:
    """Open a store and read from it, from its studies only where `read_studies` is true; create what is missing."""
    store = locate_store(folder, studies)
    is_own = store.tracking_uri == sqlite_url(store.folder / "mlflow.db")
    addresses = [store.tracking_uri, *([store.studies_url] if read_studies else [])]
    require_server(store.tracking_uri)
    if read_studies:
        require_studies(store.studies_url)
    silence_mlflow()
    silence_optuna()
    with translate_errors(f"cannot use the store {store.name}", "name another with --store", store.is_remote):
        check_databases(store, read_studies)
        if is_own:
            store.folder.mkdir(parents=True, exist_ok=True)
        if read_studies or is_own:
            with creation_lock(store):
                create_databases(addresses)
        if not (store.database and RunTable(store.database).is_readable()):  # MLflow takes seconds to say the same
            store.client.search_experiments(max_results=1)
        if read_studies:
            store.studies.get_all_studies()
    return store


def check_databases(store: Store, read_studies: bool) -> None:
    """Raise StoreError for a database file that is there, damaged or of another schema; nothing is written."""
    paths = [store.database, *([store.studies_database] if read_studies else [])]
    for path, head in zip(paths, schema_revisions(), strict=False):
        if path and is_there(path):
            require_sound(path, thorough=True)
            if read_revision(path) != head and not is_incomplete(path):
                require_schema(path, head)


def locate_store(folder: str | Path | None, studies: str | None = None) -> Store:
    """Return a store, without looking whether it is there."""
    try:
        root = Path(os.path.realpath(folder or "."))
    except OSError as error:  # of a current folder that was deleted
        raise StoreError(f"the current folder cannot be used ({error.strerror}): name one with --store") from error
    server = None if folder else read_address()
    return Store(root, server or sqlite_url(root / "mlflow.db"), resolve_studies_url(studies, root))


def check_location(store: Store) -> None:
    """Raise StoreError for a store whose folder was moved: what is written would not be beside its database."""
    is_own = store.tracking_uri == sqlite_url(store.folder / "mlflow.db")
    old = original_folder(store.folder) if is_own else None
    if old:
        raise StoreError(
            f"the store {store.folder} was moved here from {old}: repair its paths with linrnn doctor --fix"
        )


def existing_store(folder: str | Path | None = None, studies: str | None = None) -> Store:
    """Open a store for reading, wherever its folder was moved to; StoreError where there is none. Nothing is written.

    MLflow is not loaded for a local database of the schema that is read without it.
    """
    store = locate_store(folder, studies)
    path = store.database
    if path:
        if not is_there(path):
            raise StoreError(
                f"no store in {path.parent}: create one with linrnn sweep, or name another folder with --store"
            )
        require_sound(path)
        if RunTable(path).is_readable():
            return store
    store = check_store(folder, studies, read_studies=False)  # as the client of the installed MLflow reads it
    check_location(store)
    return store


def changeable_store(folder: str | Path | None = None) -> Store:
    """Open a store that exists for reading and writing; StoreError where there is none, or its folder was moved."""
    store = existing_store(folder)
    check_location(store)
    return store


@contextmanager
def creation_lock(store: Store) -> Iterator[None]:
    """Let one process at a time create the tables."""
    from filelock import FileLock

    if store.is_local or is_sqlite(store.studies_url):
        with FileLock(lock_file(store.folder, "store"), timeout=BUSY_SECONDS):
            yield
    else:
        with advisory_lock(store.studies_url, "store", BUSY_SECONDS):
            yield


def silence_optuna() -> None:
    """Hide Optuna's routine messages."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)


def silence_mlflow() -> None:
    """Hide MLflow's routine messages, and shorten its own retries: retry.py waits for servers."""
    for name in ("mlflow", "alembic", "urllib3", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
