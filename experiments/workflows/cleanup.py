"""What can be deleted from a store on this machine: leavings of interrupted work, and files of other than the best."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from experiments.report.sweep_record import inspect_study
from experiments.search.selection import select_leaders
from linrnn.errors import ConfigError
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.consistency import run_locks
from tracking.runs.query import find_all_runs, find_sweeps
from tracking.schema import DELETABLE, Tag
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


def find_leavings(store: Store, best: int | None = None) -> list[Leaving]:
    """Return the leavings of a store; ConfigError for one on a server.

    They are runs of trials that were interrupted, with their files; folders of files without a run; files that were
    being written; and, where `best` is a number, the weights and figures of all but so many trials of each study. What
    a process works on is none of them.
    """
    if not store.is_local:
        raise ConfigError(f"{store.name} is a server: its own tools clean it (mlflow gc)")
    return [*find_interruptions(store), *find_folders(store), *find_files(store), *find_surplus(store, best)]


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


def find_surplus(store: Store, best: int | None) -> Iterator[Leaving]:
    """Yield the weights and figures of the trials of each study that were not among its `best` ones when they ended."""
    studies = {study: model for run in find_sweeps(store) for study, model in zip(run.studies, run.models, strict=True)}
    for study, model in studies.items() if best else ():
        runs = inspect_study(store, study, model).sound
        leaders = {run.run_id for run in select_leaders(runs, best or 0)}
        every = [(run, list_surplus(store, run)) for run in runs if run.run_id not in leaders]
        files = [(run, paths) for run, paths in every if paths]
        if files and store.is_unlocked([study]):
            size = sum(path.stat().st_size for _, paths in files for path in paths.values())
            what = f"study {study}: weights and figures of {len(files)} of {len(runs)} trials"
            yield Leaving(what, size, partial(delete_surplus, store, study, files))


def list_surplus(store: Store, run: TrialRun) -> dict[str, Path]:
    """Return the files of a trial that can be deleted, by name: those that a rerun makes again."""
    folder = file_path(run.info.artifact_uri)
    if folder is None or not is_inside(store, folder.parent):
        return {}
    paths = {str(name): folder / name for name in DELETABLE}
    return {name: path for name, path in paths.items() if path.is_file() and is_plain(folder, name)}


def is_plain(folder: Path, name: str) -> bool:
    """Whether a file is in a folder itself, and no symbolic link leads to it."""
    return (folder / name).resolve() == folder.resolve() / name


def delete_surplus(store: Store, study: str, files: Sequence[tuple[TrialRun, Mapping[str, Path]]]) -> None:
    """Delete files of trials, each after their run says so."""
    from tracking.runs.writer import set_tags  # MLflow, which takes seconds to load

    with store.lock([study]):
        for run, paths in files:
            set_tags(store, run.run_id, {Tag.DELETIONS: ", ".join(sorted({*run.deletions, *paths}))})
            for path in paths.values():
                path.unlink(missing_ok=True)


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
