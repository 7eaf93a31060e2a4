"""Which sweep a command means: an interrupted one, a finished one, or a new one."""

from __future__ import annotations

from collections.abc import Mapping

from optuna import get_all_study_names

from experiments.search.sweep_config import SweepConfig
from tracking.run_views import SweepRun
from tracking.runs.query import find_sweeps
from tracking.runs.writer import begin_sweep, end_run, resume_sweep
from tracking.schema import Tag
from tracking.store.access import Store
from tracking.store.run_search import RunFilter
from tracking.sweep_identity import sweep_identity


def study_names(config: SweepConfig, store: Store, fresh: bool) -> list[str]:
    """Return the names of a sweep's studies: the newest of each name, or, for a fresh start, the next."""
    with store.read_errors():
        existing = set(get_all_study_names(store.studies))
    return [newest_study_name(config.study_name(base), existing, fresh) for base in config.bases]


def newest_study_name(stem: str, existing: set[str], fresh: bool) -> str:
    """Return the last of `stem`, `stem 2`, `stem 3`, ... that exists; for a fresh start the one after it."""
    count = 1
    while append_number(stem, count + 1) in existing:
        count += 1
    return append_number(stem, count + 1 if fresh and stem in existing else count)


def append_number(stem: str, count: int) -> str:
    """Return a study's name; the first has no number."""
    return stem if count == 1 else f"{stem} {count}"


def find_same_sweep(config: SweepConfig, store: Store, names: list[str]) -> SweepRun | None:
    """Return the run of this sweep, or None; the caller holds the locks of its studies. One that was altered is not it.

    Other sweeps of these studies that are RUNNING are closed: their process has ended, as it would hold the locks.
    """
    identity = sweep_identity(config.text(), names)
    same = None
    for run in find_sweeps(store, RunFilter(tags={Tag.TASK: config.task})):
        if run.identity == identity:
            same = run if not run.params or sweep_identity(run.params, run.studies) == identity else same
        elif run.is_running and set(names) & set(run.studies):
            with store.write_errors():
                end_run(store, run.run_id, "KILLED")
    return same


def begin_or_resume(
    config: SweepConfig, store: Store, names: list[str], earlier: SweepRun | None, files: Mapping[str, bytes]
) -> str:
    """Resume the interrupted run of a sweep, or begin a new one, with its params and files; return its id."""
    if earlier:
        resume_sweep(store, earlier, config.text(), files)
        return earlier.run_id
    tags: dict[str, str] = {
        Tag.TASK: config.task,
        Tag.IDENTITY: sweep_identity(config.text(), names),
        Tag.STUDIES: ", ".join(names),
    }
    return begin_sweep(store, f"{config.task} sweep", config.text(), tags, files)
