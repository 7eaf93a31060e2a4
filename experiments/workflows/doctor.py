"""What `linrnn doctor` looks at, and what it does about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path

from experiments.search.study_state import open_studies
from experiments.search.sweep_config import read_sweep_config
from tracking.runs.consistency import (
    all_runs,
    count_records,
    find_lost_runs,
    find_runs_without_files,
    find_stale_runs,
    find_unreported_trials,
)
from tracking.runs.environment import LIBRARIES
from tracking.runs.query import find_sweeps
from tracking.runs.writer import end_run
from tracking.store.access import Store
from tracking.store.databases import original_folder, relocate
from tracking.store.health import free_bytes, integrity_error, leftover_files, read_schemas, upgrade
from tracking.store_errors import LockConflictError

ROOM = 2**30  # bytes that should be free


class FindingKind(StrEnum):
    """What a finding is about."""

    LEFTOVER = "leftover"
    DAMAGE = "damage"
    SCHEMA = "schema"
    FOLDER_PATHS = "moved folder"
    DISK_SPACE = "disk space"
    STALE_RUN = "stale run"
    MISSING_TRIAL = "unreported trial"
    MISSING_RUN = "lost run"
    MISSING_FILES = "lost files"


BLOCKING = (FindingKind.DAMAGE, FindingKind.SCHEMA)  # until fixed, the store cannot be opened


@dataclass(frozen=True)
class Finding:
    """Something amiss: its kind, what, what to do, and what does it, where it can be done."""

    kind: FindingKind
    what: str
    advice: str
    mend: Callable[[], object] | None = None


def check_folder(root: Path) -> Iterator[Finding]:
    """What can be amiss with the files of a store, before it is opened."""
    for path in leftover_files(root):
        yield Finding(
            FindingKind.LEFTOVER, f"{path.name} is left of a database in the making", "delete it", path.unlink
        )
    for name, (found, needed) in read_schemas(root).items():
        harm = integrity_error(root / name)
        if harm:
            yield Finding(
                FindingKind.DAMAGE,
                f"{name} is damaged: {harm}",
                "take it from a backup, or name another store with --store",
            )
        elif found != needed:
            advice = "upgrade it (a copy stays beside it)"
            yield Finding(
                FindingKind.SCHEMA,
                f"{name} has the schema {found}, not {needed}",
                advice,
                partial(upgrade, root / name),
            )
    old = original_folder(root)
    if old:
        yield Finding(
            FindingKind.FOLDER_PATHS,
            f"the folder was moved here from {old}",
            "point its runs to their files",
            partial(relocate, root),
        )
    if free_bytes(root) < ROOM:
        yield Finding(
            FindingKind.DISK_SPACE, f"only {free_bytes(root) / 2**20:.0f} MiB are free on its disk", "free some space"
        )


def check_records(store: Store) -> Iterator[Finding]:
    """What can be amiss between the two databases and the files of runs."""
    runs = all_runs(store)
    for run in find_stale_runs(store, runs):
        what = f"run {run.run_id} is RUNNING, but its process is not"
        yield Finding(FindingKind.STALE_RUN, what, "close it as KILLED", partial(close_run, store, run.run_id))
    for name, number in find_unreported_trials(store, runs):
        what = f"MLflow has trial {number} of {name}, of which Optuna has not heard"
        yield Finding(FindingKind.MISSING_TRIAL, what, "tell Optuna", partial(reconcile_study, store, name))
    for name, number in find_lost_runs(store, runs):
        yield Finding(
            FindingKind.MISSING_RUN,
            f"trial {number} of {name} has lost its run",
            "to have it whole, sweep anew with --fresh",
        )
    for run in find_runs_without_files(runs):
        yield Finding(
            FindingKind.MISSING_FILES,
            f"run {run.run_id} has lost files",
            "bring mlruns back from where it was, or delete the run",
        )


def close_run(store: Store, run_id: str) -> None:
    """Close a run that nobody will close."""
    with store.write_errors():
        end_run(store, run_id, "KILLED")


def reconcile_study(store: Store, name: str) -> None:
    """Make both databases agree on a study, as the sweep itself would."""
    sweep = next(run for run in find_sweeps(store) if name in run.studies)
    names = sweep.studies
    with store.lock(names):
        list(open_studies(read_sweep_config(sweep), store, names))


def store_facts(store: Store) -> dict[str, str]:
    """What there is: versions, place, counts, space."""
    return {
        **{name: version(name) for name in LIBRARIES},
        "store": store.name,
        "studies at": "optuna.db" if store.studies_url.startswith("sqlite") else "PostgreSQL",
        **count_records(store, all_runs(store)),
        "free": f"{free_bytes(store.folder) / 2**30:.1f} GiB",
    }


def apply_fix(finding: Finding) -> bool:
    """Do what a finding advises, where it can be done."""
    if finding.mend is None:
        return False
    try:
        finding.mend()
    except LockConflictError:
        return False
    return True
