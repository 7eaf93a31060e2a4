"""The checks of `linrnn doctor` and their fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path

from experiments.search.sweep_config import read_sweep_config
from tracking.model_colors import model_color
from tracking.run_views import TrialRun
from tracking.runs.consistency import (
    count_records,
    find_colorless_runs,
    find_lost_runs,
    find_runs_without_files,
    find_stale_runs,
    find_unreported_trials,
)
from tracking.runs.environment import LIBRARIES
from tracking.runs.query import find_all_runs, find_sweeps
from tracking.schema import Tag
from tracking.store.access import Store
from tracking.store.databases import original_folder, relocate
from tracking.store.health import free_bytes, integrity_error, leftover_files, read_schemas, upgrade
from tracking.store_errors import LockConflictError

MIN_FREE_BYTES = 2**30  # bytes


class FindingKind(StrEnum):
    """The kinds of findings."""

    LEFTOVER = "leftover"
    DAMAGE = "damage"
    SCHEMA = "schema"
    FOLDER_PATHS = "moved folder"
    DISK_SPACE = "disk space"
    STALE_RUN = "stale run"
    MISSING_TRIAL = "unreported trial"
    MISSING_RUN = "lost run"
    MISSING_FILES = "lost files"
    MISSING_COLORS = "missing colors"


BLOCKING = (FindingKind.DAMAGE, FindingKind.SCHEMA)  # until fixed, the store cannot be opened


@dataclass(frozen=True)
class Finding:
    """A problem of a store: its kind, a description, advice, and a function that fixes it, if there is one."""

    kind: FindingKind
    what: str
    advice: str
    fix: Callable[[], object] | None = None


def check_folder(root: Path) -> Iterator[Finding]:
    """Yield the problems of a store's files; opens no database for writing."""
    for path in leftover_files(root):
        yield Finding(
            FindingKind.LEFTOVER, f"{path.name} is a leftover of the creation of a database", "delete it", path.unlink
        )
    for name, (revision, current) in read_schemas(root).items():
        damage = integrity_error(root / name)
        if damage:
            yield Finding(
                FindingKind.DAMAGE,
                f"{name} is damaged: {damage}",
                "restore it from a backup, or name another store with --store",
            )
        elif revision != current:
            advice = "upgrade it (a backup copy remains next to it)"
            yield Finding(
                FindingKind.SCHEMA,
                f"{name} has the schema {revision}, not {current}",
                advice,
                partial(upgrade, root / name),
            )
    old = original_folder(root)
    if old:
        yield Finding(
            FindingKind.FOLDER_PATHS,
            f"the folder was moved here from {old}",
            "update the paths of its runs",
            partial(relocate, root),
        )
    if free_bytes(root) < MIN_FREE_BYTES:
        yield Finding(
            FindingKind.DISK_SPACE, f"only {free_bytes(root) / 2**20:.0f} MiB are free on its disk", "free some space"
        )


def check_records(store: Store) -> Iterator[Finding]:
    """Yield the disagreements between the two databases and the files of runs."""
    runs = find_all_runs(store)
    for run in find_stale_runs(store, runs):
        what = f"run {run.run_id} is RUNNING, but its process has ended"
        yield Finding(FindingKind.STALE_RUN, what, "close it as KILLED", partial(close_run, store, run.run_id))
    for name, number in find_unreported_trials(store, runs):
        what = f"trial {number} of {name} is in MLflow, but not in Optuna"
        yield Finding(FindingKind.MISSING_TRIAL, what, "add it to Optuna", partial(reconcile_study, store, name))
    for name, number in find_lost_runs(store, runs):
        yield Finding(
            FindingKind.MISSING_RUN,
            f"trial {number} of {name} is in Optuna, but its run is missing",
            "run the sweep again with --fresh",
        )
    for run in find_runs_without_files(runs):
        yield Finding(
            FindingKind.MISSING_FILES,
            f"run {run.run_id} lacks files",
            "restore its files in mlruns, or delete the run",
        )
    colorless = find_colorless_runs(runs)
    if colorless:
        yield Finding(
            FindingKind.MISSING_COLORS,
            f"{len(colorless)} runs of an earlier version lack the color of their model type in the charts",
            "set it",
            partial(set_colors, store, colorless),
        )


def close_run(store: Store, run_id: str) -> None:
    """Close a run whose process has ended."""
    from tracking.runs.writer import end_run  # MLflow, which takes seconds to load

    with store.write_errors():
        end_run(store, run_id, "KILLED")


def set_colors(store: Store, runs: Sequence[TrialRun]) -> None:
    """Give runs the color of their model type in the charts of the MLflow UI."""
    from tracking.runs.writer import set_tags

    for run in runs:
        set_tags(store, run.run_id, {Tag.RUN_COLOR: model_color(run.model)})


def reconcile_study(store: Store, name: str) -> None:
    """Reconcile both databases for a study, as resuming its sweep does."""
    from experiments.search.study_state import open_studies  # Optuna and MLflow

    sweep = next(run for run in find_sweeps(store) if name in run.studies)
    names = sweep.studies
    with store.lock(names):
        list(open_studies(read_sweep_config(sweep), store, names))


def store_facts(store: Store) -> dict[str, str]:
    """Return versions, location, numbers of records and free space."""
    return {
        **{name: version(name) for name in LIBRARIES},
        "store": store.name,
        "studies at": "optuna.db" if store.studies_url.startswith("sqlite") else "PostgreSQL",
        **count_records(store, find_all_runs(store)),
        "free": f"{free_bytes(store.folder) / 2**30:.1f} GiB",
    }


def apply_fix(finding: Finding) -> bool:
    """Apply the fix of a finding; return whether there is one and it succeeded."""
    if finding.fix is None:
        return False
    try:
        finding.fix()
    except LockConflictError:
        return False
    return True
