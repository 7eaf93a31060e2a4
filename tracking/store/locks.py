"""Locks that end with the process that holds them: of the file system for a folder, of PostgreSQL for a team."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

from tracking.store.disk import to_file_name
from tracking.store_errors import LockConflictError

SINGLE = "train"  # the lock for writing a trial that belongs to no study
POLL_SECONDS = 0.2


@contextmanager
def hold_locks(folder: Path, studies_url: str, names: Sequence[str], wait: float = 0) -> Iterator[None]:
    """Hold locks; LockConflictError when another process holds one of them for longer than `wait` seconds."""
    with ExitStack() as stack:
        for name in sorted(names):  # in the same order everywhere, against deadlocks
            stack.enter_context(hold_lock(folder, studies_url, name, wait))
        yield


@contextmanager
def hold_lock(folder: Path, studies_url: str, name: str, wait: float) -> Iterator[None]:
    """Hold one lock, stored with the studies."""
    from filelock import FileLock, Timeout

    if studies_url.startswith("postgresql"):
        with advisory_lock(studies_url, name, wait):
            yield
    else:
        try:
            with FileLock(lock_file(folder, name), timeout=wait):
                yield
        except Timeout as error:
            raise lock_conflict(name) from error


def is_free(folder: Path, studies_url: str, name: str) -> bool:
    """Whether no process holds a lock; one that nobody has ever held is not created."""
    if not studies_url.startswith("postgresql") and not lock_path(folder, name).exists():
        return True
    try:
        with hold_lock(folder, studies_url, name, 0):
            return True
    except LockConflictError:
        return False


def lock_file(folder: Path, name: str) -> Path:
    """Return the file of a lock; it remains when the lock is released."""
    path = lock_path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def lock_path(folder: Path, name: str) -> Path:
    """Return the path of a lock's file, which may not be there."""
    return folder / ".linrnn" / f"{to_file_name(name)}.lock"


@contextmanager
def advisory_lock(url: str, name: str, wait: float) -> Iterator[None]:
    """Hold a session's advisory lock of PostgreSQL, which ends with its connection."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    key = int.from_bytes(sha256(f"linrnn {name}".encode()).digest()[:8], signed=True)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    deadline = time.monotonic() + wait
    with engine.connect() as connection:
        while not connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            if time.monotonic() >= deadline:
                raise lock_conflict(name)
            time.sleep(POLL_SECONDS)
        yield


def lock_conflict(name: str) -> LockConflictError:
    """Return the error for a lock that another process holds."""
    return LockConflictError(
        f"{name} is locked by another linrnn process: wait until it finishes, or name another store with --store"
    )
