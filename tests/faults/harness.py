"""Sweeps that are killed and run again, and what is to be the same after it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna

from tracking.run_views import TrialRun
from tracking.runs.query import last_sweeps, trial_runs
from tracking.runs.reader import read_file
from tracking.store.access import Store, open_store
from tracking.store.databases import relocate

BUDGET = {
    "sweep.trials": "9",
    "sweep.generation": "3",
    "sweep.confirmation": "6",
    "sweep.pruner": "none",
    "training.epochs": "20",
    "training.replicas": "2",
}
TRIALS = 2 * (9 + 1)  # of both model types, with their confirmations
SWEEP = ["sweep", "sine", "--trials", "9", "--epochs", "20", "--replicas", "2", "--set", "sweep.generation=3"]
SWEEP += ["--set", "sweep.confirmation=6", "--set", "sweep.pruner=none", "-q", "--json"]
VERBOSE = ["-v" if argument == "-q" else argument for argument in SWEEP]
OF_THE_PROCESS = ("seconds",)  # metrics that no two processes share
OWN = (*OF_THE_PROCESS, "best_run", "run_id")  # what is printed of a sweep that no two share
TAGS = ("outcome", "form", "phase", "study", "trial", "reason", "best")


def start(folder: Path, arguments: list[str] = SWEEP, module: str = "experiments", **variables: str) -> Any:
    """A sweep as a process group of its own, in a folder."""
    environment = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | variables
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def finish(folder: Path, arguments: list[str] = SWEEP, **variables: str) -> dict[str, Any]:
    """Run the sweep to its end; what it prints."""
    return watch(folder, arguments, **variables)[0]


def watch(folder: Path, arguments: list[str], **variables: str) -> tuple[dict[str, Any], str]:
    """Run the sweep to its end; what it prints, and its progress."""
    process = start(folder, arguments, **variables)
    out, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return json.loads(out), said.decode()


def kill_after(folder: Path, seconds: float) -> bool:
    """Run the sweep, and kill its whole group after so many seconds; whether that came before its end."""
    process = start(folder)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode in (0, -signal.SIGKILL)
    return bool(process.returncode)


def new_store(template: Path, folder: Path) -> Path:
    """A copy of a store."""
    copy_store(template, folder)
    relocate(folder)
    return folder


def copy_store(store: Path, folder: Path, *omit: str) -> None:
    """Copy a store that others may read meanwhile, but for what has a name in `omit`.

    SQLite copies its databases: to open and close such a file takes away the locks that this process has on it.
    """
    omitted = shutil.ignore_patterns("*.db-wal", "*.db-shm", *omit)
    shutil.copytree(store, folder, ignore=omitted, copy_function=copy_file)


def copy_file(source: str, target: str) -> str:
    """Copy a file, a database by SQLite."""
    if not source.endswith(".db"):
        return str(shutil.copy2(source, target))
    with closing(sqlite3.connect(source)) as connection, closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
    return target


def facts(store: Store) -> dict[str, Any]:
    """All that must not depend on what a sweep went through, read from both databases and the files.

    Fails where a run is left RUNNING, or a trial is recorded twice.
    """
    client = store.client
    runs = client.search_runs([e.experiment_id for e in client.search_experiments()], max_results=1000)
    assert not [run.info.run_id for run in runs if run.info.status == "RUNNING"]
    sweep = last_sweeps(store).get("sine")
    assert sweep is not None
    trials = [run for run in runs if "phase" in run.data.tags and TrialRun(run).is_recorded]
    assert sorted(run.info.run_id for run in trials) == sorted(run.info.run_id for run in trial_runs(store, sweep))
    found: dict[str, Any] = {}
    for run in trials:
        tags = {name: text for name, text in run.data.tags.items() if name in TAGS}
        metrics = {name: value for name, value in run.data.metrics.items() if name not in OF_THE_PROCESS}
        digests = json.loads(read_file(store, TrialRun(run), "digests.json"))
        found[run.info.run_name] = (tags, metrics, dict(run.data.params), digests)
    assert len(found) == len(trials), "a trial is recorded twice"
    for name in optuna.get_all_study_names(store.studies):
        study = optuna.load_study(study_name=name, storage=store.studies)
        found[name] = [(t.number, t.state, t.value, t.params, t.intermediate_values) for t in study.trials]
        told = {client.get_run(trial.user_attrs["run_id"]).info.run_name for trial in study.trials}
        assert told <= found.keys()
        best = client.get_model_version_by_alias(name, "best")
        found[f"best of {name}"] = client.get_run(best.run_id).info.run_name
        versions = client.search_model_versions(f"name = '{name}'")
        assert len({version.run_id for version in versions}) == len(versions), "a run is registered twice"
    return found


def result(printed: dict[str, Any]) -> Any:
    """What a sweep prints, less what no two processes share."""
    (sweep,) = printed["sweeps"]
    parts = [
        [{k: v for k, v in each.items() if k not in OWN} for each in sweep[p]] for p in ("studies", "confirmation")
    ]
    return *parts, sweep["failures"]


class Twin:
    """An uninterrupted sweep, and how long it took; one that another process has made there is taken as it is."""

    def __init__(self, template: Path, folder: Path) -> None:
        self.template, self.folder = template, folder
        told = folder.with_suffix(".json")
        if not told.exists():
            new_store(template, folder)
            started = time.monotonic()
            output = watch(folder, VERBOSE)
            told.write_text(json.dumps([*output, time.monotonic() - started]))
        self.whole, self.progress, self.seconds = json.loads(told.read_text())
        self.printed = result(self.whole)
        self.facts = facts(open_store(folder))

    def same(
        self, folder: Path, finish: Callable[[Path], dict[str, Any]] = finish, damaged: Iterable[str] = ()
    ) -> None:
        """Run a killed sweep to its end; fails unless all is as in the uninterrupted one.

        Runs that were damaged stay in the store beside those that are trained in their place, and are deleted here.
        """
        assert result(finish(folder)) == self.printed
        client = open_store(folder).client
        for run_id in damaged:
            if client.get_run(run_id).info.lifecycle_stage == "active":
                client.delete_run(run_id)
        assert facts(open_store(folder)) == self.facts


def living(group: int) -> list[str]:
    """Processes of a group that are not over (a container may leave its dead in the table)."""
    stats = [path.read_text().rpartition(")") for path in Path("/proc").glob("[0-9]*/stat")]
    found = [(head, tail.split()) for head, _, tail in stats]
    return [head for head, (state, _, pgrp, *_) in found if pgrp == str(group) and state != "Z"]
