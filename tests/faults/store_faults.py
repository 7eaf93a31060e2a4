"""What others do to a store between two runs of a sweep; the same command trains again what is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

from tracking.run_views import TrialRun
from tracking.runs.query import find_sweeps, trial_runs
from tracking.schema import Artifact, Metric, Tag
from tracking.store.access import Store, open_store
from tracking.store.urls import file_path

Fault = Callable[[Store, TrialRun], None]


def edit(statement: str) -> Fault:
    """Return a fault that is an edit of the run's rows."""

    def fault(store: Store, run: TrialRun) -> None:
        with closing(sqlite3.connect(store.folder / "mlflow.db")) as connection, connection:
            changed = connection.execute(f"{statement} and run_uuid = ?", [run.run_id]).rowcount
        assert changed == 1, statement

    return fault


def file_of(run: TrialRun, name: str) -> Path:
    """The path of an artifact of a run of a local store."""
    folder = file_path(run.info.artifact_uri)
    assert folder
    return folder / name


def cut(name: str) -> Fault:
    """Return a fault that halves a file."""

    def fault(_: Store, run: TrialRun) -> None:
        path = file_of(run, name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return fault


def foreign_run(store: Store, run: TrialRun) -> None:
    """Somebody's own run, in the same experiment."""
    own = store.client.create_run(run.info.experiment_id, tags={"model": "my own"})
    store.client.set_terminated(own.info.run_id)


FAULTS: dict[str, Fault] = {
    "a param edited": edit("update params set value = '99' where key = 'model.hidden_size'"),
    "a metric edited": edit(f"update latest_metrics set value = 0 where key = '{Metric.OBJECTIVE}'"),
    "a tag removed": edit(f"delete from tags where key = '{Tag.OUTCOME}'"),
    "a run deleted": lambda store, run: store.client.delete_run(run.run_id),
    "curves cut short": cut(Artifact.CURVES),
    "digests cut short": cut(Artifact.DIGESTS),
    "curves removed": lambda _, run: file_of(run, Artifact.CURVES).unlink(),
    "somebody's own run": foreign_run,
}


def disturb(folder: Path, chance: Random, fault: str, damaged: set[str]) -> bool:
    """Apply a fault to a recorded trial of the sweep, and add its id to those of damaged runs; False without one."""
    store = open_store(folder)
    sweeps = find_sweeps(store)
    runs = [run for run in trial_runs(store, sweeps[0]) if run.run_id not in damaged] if sweeps else []
    if runs:
        run = chance.choice(runs)
        FAULTS[fault](store, run)
        if FAULTS[fault] is not foreign_run:
            damaged.add(run.run_id)
    return bool(runs)
