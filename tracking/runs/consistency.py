"""Consistency of the two databases and the files of runs, and the numbers of records in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlparse

import optuna

from tracking.runs.query import search_runs
from tracking.schema import TRIAL_ARTIFACTS, SweepRun, TrialRun, to_linrnn_run
from tracking.store.access import Store
from tracking.store.locks import SINGLE

Runs = Sequence[TrialRun | SweepRun]


def all_runs(store: Store) -> list[TrialRun | SweepRun]:
    """Return every run that linrnn wrote."""
    with store.reading():
        experiments = store.client.search_experiments()
        runs = [run for each in experiments for run in search_runs(store, each.experiment_id, "")]
    return [view for view in map(to_linrnn_run, runs) if view]


def count_records(store: Store, runs: Runs) -> dict[str, str]:
    """Return the numbers of runs by status and of trials by state, as text."""
    statuses = Counter(str(run.info.status) for run in runs)
    studies = store.studies.get_all_studies()
    states = Counter(
        trial.state.name for study in studies for trial in store.studies.get_all_trials(study._study_id, deepcopy=False)
    )
    return {"runs": format_counts(statuses), "studies": str(len(studies)), "trials": format_counts(states)}


def format_counts(counts: Counter[str]) -> str:
    """Return a total and its parts as text."""
    parts = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{counts.total()} ({parts})" if parts else "0"


def find_stale_runs(store: Store, runs: Runs) -> list[TrialRun | SweepRun]:
    """Return the runs that are RUNNING without a process: it would hold their locks."""
    sweeps = {run.run_id: run for run in runs if isinstance(run, SweepRun)}
    return [run for run in runs if run.is_running and store.free(run_locks(run, sweeps))]


def run_locks(run: TrialRun | SweepRun, sweeps: Mapping[str, SweepRun]) -> list[str]:
    """Return the locks that the writer of a run holds: those of its sweep's studies, or that of single trials."""
    sweep = run if isinstance(run, SweepRun) else sweeps.get(run.parent or "")
    return sweep.studies if sweep else [SINGLE]


def find_unreported_trials(store: Store, runs: Runs) -> list[tuple[str, int]]:
    """Return the recorded trials that are next in a study but missing from Optuna: study and number.

    Studies that a process works on are left out.
    """
    trials = [run for run in runs if isinstance(run, TrialRun) and run.study and run.is_recorded]
    recorded = {(str(run.study), run.number) for run in trials}
    storage = store.studies
    counts = {each.study_name: len(storage.get_all_trials(each._study_id)) for each in storage.get_all_studies()}
    next_trials = [(name, counts.get(name, 0)) for name in sorted({name for name, _ in recorded})]
    return [(name, number) for name, number in next_trials if (name, number) in recorded and store.free([name])]


def find_lost_runs(store: Store, runs: Runs) -> list[tuple[str, int]]:
    """Return the trials in Optuna whose run is missing from MLflow: study and number."""
    present = {run.run_id for run in runs}
    return [
        (name, trial.number)
        for name in optuna.get_all_study_names(store.studies)
        for trial in optuna.load_study(study_name=name, storage=store.studies).get_trials(deepcopy=False)
        if "run_id" in trial.user_attrs and trial.user_attrs["run_id"] not in present
    ]


def find_runs_without_files(runs: Runs) -> list[TrialRun]:
    """Return the trials with a result, in a folder of this machine, that have lost an artifact."""
    return [run for run in runs if isinstance(run, TrialRun) and run.has_result and lacks_artifact(run)]


def lacks_artifact(run: TrialRun) -> bool:
    """Whether an artifact that each trial has is missing from its folder."""
    location = urlparse(run.info.artifact_uri)
    folder = Path(unquote(location.path))
    return location.scheme == "file" and not all((folder / name).exists() for name in TRIAL_ARTIFACTS)
