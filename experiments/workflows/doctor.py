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
from tracking.run_views import LinrnnRun, SweepRun, TrialRun
from tracking.runs.consistency import (
    count_records,
    find_altered_studies,
    find_colorless_runs,
    find_lost_runs,
    find_runs_without_files,
    find_stale_runs,
    find_unreported_trials,
)
from tracking.runs.environment import LIBRARIES
from tracking.runs.inspection import CHILDREN, find_fault
from tracking.runs.query import find_all_runs, find_sweeps
from tracking.schema import SWEEPS, SchemaError, Tag
from tracking.store.access import Store
from tracking.store.databases import original_folder, relocate
from tracking.store.health import find_database_problems, free_bytes, leftover_files, upgrade
from tracking.store_errors import LockConflictError

MIN_FREE_BYTES = 2**30  # bytes
LOSS = "has lost its"  # in the words for a run that lacks a file


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
    CONTRADICTION = "contradiction"
    EXPERIMENT_NAME = "renamed experiment"
    MISSING_EXPERIMENT = "deleted experiment"
    STUDY_CHANGE = "altered study"


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
    problems = list(find_database_problems(root))
    for problem in problems:
        kind = FindingKind.SCHEMA if problem.is_schema else FindingKind.DAMAGE
        fix = partial(upgrade, root / problem.name) if problem.can_upgrade else None
        yield Finding(kind, f"{problem.name} {problem.what}", problem.advice, fix)
    is_readable = not any(problem.name == "mlflow.db" for problem in problems)
    old = original_folder(root) if is_readable else None
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
    runs, damages = [], []
    for run in find_all_runs(store):
        if fault := find_fault(store, run):
            damages.append(run)
            yield contradiction(store, run, fault)
        else:
            runs.append(run)
    experiments = list(check_experiments(store, runs))
    yield from experiments
    for run in find_stale_runs(store, runs):
        what = f"run {run.run_id} is RUNNING, but its process has ended"
        yield Finding(FindingKind.STALE_RUN, what, "close it as KILLED", partial(close_run, store, run.run_id))
    for name, number in find_unreported_trials(store, runs):
        what = f"trial {number} of {name} is in MLflow, but not in Optuna"
        yield Finding(FindingKind.MISSING_TRIAL, what, "add it to Optuna", partial(reconcile_study, store, name))
    is_deleted = any(finding.kind is FindingKind.MISSING_EXPERIMENT for finding in experiments)
    for name, number, run_id in [] if is_deleted else find_lost_runs(store, runs, damages):
        yield Finding(
            FindingKind.MISSING_RUN,
            f"trial {number} of {name} is in Optuna, but its run is missing, or that of another trial: {run_id}",
            "restore it in MLflow, or run the same sweep, which trains it again",
        )
    for name, number in find_altered_studies(store, runs).items():
        what = f"trial {number} of {name} in Optuna is not that of its run in MLflow"
        yield Finding(
            FindingKind.STUDY_CHANGE, what, "write the study anew from the runs", partial(rebuild_study, store, name)
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


def contradiction(store: Store, run: LinrnnRun, fault: str) -> Finding:
    """Return the finding on a run that lacks or contradicts something; a sweep trains its trials again."""
    if LOSS in fault:
        return Finding(FindingKind.MISSING_FILES, fault, "restore its files in mlruns, or delete the run")
    is_newer = "newer linrnn" in fault
    again = isinstance(run, SweepRun) or run.find_tag(Tag.PHASE) in CHILDREN
    if is_newer or not again:
        advice = "this version leaves it out" if is_newer else "undo that, or delete the run in MLflow"
        return Finding(FindingKind.CONTRADICTION, fault, advice)
    advice = "delete the run, which MLflow can restore; the same linrnn sweep makes it again"
    return Finding(FindingKind.CONTRADICTION, fault, advice, partial(delete_run, store, run.run_id))


def check_experiments(store: Store, runs: Sequence[LinrnnRun]) -> Iterator[Finding]:
    """Yield the experiments of linrnn's runs that were deleted, or that have another name than their task's."""
    names = {number: name for name, number in store.runs.experiments().items()}
    sweeps = {run.run_id: run for run in runs if isinstance(run, SweepRun)}
    tasks = {task for sweep in sweeps.values() if (task := sweep.find_tag(Tag.TASK))}
    wanted = tasks | ({SWEEPS} if any(run.find_tag(Tag.PHASE) in CHILDREN for run in runs) else set())
    for name, number in store.runs.experiments("deleted").items():
        if name in wanted - set(names.values()):
            what = f"the experiment {name!r} was deleted in MLflow"
            yield Finding(
                FindingKind.MISSING_EXPERIMENT, what, "restore it, with its runs", partial(restore, store, number)
            )
    parents = {run.experiment_id: sweeps[run.parent].find_tag(Tag.TASK) for run in runs if run.parent in sweeps}
    expected = parents | {sweep.experiment_id: SWEEPS for sweep in sweeps.values()}
    for number, task in expected.items():
        if task and names.get(number, task) != task:
            what = f"the experiment of {task} is named {names[number]!r} in MLflow, and new runs go to another one"
            fix = None if task in names.values() else partial(rename, store, number, task)
            yield Finding(FindingKind.EXPERIMENT_NAME, what, f"name it {task!r}", fix)


def delete_run(store: Store, run_id: str) -> None:
    """Delete a run, which MLflow keeps and can restore."""
    with store.write_errors():
        store.client.delete_run(run_id)


def restore(store: Store, number: str) -> None:
    """Restore a deleted experiment, with its runs."""
    with store.write_errors():
        store.client.restore_experiment(number)


def rename(store: Store, number: str, name: str) -> None:
    """Give an experiment its name."""
    with store.write_errors():
        store.client.rename_experiment(number, name)


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


def rebuild_study(store: Store, name: str) -> None:
    """Delete a study in Optuna and add its trials anew from their runs."""
    with store.lock([name]), store.write_errors():
        store.studies.delete_study(store.studies.get_study_id_from_name(name))
    reconcile_study(store, name)


def reconcile_study(store: Store, name: str) -> None:
    """Reconcile both databases for a study, as resuming its sweep does."""
    from experiments.search.study_state import open_studies  # Optuna and MLflow

    sweep = next((run for run in find_sweeps(store) if name in run.studies), None)
    if sweep is None:
        raise SchemaError(f"no sound sweep in the store has the study {name}: run the same linrnn sweep again")
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
    except (LockConflictError, SchemaError, OSError):
        return False
    return True
