"""The leavings of interrupted work in a store on this machine, which nothing reads any more."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from linrnn.errors import ConfigError
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.consistency import run_locks
from tracking.runs.query import find_all_runs
from tracking.store.access import Store
from tracking.store.disk import PathError, resolve_path
from tracking.store.health import leftover_files
from tracking.store.urls import file_path

RUN_ID = re.compile(r"[0-9a-f]{32}")
TEMPORARY = ".linrnn-*"  # files that were being written


class Leaving(NamedTuple):
    """Something that can be deleted: what it is, its size in bytes, and the function that deletes it."""

    what: str
    size: int
    delete: Callable[[], object]


def find_leavings(store: Store) -> list[Leaving]:
    """Return the leavings of a store; ConfigError for one on a server.

    They are runs of trials that were interrupted, with their files; folders of files without a run; and files that were
    being written. What a process works on is none of them.
    """
    if not store.is_local:
        raise ConfigError(f"{store.name} is a server: its own tools clean it (mlflow gc)")
    return [*find_interruptions(store), *find_folders(store), *find_files(store)]


def find_interruptions(store: Store) -> Iterator[Leaving]:
    """Yield the runs of trials that were interrupted: the same sweep trains them again."""
    runs = find_all_runs(store)
    sweeps = {run.run_id: run for run in runs if isinstance(run, SweepRun)}
    for run in runs:
        if not isinstance(run, TrialRun) or run.is_claims or run.is_running or run.is_recorded:
            continue
        if store.is_unlocked(run_locks(run, sweeps)):
            folder = file_path(run.info.artifact_uri)
            own = folder.parent if folder and is_inside(store, folder.parent) else None
            yield Leaving(
                f"run {run.run_id}, {run.name}: interrupted", measure_size(own), partial(drop, store, run, own)
            )


def find_folders(store: Store) -> Iterator[Leaving]:
    """Yield the folders of runs that no database has."""
    for folder in sorted((store.folder / "mlruns").glob("*/*")):
        is_run = folder.is_dir() and not folder.is_symlink() and RUN_ID.fullmatch(folder.name)
        if is_run and store.runs.read(folder.name) is None:
            name = folder.relative_to(store.folder)
            yield Leaving(f"folder {name}: of no run", measure_size(folder), partial(shutil.rmtree, folder))


def find_files(store: Store) -> Iterator[Leaving]:
    """Yield the files that an interrupted process was writing."""
    for path in [*leftover_files(store.folder), *sorted(store.folder.glob(TEMPORARY))]:
        if path.is_file() and not path.is_symlink():
            yield Leaving(f"file {path.name}: incomplete", path.stat().st_size, path.unlink)


def is_inside(store: Store, folder: Path) -> bool:
    """Whether a folder is one of a run in the store's own folder of files."""
    with suppress(PathError, ValueError):
        resolve_path(store.folder / "mlruns", str(folder.relative_to(store.folder / "mlruns")))
        return RUN_ID.fullmatch(folder.name) is not None
    return False


def drop(store: Store, run: TrialRun, folder: Path | None) -> None:
    """Delete a run and its files."""
    with store.write_errors():
        store.client.delete_run(run.run_id)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def measure_size(folder: Path | None) -> int:
    """Return the size of all files in a folder, bytes."""
    paths = folder.rglob("*") if folder else ()
    return sum(path.stat().st_size for path in paths if path.is_file() and not path.is_symlink())
