"""Locks that a dead holder does not keep: the file system's for a folder, PostgreSQL's for a team's studies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tracking.store.store_errors import LockConflictError

SINGLE = "train"  # the lock of those who write the run of one trial that is in no study
POLL_SECONDS = 0.2


@contextmanager
def hold_locks(folder: Path, studies_url: str, names: Sequence[str], wait: float = 0) -> Iterator[None]:
    """Hold the locks of these names; TakenError when another process holds one for longer than `wait` seconds."""
    with ExitStack() as stack:
        for name in sorted(names):  # all in one order, so that two who wait do not wait for each other
            stack.enter_context(hold_lock(folder, studies_url, name, wait))
        yield


@contextmanager
def hold_lock(folder: Path, studies_url: str, name: str, wait: float) -> Iterator[None]:
    """One lock, where the studies are kept."""
    if studies_url.startswith("postgresql"):
        with advisory_lock(studies_url, name, wait):
            yield
    else:
        try:
            with FileLock(lock_file(folder, name), timeout=wait):
                yield
        except Timeout as error:
            raise lock_conflict(name) from error


def lock_file(folder: Path, name: str) -> Path:
    """The file of a lock; it stays, and is held only while its holder lives."""
    path = folder / ".linrnn" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def advisory_lock(url: str, name: str, wait: float) -> Iterator[None]:
    """A session's advisory lock of PostgreSQL, which ends with its connection."""
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
    """The error for a lock that another process holds."""
    return LockConflictError(f"another process is at it: {name}; wait for it, or name another store with --store")
