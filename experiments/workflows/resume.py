"""Which sweep the same command means: the one that was left, the one that is finished, or a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from optuna import get_all_study_names

from experiments.search.sweep_config import SweepConfig
from tracking.run_views import SweepRun
from tracking.runs.query import find_sweeps
from tracking.runs.writer import begin_sweep, end_run, resume_sweep
from tracking.schema import Tag
from tracking.store.access import Store


def study_names(config: SweepConfig, store: Store, fresh: bool) -> list[str]:
    """Names of the studies of a sweep: the newest of their kind, or, where a fresh start is asked for, the next."""
    with store.read_errors():
        there = set(get_all_study_names(store.studies))
    return [newest_study_name(config.study_name(base), there, fresh) for base in config.bases]


def newest_study_name(stem: str, there: set[str], fresh: bool) -> str:
    """The last of `stem`, `stem 2`, `stem 3`, ... that is there; the one after it for a fresh start."""
    count = 1
    while numbered_name(stem, count + 1) in there:
        count += 1
    return numbered_name(stem, count + 1 if fresh and stem in there else count)


def numbered_name(stem: str, count: int) -> str:
    """A study's name; the first of its kind has no number."""
    return stem if count == 1 else f"{stem} {count}"


def find_same_sweep(config: SweepConfig, store: Store, names: list[str]) -> SweepRun | None:
    """The run of this sweep, where there is one; call it with the locks of its studies held.

    Other sweeps of these studies that are open have lost their process, as it would hold the locks: they are closed.
    """
    identity = sweep_identity(config, names)
    mine = None
    for run in find_sweeps(store, f"tags.{Tag.TASK} = '{config.task}'"):
        if run.identity == identity:
            mine = run
        elif run.is_running and set(names) & set(run.studies):
            with store.write_errors():
                end_run(store, run.run_id, "KILLED")
    return mine


def begin_or_resume(
    config: SweepConfig, store: Store, names: list[str], left: SweepRun | None, files: Mapping[str, bytes]
) -> str:
    """The run of this sweep, RUNNING, with its params and files: the one that was left, or a new one; its id."""
    if left:
        resume_sweep(store, left, config.text(), files)
        return left.run_id
    tags: dict[str, str] = {
        Tag.TASK: config.task,
        Tag.IDENTITY: sweep_identity(config, names),
        Tag.STUDIES: ", ".join(names),
    }
    return begin_sweep(store, f"{config.task} sweep", config.text(), tags, files)


def sweep_identity(config: SweepConfig, names: list[str]) -> str:
    """Equal if and only if the same sweep is asked for."""
    return sha256(json.dumps([config.text(), names], sort_keys=True).encode()).hexdigest()[:16]
