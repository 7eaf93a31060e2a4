"""The store: `mlflow.db`, `mlruns/` and `optuna.db` in one folder, or a team's servers in their place."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from linrnn.errors import ConfigError
from tracking.schema import SWEEPS as SWEEPS
from tracking.store.databases import create_databases, original_folder
from tracking.store.error_translation import translate_errors
from tracking.store.library_internals import BUSY_SECONDS, mlflow_client, optuna_storage
from tracking.store.locks import advisory_lock, hold_locks, lock_file
from tracking.store.run_search import ClientSearch, RunSearch
from tracking.store.run_table import RunTable
from tracking.store.study_table import OptunaTrial, StudyTable, storage_trials
from tracking.store.urls import is_sqlite, sqlite_path, sqlite_url
from tracking.store_errors import LockConflictError, StoreError

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
    tracking_uri: str
    studies_url: str

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
        """Return the trials of all studies by the study's name."""
        path = self.studies_database
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
        """The folder, or the server's address."""
        return str(self.folder) if self.is_local else self.tracking_uri

    def read_errors(self) -> AbstractContextManager[None]:
        """Translate the libraries' errors, in a body that reads, to one StoreError."""
        return translate_errors(f"cannot read the store {self.name}", REPAIR, self.is_remote)

    def write_errors(self) -> AbstractContextManager[None]:
        """Translate the libraries' errors, in a body that writes, to one StoreError."""
        advice = "repair that and run the same command again"
        return translate_errors(f"cannot write to the store {self.name}", advice, self.is_remote)

    def lock(self, names: Sequence[str], wait: float = 0) -> AbstractContextManager[None]:
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
        """
        return hold_locks(self.folder, self.studies_url, names, wait)

    def is_unlocked(self, names: Sequence[str]) -> bool:
        """Whether no process holds any of these locks now."""
        try:
            with self.lock(names):
                return True
        except LockConflictError:
            return False


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
    silence_mlflow()
    silence_optuna()
    store = locate_store(folder, studies)
    root, server = store.folder, store.tracking_uri != sqlite_url(store.folder / "mlflow.db")
    with translate_errors(f"cannot use the store {store.name}", "name another with --store", bool(server or studies)):
        if not server:
            root.mkdir(parents=True, exist_ok=True)
        if read_studies or not server:
            with creation_lock(store):
                create_databases(store.tracking_uri, store.studies_url)
        if not (store.database and RunTable(store.database).is_readable()):  # MLflow takes seconds to say the same
            store.client.search_experiments(max_results=1)
        if read_studies:
            store.studies.get_all_studies()
    return store


def locate_store(folder: str | Path | None, studies: str | None = None) -> Store:
    """Return a store, without looking whether it is there."""
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    return Store(root, server or sqlite_url(root / "mlflow.db"), resolve_studies_url(studies, root))


def check_location(store: Store) -> None:
    """Raise StoreError for a store whose folder was moved: its runs would miss their files."""
    is_own = store.tracking_uri == sqlite_url(store.folder / "mlflow.db")
    old = original_folder(store.folder) if is_own else None
    if old:
        raise StoreError(
            f"the store {store.folder} was moved here from {old}: repair its paths with linrnn doctor --fix"
        )


def existing_store(folder: str | Path | None = None) -> Store:
    """Open the runs of a store for reading; StoreError where there is none.

    MLflow is not loaded for a local database of the schema that is read without it.
    """
    require_store(folder)
    store = readable_store(folder)
    check_location(store)
    return store


def readable_store(folder: str | Path | None, studies: str | None = None, read_studies: bool = False) -> Store:
    """Open a store for reading, moved or not; MLflow and Optuna are loaded only where they have to be."""
    store = locate_store(folder, studies)
    runs, trials = store.database, store.studies_database
    has_runs = runs is not None and RunTable(runs).is_readable()
    has_trials = not read_studies or (trials is not None and StudyTable(trials).is_readable())
    return store if has_runs and has_trials else check_store(folder, studies, read_studies)


def require_store(folder: str | Path | None = None) -> None:
    """Raise StoreError where a folder has no store and no server is named in its place."""
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    if not server and not (root / "mlflow.db").exists():
        raise StoreError(f"no store in {root}: create one with linrnn sweep, or name another folder with --store")


def resolve_studies_url(studies: str | None, root: Path) -> str:
    """Return the URL of the studies: SQLite in the store's folder unless a PostgreSQL URL is given."""
    if studies is None:
        return sqlite_url(root / "optuna.db")
    if not studies.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ConfigError(f"--studies takes a URL such as postgresql://user:password@host:5432/name, not {studies!r}")
    try:
        import psycopg  # noqa: F401 the driver that SQLAlchemy asks for
    except ImportError as error:
        raise ConfigError("--studies needs the extra `postgres`: pip install 'linrnn[postgres]'") from error
    return studies


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
