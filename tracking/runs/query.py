"""Queries for runs: by the first characters of an id, by study, by sweep, and the sweeps themselves.

Runs of other programs in the same experiments are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

from linrnn.errors import ConfigError
from tracking.run_views import RunRecord, SweepRun, TrialRun, to_linrnn_run
from tracking.schema import SWEEPS, Phase, Tag
from tracking.store.access import Store
from tracking.store.run_search import RunFilter

ALL, FINISHED = RunFilter(), RunFilter("FINISHED")


def find_trials(store: Store, task: str, condition: RunFilter = ALL) -> list[TrialRun]:
    """Return the runs of trials in a task's experiment that fulfill a condition, the earliest first."""
    views = map(to_linrnn_run, find_runs(store, task, condition))
    return [view for view in views if isinstance(view, TrialRun)]


def find_sweeps(store: Store, condition: RunFilter = ALL) -> list[SweepRun]:
    """Return the runs of sweeps that fulfill a condition, the earliest first.

    Those without baselines are left out: versions before 0.1.0 wrote them.
    """
    views = map(to_linrnn_run, find_runs(store, SWEEPS, condition))
    return [view for view in views if isinstance(view, SweepRun) and view.find_tag(Tag.BASELINES)]


def study_runs(store: Store, task: str, study: str) -> list[TrialRun]:
    """Return all runs of a study's trials, interrupted ones included."""
    return find_trials(store, task, RunFilter(tags={Tag.STUDY: study}))


def confirmation_runs(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return all runs of a sweep's confirmations, interrupted ones included."""
    tags: dict[str, str] = {Tag.PHASE: Phase.CONFIRMATION, Tag.PARENT: sweep.run_id}
    return find_trials(store, sweep.task, RunFilter(tags=tags))


def trial_runs(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return the recorded trials of a sweep: the first N of each study, by number, then the confirmations."""
    count = sweep.n_trials
    trials = {
        (study, run.number): run
        for study in sweep.studies
        for run in study_runs(store, sweep.task, study)
        if run.is_recorded and run.number < count
    }
    confirmations = [run for run in confirmation_runs(store, sweep) if run.is_recorded]
    return [trials[key] for key in sorted(trials)] + confirmations


def evidence_runs(store: Store, task: str) -> list[TrialRun]:
    """Return the recorded trials of a task that are evidence for claims, the earliest first."""
    return [run for run in find_trials(store, task, RunFilter(tags={Tag.PHASE: Phase.EVIDENCE})) if run.has_result]


def last_sweeps(store: Store) -> dict[str, SweepRun]:
    """Return the newest finished sweep of each task, by the task's name or its file's absolute path."""
    return {sweep.source: sweep for sweep in find_sweeps(store, FINISHED)}


def require_sweeps(store: Store, tasks: Sequence[str]) -> list[SweepRun]:
    """Return the newest finished sweep of each task, of all tasks if none is named; raise ConfigError without one."""
    last = last_sweeps(store)
    missing = [task for task in tasks if task not in last]
    if missing or not last:
        names = " ".join(missing) or "TASK"
        raise ConfigError(f"no finished sweep of {names} in {store.name}; run: linrnn sweep {names}")
    return [last[task] for task in tasks or last]


def newest_sweep(sweeps: Sequence[SweepRun]) -> SweepRun:
    """Return the sweep that began last."""
    return max(sweeps, key=lambda sweep: sweep.start_time)


def find_runs(store: Store, experiment: str, condition: RunFilter = ALL) -> list[RunRecord]:
    """Return the runs of a named experiment that fulfill a condition, the earliest first."""
    with store.read_errors():
        number = store.runs.experiments().get(experiment)
        return list(store.runs.find([number], condition)) if number else []


def find_all_runs(store: Store) -> list[TrialRun | SweepRun]:
    """Return every run that linrnn wrote, the earliest first."""
    with store.read_errors():
        runs = list(store.runs.find([*store.runs.experiments().values()], ALL))
    return [view for view in map(to_linrnn_run, runs) if view]
