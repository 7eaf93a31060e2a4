"""Queries for runs: by study, by sweep, and the sweeps themselves.

Runs of other programs are ignored, and so are the names of experiments, which anybody can change.
"""

from __future__ import annotations

from collections.abc import Sequence

from linrnn.errors import ConfigError
from tracking.run_views import ADVICE, RunRecord, SweepRun, TrialRun, to_linrnn_run
from tracking.runs.inspection import Inspection, inspect_runs
from tracking.schema import Phase, SchemaError, Tag
from tracking.store.access import Store
from tracking.store.run_search import RunFilter

ALL, FINISHED = RunFilter(), RunFilter("FINISHED")


def find_trials(store: Store, task: str, condition: RunFilter = ALL) -> list[TrialRun]:
    """Return the runs of trials in a task's experiment that fulfill a condition, the earliest first."""
    views = map(to_linrnn_run, find_runs(store, task, condition))
    return [view for view in views if isinstance(view, TrialRun)]


def find_sweeps(store: Store, condition: RunFilter = ALL) -> list[SweepRun]:
    """Return the runs of sweeps that fulfill a condition and are sound, the earliest first.

    Those without baselines are left out: versions before 0.1.0 wrote them.
    """
    return [sweep for sweep in inspect_sweeps(store, condition).sound if sweep.find_tag(Tag.BASELINES)]


def inspect_sweeps(store: Store, condition: RunFilter = ALL) -> Inspection[SweepRun]:
    """Return the runs of sweeps that fulfill a condition, the earliest first, and what is wrong with the others."""
    views = find_views(store, condition._replace(tag=Tag.STUDIES))
    return inspect_runs(store, (view for view in views if isinstance(view, SweepRun)))


def study_runs(store: Store, study: str) -> list[TrialRun]:
    """Return all runs of a study's trials, interrupted and damaged ones included."""
    return [run for run in find_views(store, RunFilter(tags={Tag.STUDY: study})) if isinstance(run, TrialRun)]


def confirmation_runs(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return all runs of a sweep's confirmations, interrupted and damaged ones included."""
    tags: dict[str, str] = {Tag.PHASE: Phase.CONFIRMATION, Tag.PARENT: sweep.run_id}
    return [run for run in find_views(store, RunFilter(tags=tags)) if isinstance(run, TrialRun)]


def trial_runs(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return the recorded trials of a sweep: the first N of each study, by number, then the confirmations.

    Raises SchemaError where a tag that this needs is missing or wrong.
    """
    count = sweep.n_trials
    trials = {
        (study, run.number): run
        for study in sweep.studies
        for run in study_runs(store, study)
        if run.is_recorded and run.number < count
    }
    confirmations = [run for run in confirmation_runs(store, sweep) if run.is_recorded]
    return [trials[key] for key in sorted(trials)] + confirmations


def evidence_runs(store: Store) -> list[TrialRun]:
    """Return the recorded trials that are evidence for claims and are sound, the earliest first."""
    views = find_views(store, RunFilter(tags={Tag.PHASE: Phase.EVIDENCE}))
    runs = (view for view in views if isinstance(view, TrialRun) and view.has_result)
    return inspect_runs(store, runs).sound


def last_sweeps(store: Store) -> dict[str, SweepRun]:
    """Return the newest finished sweep of each task, by the task's name or its file's absolute path."""
    return {sweep.source: sweep for sweep in find_sweeps(store, FINISHED)}


def require_sweeps(store: Store, tasks: Sequence[str]) -> list[SweepRun]:
    """Return the newest finished sweep of each task, of all tasks if none is named.

    Raises
    ------
    ConfigError
        There is none.
    SchemaError
        There is none that is sound; the message names one that is not.
    """
    last = last_sweeps(store)
    missing = [task for task in tasks if task not in last]
    faults = inspect_sweeps(store, FINISHED).faults if missing or not last else []
    if faults:
        raise SchemaError(f"{faults[0]}{ADVICE}")
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


def find_views(store: Store, condition: RunFilter = ALL) -> list[TrialRun | SweepRun]:
    """Return the runs that linrnn wrote, in whatever experiment, that fulfill a condition, the earliest first."""
    with store.read_errors():
        runs = list(store.runs.find([*store.runs.experiments().values()], condition))
    return [view for view in map(to_linrnn_run, runs) if view]


def find_all_runs(store: Store) -> list[TrialRun | SweepRun]:
    """Return every run that linrnn wrote, the earliest first."""
    return find_views(store)
