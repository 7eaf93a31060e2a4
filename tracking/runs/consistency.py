"""What is amiss between the two databases and the files of runs, and what there is of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mlflow.entities import Run

from tracking.runs.query import PARENT, is_recorded, search_runs, studies_of
from tracking.store.access import Store
from tracking.store.library_internals import trials_by_study
from tracking.store.locks import SINGLE
from tracking.store.urls import file_path

ARTIFACTS = ("weights/best.safetensors", "weights/final.safetensors", "curves.npz", "digests.json")


def all_runs(store: Store) -> list[Run]:
    """Every run that linrnn wrote."""
    with store.read_errors():
        experiments = store.client.search_experiments()
        runs = [run for found in experiments for run in search_runs(store, found.experiment_id, "")]
    return [run for run in runs if {"phase", "studies"} & run.data.tags.keys()]


def count_records(store: Store, runs: list[Run]) -> dict[str, str]:
    """What there is, for people: runs by status, trials by state."""
    statuses = Counter(run.info.status for run in runs)
    studies = trials_by_study(store.studies)
    states = Counter(trial.state.name for trials in studies.values() for trial in trials)
    return {"runs": format_counts(statuses), "studies": str(len(studies)), "trials": format_counts(states)}


def format_counts(found: Counter[str]) -> str:
    """A count and its parts."""
    parts = ", ".join(f"{count} {name}" for name, count in sorted(found.items()))
    return f"{found.total()} ({parts})" if parts else "0"


def find_stale_runs(store: Store, runs: list[Run]) -> list[Run]:
    """Runs left RUNNING by a process that is no more: it would hold their locks."""
    sweeps = {run.info.run_id: run for run in runs if "studies" in run.data.tags}
    return [run for run in runs if run.info.status == "RUNNING" and store.is_unlocked(locks_of(run, sweeps))]


def locks_of(run: Run, sweeps: Mapping[str, Run]) -> list[str]:
    """The locks that the writer of a run holds: those of its sweep's studies, or that of single trials."""
    sweep = run if "studies" in run.data.tags else sweeps.get(run.data.tags.get(PARENT, ""))
    return studies_of(sweep) if sweep else [SINGLE]


def find_unreported_trials(store: Store, runs: list[Run]) -> list[tuple[str, int]]:
    """Recorded trials that Optuna should have been told of next, of studies that nobody is at: study and number."""
    done = {(run.data.tags["study"], int(run.data.tags["trial"])) for run in runs if is_trial(run) and is_recorded(run)}
    studies = trials_by_study(store.studies)
    next_ones = [(name, len(studies.get(name, ()))) for name in sorted({name for name, _ in done})]
    return [(name, number) for name, number in next_ones if (name, number) in done and store.is_unlocked([name])]


def is_trial(run: Run) -> bool:
    """Whether a run is that of a study's trial."""
    return "study" in run.data.tags


def find_lost_runs(store: Store) -> list[tuple[str, int]]:
    """Trials of which Optuna knows a run that MLflow has no more: study and number."""
    known = {run.info.run_id for run in all_runs(store)}
    return [
        (name, trial.number)
        for name, trials in trials_by_study(store.studies).items()
        for trial in trials
        if "run_id" in trial.user_attrs and trial.user_attrs["run_id"] not in known
    ]


def find_runs_without_files(runs: list[Run]) -> list[Run]:
    """Recorded trials in a folder of this machine that have lost an artifact."""
    return [
        run
        for run in runs
        if is_recorded(run) and run.data.tags.get("outcome") not in (None, "failed") and lacks_artifact(run)
    ]


def lacks_artifact(run: Run) -> bool:
    """Whether an artifact of a run is missing from its folder."""
    folder = file_path(run.info.artifact_uri)
    return folder is not None and not all((folder / name).exists() for name in ARTIFACTS)
