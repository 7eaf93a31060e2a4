"""Queries for runs: by the first characters of an id, by study, by sweep, and the sweeps themselves.

Runs of other programs in the same experiments are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import digits

from mlflow.entities import Run

from linrnn.errors import ConfigError
from tracking.run_views import SweepRun, TrialRun, to_linrnn_run
from tracking.schema import SWEEPS, Phase, Tag
from tracking.store.access import Store

PAGE = 1000  # runs per request
FINISHED = "attributes.status = 'FINISHED'"


def find_run(store: Store, prefix: str) -> TrialRun | SweepRun:
    """Return the run whose id begins with `prefix`; raise ConfigError where there is none, or more than one."""
    if not set(prefix) <= set(digits + "abcdef") or not prefix:
        raise ConfigError(f"a run id is 32 of the characters 0-9 and a-f, or the first few of them; not {prefix!r}")
    with store.read_errors():
        experiments = [each.experiment_id for each in store.client.search_experiments()]
        runs = store.client.search_runs(experiments, f"attributes.run_id LIKE '{prefix}%'", max_results=4)
    if len(runs) > 1:
        some = ", ".join(run.info.run_id[: len(prefix) + 4] for run in runs)
        raise ConfigError(f"more than one run id begins with {prefix!r}: {some}, ...; type more of the id")
    view = to_linrnn_run(runs[0]) if runs else None
    if view is None:
        reason = "is not one of linrnn's" if runs else f"does not exist in the store {store.name}"
        raise ConfigError(f"run {prefix!r} {reason}: linrnn ui shows the ids")
    return view


def find_trials(store: Store, task: str, query: str = "") -> list[TrialRun]:
    """Return the runs of trials in a task's experiment that match an MLflow query, the earliest first."""
    views = map(to_linrnn_run, find_runs(store, task, query))
    return [view for view in views if isinstance(view, TrialRun)]


def find_sweeps(store: Store, query: str = "") -> list[SweepRun]:
    """Return the runs of sweeps that match an MLflow query, the earliest first.

    Those without baselines are left out: versions before 0.1.0 wrote them.
    """
    views = map(to_linrnn_run, find_runs(store, SWEEPS, query))
    return [view for view in views if isinstance(view, SweepRun) and view.find_tag(Tag.BASELINES)]


def study_runs(store: Store, task: str, study: str) -> list[TrialRun]:
    """Return all runs of a study's trials, interrupted ones included."""
    return find_trials(store, task, f"tags.{Tag.STUDY} = '{study}'")


def confirmation_runs(store: Store, sweep: SweepRun) -> list[TrialRun]:
    """Return all runs of a sweep's confirmations, interrupted ones included."""
    query = f"tags.{Tag.PHASE} = '{Phase.CONFIRMATION}' and tags.`{Tag.PARENT}` = '{sweep.run_id}'"
    return find_trials(store, sweep.task, query)


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


def find_runs(store: Store, experiment: str, query: str) -> list[Run]:
    """Return the runs of a named experiment that match a query; none where there is no such experiment."""
    with store.read_errors():
        match = store.client.get_experiment_by_name(experiment)
        return search_runs(store, match.experiment_id, query) if match else []


def search_runs(store: Store, experiment_id: str, query: str) -> list[Run]:
    """Return all runs that match a query, the earliest first."""
    runs: list[Run] = []
    token = None
    while True:
        page = store.client.search_runs(
            [experiment_id], query, max_results=PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        runs.extend(page)
        token = page.token
        if not token:
            return runs
