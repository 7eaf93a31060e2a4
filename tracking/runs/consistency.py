"""Consistency of the two databases and the files of runs, and the numbers of records in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tracking.run_views import SweepRun, TrialRun
from tracking.schema import CLAIMS, TRIAL_ARTIFACTS, Tag
from tracking.store.access import Store
from tracking.store.locks import SINGLE
from tracking.store.study_table import OptunaTrial
from tracking.store.urls import file_path

Runs = Sequence[TrialRun | SweepRun]


def count_records(store: Store, runs: Runs) -> dict[str, str]:
    """Return the numbers of runs by status and of trials by state, as text."""
    statuses = Counter(str(run.info.status) for run in runs)
    studies = store.list_trials()
    states = Counter(trial.state for trials in studies.values() for trial in trials)
    return {"runs": format_counts(statuses), "studies": str(len(studies)), "trials": format_counts(states)}


def format_counts(counts: Counter[str]) -> str:
    """Return a total and its parts as text."""
    parts = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{counts.total()} ({parts})" if parts else "0"


def find_stale_runs(store: Store, runs: Runs) -> list[TrialRun | SweepRun]:
    """Return the runs that are RUNNING without a process: it would hold their locks."""
    sweeps = {run.run_id: run for run in runs if isinstance(run, SweepRun)}
    return [run for run in runs if run.is_running and store.is_unlocked(run_locks(run, sweeps))]


def run_locks(run: TrialRun | SweepRun, sweeps: Mapping[str, SweepRun]) -> list[str]:
    """Return the locks that the writer of a run holds: of its sweep's studies, of the claims, or of single trials."""
    if run.find_tag(Tag.CLAIMS) is not None:
        return [CLAIMS]
    sweep = run if isinstance(run, SweepRun) else sweeps.get(run.parent or "")
    return sweep.studies if sweep else [SINGLE]


def list_trials(runs: Runs) -> dict[tuple[str, int], TrialRun]:
    """Return the recorded trials among some sound runs, by study and number."""
    trials = [run for run in runs if isinstance(run, TrialRun) and run.study and run.is_recorded]
    return {(str(run.study), run.number): run for run in trials}


def find_unreported_trials(store: Store, runs: Runs) -> list[tuple[str, int]]:
    """Return the recorded trials that are next in a study but missing from Optuna: study and number.

    Studies that a process works on are left out.
    """
    recorded = list_trials(runs)
    studies = store.list_trials()
    next_trials = [(name, len(studies.get(name, ()))) for name in sorted({name for name, _ in recorded})]
    return [(name, number) for name, number in next_trials if (name, number) in recorded and store.is_unlocked([name])]


def find_lost_runs(store: Store, runs: Runs, others: Runs) -> list[tuple[str, int, str]]:
    """Return the trials in Optuna of which MLflow has no run: study, number and id of the run.

    `runs` are the sound ones; trials whose run is one of the `others` are not lost.
    """
    present, recorded = {run.run_id for run in others}, list_trials(runs)
    return [
        (name, trial.number, trial.run_id)
        for name, trials in store.list_trials().items()
        for trial in trials
        if trial.run_id and trial.run_id not in present and (name, trial.number) not in recorded
    ]


def find_altered_studies(store: Store, runs: Runs) -> dict[str, int]:
    """Return the studies in Optuna of which a trial is not that of its run, or is not linrnn's: name and number.

    Studies that a process works on are left out.
    """
    recorded = list_trials(runs)
    own = {name for name, _ in recorded}
    altered = {
        name: trial.number
        for name, trials in store.list_trials().items()
        if name in own
        for trial in reversed(trials)
        if not agrees(trial, recorded.get((name, trial.number)))
    }
    return {name: number for name, number in altered.items() if store.is_unlocked([name])}


def agrees(trial: OptunaTrial, run: TrialRun | None) -> bool:
    """Whether a trial in Optuna has the loss of its run and its numbers; where the run is lost, whether it is ours."""
    if run is None:
        return trial.run_id is not None
    numbers = {name: value for name, value in trial.params.items() if isinstance(value, int | float)}
    settings = all(read_number(run.params.get(name)) in (None, value) for name, value in numbers.items())
    return settings and (trial.state != "COMPLETE" or trial.value == run.objective)


def read_number(text: str | None) -> float | None:
    """Return the number in the text of a setting; None for a choice."""
    try:
        return float(text or "")
    except ValueError:
        return None


def find_runs_without_files(runs: Runs) -> list[TrialRun]:
    """Return the trials with a result, in a folder of this machine, that have lost an artifact."""
    return [run for run in runs if isinstance(run, TrialRun) and run.has_result and lacks_artifact(run)]


def find_colorless_runs(runs: Runs) -> list[TrialRun]:
    """Return the trials without the color of their model type in the charts, which versions before 0.2.0 wrote."""
    trials = [run for run in runs if isinstance(run, TrialRun) and run.is_recorded and not run.is_claims]
    return [run for run in trials if not run.find_tag(Tag.RUN_COLOR)]


def lacks_artifact(run: TrialRun) -> bool:
    """Whether an artifact that each trial has is missing from its folder."""
    folder = file_path(run.info.artifact_uri)
    needed = [name for name in TRIAL_ARTIFACTS if name not in run.deletions]
    return folder is not None and not all((folder / name).exists() for name in needed)
