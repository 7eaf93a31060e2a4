"""Which sweep the same command means: the one that was left, the one that is finished, or a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from mlflow.entities import Run
from optuna import get_all_study_names

from experiments.search.sweep_config import SweepConfig
from tracking.runs.query import studies_of, sweeps
from tracking.runs.writer import begin_sweep, end, resume
from tracking.store.access import Store


def study_names(config: SweepConfig, store: Store, fresh: bool) -> list[str]:
    """Names of the studies of a sweep: the newest of their kind, or, where a fresh start is asked for, the next."""
    with store.reading():
        there = set(get_all_study_names(store.studies))
    return [newest(config.study_name(base), there, fresh) for base in config.bases]


def newest(stem: str, there: set[str], fresh: bool) -> str:
    """The last of `stem`, `stem 2`, `stem 3`, ... that is there; the one after it for a fresh start."""
    count = 1
    while numbered(stem, count + 1) in there:
        count += 1
    return numbered(stem, count + 1 if fresh and stem in there else count)


def numbered(stem: str, count: int) -> str:
    """A study's name; the first of its kind has no number."""
    return stem if count == 1 else f"{stem} {count}"


def left_or_finished(config: SweepConfig, store: Store, names: list[str]) -> Run | None:
    """The run of this sweep, where there is one; call it with the locks of its studies held.

    Other sweeps of these studies that are open have lost their process, as it would hold the locks: they are closed.
    """
    identity = digest(config, names)
    mine = None
    for run in sweeps(store, f"tags.task = '{config.task}'"):
        if run.data.tags["identity"] == identity:
            mine = run
        elif run.info.status == "RUNNING" and set(names) & set(studies_of(run)):
            with store.writing():
                end(store, run.info.run_id, "KILLED")
    return mine


def begin_or_resume(
    config: SweepConfig, store: Store, names: list[str], left: Run | None, files: Mapping[str, bytes]
) -> str:
    """The run of this sweep, RUNNING, with its params and files: the one that was left, or a new one; its id."""
    if left:
        resume(store, left.info, config.text(), files)
        return str(left.info.run_id)
    tags = {"task": config.task, "identity": digest(config, names), "studies": ", ".join(names)}
    return begin_sweep(store, f"{config.task} sweep", config.text(), tags, files)


def digest(config: SweepConfig, names: list[str]) -> str:
    """Equal if and only if the same sweep is asked for."""
    return sha256(json.dumps([config.text(), names], sort_keys=True).encode()).hexdigest()[:16]
