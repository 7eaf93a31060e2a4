"""The evidence for claims: trials that the store lacks are trained on workers and recorded, then all are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from typing import NamedTuple

from experiments.report.trial_artifacts import trial_artifacts
from experiments.search.executors import WorkerDiedError, wait_in_order
from experiments.search.search_space import describe_values
from experiments.workflows.interrupts import defer_signals
from experiments.workflows.progress import ProgressReporter
from experiments.workflows.trial import run_trial
from linrnn.errors import LinrnnError
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.run_views import LinrnnRun, TrialRun
from tracking.runs.query import evidence_runs
from tracking.runs.reader import read_config
from tracking.runs.verification import load_record
from tracking.runs.writer import record_trial
from tracking.schema import Phase, SchemaError, Tag
from tracking.store.access import Store

RETRIES = 2  # of a trial whose worker died
Workers = Callable[[int], AbstractContextManager[Executor]]  # starts workers for so many trials
Purposes = Mapping[TrialConfig, str]  # the ids of the claims that a trial is evidence for, as text


class EvidenceError(LinrnnError):
    """A trial of the evidence that failed."""


class EvidenceItem(NamedTuple):
    """A trial of the evidence, and its run."""

    run_id: str
    result: TrialResult


def collect_evidence(
    purposes: Purposes, store: Store, parent: LinrnnRun, workers: Workers, progress: ProgressReporter
) -> dict[TrialConfig, EvidenceItem]:
    """Return the recorded trials of these configs; train and record those that are missing.

    The results depend on the configs alone, not on the workers or on interruptions.

    Parameters
    ----------
    purposes : mapping of TrialConfig to str
        The trials, and the ids of the claims that they are evidence for.
    store : Store
        Where they are recorded.
    parent : LinrnnRun
        The run of the claims.
    workers : callable
        Starts workers for a number of trials.
    progress : ProgressReporter
        Advances with each trial.

    Raises
    ------
    EvidenceError
        If a trial fails; the others are finished and recorded first.
    StoreError
        If the store cannot be read or written, or a record is damaged.
    """
    recorded = find_evidence(store, purposes)
    missing = [config for config in purposes if config not in recorded]
    progress.skip(len(recorded), "claims")
    if missing:
        with workers(len(missing)) as executor:
            train_missing(missing, executor, lambda result: record(result, purposes, store, parent, progress))
        recorded = find_evidence(store, purposes)
    return {config: load(store, recorded[config]) for config in purposes}


def find_evidence(store: Store, configs: Iterable[TrialConfig]) -> dict[TrialConfig, TrialRun]:
    """Return the recorded runs of these trials, of those that are recorded."""
    pairs = ((read_config_or_none(run), run) for run in evidence_runs(store))
    wanted = set(configs)
    return {config: run for config, run in pairs if config in wanted}


def read_config_or_none(run: TrialRun) -> TrialConfig | None:
    """Return the config of a run; None for one that is none of this version's."""
    try:
        return read_config(run)
    except SchemaError:
        return None


def train_missing(configs: Iterable[TrialConfig], executor: Executor, finish: Callable[[TrialResult], object]) -> None:
    """Train trials on workers, the longest first, and call `finish` in this process with each result."""
    waiting = deque(sorted(configs, key=lambda config: -config.training.epochs))
    pending = {submit(config, executor): (config, 0) for config in waiting}
    failure: Exception | None = None
    while pending:
        for future in wait_in_order(pending):
            config, deaths = pending.pop(future)
            error = future.exception()
            if isinstance(error, WorkerDiedError) and deaths < RETRIES:
                pending[submit(config, executor)] = (config, deaths + 1)
            elif isinstance(error, Exception):
                failure = failure or error
            else:
                finish(future.result())
    if failure:
        raise failure if isinstance(failure, LinrnnError) else EvidenceError(f"a trial failed: {failure}")


def submit(config: TrialConfig, executor: Executor) -> Future[TrialResult]:
    """Start a trial on a worker."""
    return executor.submit(run_trial, config, artifacts=trial_artifacts, test=True)


def record(
    result: TrialResult, purposes: Purposes, store: Store, parent: LinrnnRun, progress: ProgressReporter
) -> None:
    """Record a trial, with the claims that it is evidence for; signals wait until the run is complete."""
    config = result.config
    name = f"{config.model.name} claims {purposes[config]} {describe_values(config)}"
    tags: dict[str, str] = {Tag.PHASE: Phase.EVIDENCE, Tag.CLAIMS: purposes[config], Tag.PARENT: parent.run_id}
    with defer_signals():
        record_trial(store, result, name, tags)
    details = f"{config.task.label}: {name}: {result.outcome}"
    progress.advance(config.model.name, result.history.objective, config.task.label, details)


def load(store: Store, run: TrialRun) -> EvidenceItem:
    """Return a recorded trial, verified."""
    return EvidenceItem(run.run_id, load_record(store, run).verify())
