"""The store: `mlflow.db`, `mlruns/` and `optuna.db` in one folder, or a team's servers in their place."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import optuna
from filelock import FileLock
from mlflow import MlflowClient
from optuna.storages import RDBStorage

from linrnn.errors import ConfigError
from tracking.store.databases import create_missing, optuna_storage, original_folder, patient_client, sqlite_url
from tracking.store.locks import advisory_lock, hold_locks, lock_file
from tracking.store.store_errors import LockConflictError, StoreError, translate_errors

BUSY_SECONDS = 60  # how long a writer waits for another
ADVICE = "mend that or name another store with --store"


@dataclass(frozen=True)
class Store:
    """Where runs and studies are kept; `tracking_uri` and `studies_url` are absolute."""

    folder: Path
    tracking_uri: str
    studies_url: str

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's own client, with no process-global run."""
        return patient_client(self.tracking_uri, BUSY_SECONDS)

    @cached_property
    def experiment_ids(self) -> dict[str, str]:
        """Cache of the ids of MLflow experiments, by name."""
        return {}

    @cached_property
    def studies(self) -> RDBStorage:
        """Optuna's storage."""
        return optuna_storage(self.studies_url, BUSY_SECONDS)

    @property
    def local(self) -> bool:
        """Whether runs are in this folder, not on a server."""
        return self.tracking_uri.startswith("sqlite:")

    @property
    def remote(self) -> bool:
        """Whether a server, which can go away and come back, keeps runs or studies."""
        return not (self.local and self.studies_url.startswith("sqlite:"))

    @property
    def name(self) -> str:
        """Where the store is, for people."""
        return str(self.folder) if self.local else self.tracking_uri

    def reading(self) -> AbstractContextManager[None]:
        """Errors of the libraries, in a body that reads, as one StoreError."""
        return translate_errors(f"cannot read the store {self.name}", ADVICE, self.remote)

    def writing(self) -> AbstractContextManager[None]:
        """Errors of the libraries, in a body that writes, as one StoreError."""
        return translate_errors(
            f"cannot write to the store {self.name}", "mend that and run the same again", self.remote
        )

    def lock(self, names: Sequence[str], wait: float = 0) -> AbstractContextManager[None]:
        """Hold the locks of these names in a body; TakenError when another process keeps one longer than `wait` s."""
        return hold_locks(self.folder, self.studies_url, names, wait)

    def free(self, names: Sequence[str]) -> bool:
        """Whether nobody holds any of these locks now."""
        try:
            with self.lock(names):
                return True
        except LockConflictError:
            return False


def open_store(folder: str | Path | None = None, studies: str | None = None) -> Store:
    """The store in a folder (default: the current one, or the server that MLFLOW_TRACKING_URI names).

    Made if it is not there yet. `studies` is the URL of a PostgreSQL database that keeps the studies instead.
    StoreError where it cannot be read and written, and where its folder was moved.
    """
    store = check_store(folder, studies, whole=True)
    refuse_moved(store)
    return store


def check_store(folder: str | Path | None, studies: str | None, whole: bool) -> Store:
    """The store, able to be read and written; its studies, too, where it is asked for `whole`."""
    silence_libraries()
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    store = Store(root, server or sqlite_url(root / "mlflow.db"), studies_database(studies, root))
    remote = server or studies
    with translate_errors(f"cannot use the store {store.name}", "name another with --store", bool(remote)):
        if not server:
            root.mkdir(parents=True, exist_ok=True)
        if whole or not server:
            with creation_lock(store):
                create_missing(store.tracking_uri, store.studies_url)
        store.client.search_experiments(max_results=1)
        if whole:
            store.studies.get_all_studies()
    return store


def refuse_moved(store: Store) -> None:
    """StoreError for a folder that is not where its store was made: its runs would miss their files."""
    own = store.tracking_uri == sqlite_url(store.folder / "mlflow.db")
    old = original_folder(store.folder) if own else None
    if old:
        raise StoreError(f"the store {store.folder} was moved here from {old}: mend its paths with linrnn doctor --fix")


def existing_store(folder: str | Path | None = None) -> Store:
    """The runs of the store in a folder that has one, for those who only read them; StoreError where none is."""
    require_store(folder)
    store = check_store(folder, None, whole=False)
    refuse_moved(store)
    return store


def require_store(folder: str | Path | None = None) -> None:
    """StoreError where a folder has no store, and no server is named in its place."""
    root = Path(folder or ".").resolve()
    server = None if folder else os.environ.get("MLFLOW_TRACKING_URI")
    if not server and not (root / "mlflow.db").exists():
        raise StoreError(f"no store in {root}: make one with linrnn sweep, or name another folder with --store")


def studies_database(studies: str | None, root: Path) -> str:
    """The URL of the studies, SQLite beside the runs unless PostgreSQL is named."""
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
    """One process at a time makes the tables."""
    if store.studies_url.startswith("sqlite:") or store.local:
        with FileLock(lock_file(store.folder, "store"), timeout=BUSY_SECONDS):
            yield
    else:
        with advisory_lock(store.studies_url, "store", BUSY_SECONDS):
            yield


def silence_libraries() -> None:
    """Keep the libraries' routine messages off the user's terminal, and leave waiting for a server to us."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for name in ("mlflow", "alembic", "urllib3", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
