"""Reproductions: train a recorded trial again from its record and compare it bit by bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from typing import NamedTuple

from experiments.report.sweep_record import load_sweep
from experiments.report.trial_artifacts import trial_artifacts
from experiments.search.executors import MissingDataError, wait_in_order
from experiments.workflows.progress import ProgressReporter
from experiments.workflows.trial import attach_data_files, load_recorded_data, run_trial
from linrnn.analysis.bitwise import DIFFERENT, EQUIVALENT, IDENTICAL, BitwiseComparison, compare_bitwise, stages
from linrnn.errors import ConfigError
from linrnn.tasks.task import TaskData
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, require_device
from tracking.run_views import SweepRun
from tracking.runs.environment import Change, compare_items, sort_by_likelihood
from tracking.runs.query import FINISHED, find_sweeps, trial_runs
from tracking.runs.reader import is_shared
from tracking.runs.run_reference import find_run
from tracking.runs.verification import DamageError, TrialRecord, load_record
from tracking.schema import Phase, Tag
from tracking.store.access import Store
from tracking.store.locks import SINGLE

DAMAGED = "DAMAGED"
CODES = {IDENTICAL: 0, EQUIVALENT: 3, DIFFERENT: 4, DAMAGED: 6}  # exit codes, the worst last


class Reproduction(NamedTuple):
    """The result of a reproduction and its evidence; for a damaged record, the damage is the only evidence."""

    record: TrialRecord
    verdict: str
    tolerance: float
    comparison: BitwiseComparison
    environment_changes: Sequence[Change] = ()
    damage: str = ""
    run_id: str | None = None  # of the run that holds the rerun

    @property
    def code(self) -> int:
        """The exit code."""
        return CODES[self.verdict]


class RerunJob(NamedTuple):
    """A recorded trial to train again, with the data that there are now."""

    record: TrialRecord
    original: TrialResult
    data: TaskData

    @property
    def config(self) -> TrialConfig:
        """The recorded config, on these data."""
        return replace(self.original.config, task=self.data.task)

    def submit(self, executor: Executor, attach_contents: bool = False) -> Future[TrialResult]:
        """Start it on a worker, with the data if the worker lacks them."""
        return executor.submit(
            run_trial,
            self.config,
            self.data.task.contents if attach_contents else None,
            artifacts=trial_artifacts,
            baselines=self.record.baselines(),
            last_epoch=self.original.history.epoch,
            test=self.original.test_loss is not None,
            form=self.original.history.form,
        )


def best_of_last_sweep(store: Store) -> TrialRecord:
    """Load the best trial of the last finished sweep."""
    sweeps = find_sweeps(store, FINISHED)
    if not sweeps:
        raise ConfigError(f"no finished sweep in the store {store.name}: name a run, or run linrnn sweep first")
    record = load_sweep(store, sweeps[-1])
    best = [trial for model in record.models if (trial := record.best_trial(model))]
    if not best:
        raise ConfigError(f"no trial of the last sweep, {record.run_id}, is complete: name a run")
    return load_record(store, find_run(store, min(best, key=lambda trial: trial.objective).run_id))


def records_of_sweep(store: Store, prefix: str) -> list[TrialRecord]:
    """Load the records of a sweep's trials, except failed ones."""
    sweep = find_run(store, prefix)
    if not isinstance(sweep, SweepRun):
        raise ConfigError(f"run {sweep.run_id} is no sweep: leave out --sweep")
    runs = [run for run in trial_runs(store, sweep) if not run.is_failed]
    if not runs:
        raise ConfigError(f"sweep {sweep.run_id} has no trained trial")
    return [load_record(store, run) for run in runs]


def reproduce_trial(
    record: TrialRecord, original: TrialResult, tolerance: float, store: Store | None, progress: ProgressReporter
) -> Reproduction:
    """Train a recorded trial again in this process, or repeat a reduction.

    Parameters
    ----------
    record : TrialRecord
    original : TrialResult
        The result in the record, verified.
    tolerance : float
        Largest relative difference of a loss that is EQUIVALENT.
    store : Store, optional
        Where the rerun and the verdict are recorded; nowhere for an exported record.
    progress : ProgressReporter
        Advances with each evaluation.

    Raises
    ------
    DataError
        If the user's file is missing and the record has no copy, or it cannot be used any more.
    """
    job = load_job(record, original)
    progress.start(f"{original.config.task.label} {record.name}")
    rerun = repeat_trial(job, store, progress)
    return finish_reproduction(job, rerun, tolerance, store)


def repeat_trial(job: RerunJob, store: Store | None, progress: ProgressReporter) -> TrialResult:
    """Train a recorded trial again in this process, or repeat a reduction."""
    if job.record.is_reduction:
        from experiments.workflows.reduce import repeat_reduction

        return repeat_reduction(job.record, job.data)
    import linrnn.training.loop  # noqa: F401 torch, before the thread competes for the interpreter

    if store:
        Thread(target=load_writer, args=[store], daemon=True).start()
    return repeat_training(job, progress)


def load_writer(store: Store) -> None:
    """Load what records a trial, beside its training: MLflow and matplotlib, which take seconds."""
    with suppress(Exception):  # which is raised again where it is used
        import experiments.report.figures.trial_figures  # noqa: F401
        import tracking.runs.writer  # noqa: F401

        store.client.search_experiments(max_results=1)


def repeat_training(job: RerunJob, progress: ProgressReporter) -> TrialResult:
    """Train a recorded trial again in this process."""
    original = job.original
    return run_trial(
        job.config,
        artifacts=trial_artifacts,
        baselines=job.record.baselines(),
        last_epoch=original.history.epoch,
        test=original.test_loss is not None,
        form=original.history.form,
        progress=progress,
    )


def reproduce_trials(
    records: Sequence[TrialRecord], tolerance: float, store: Store, executor: Executor, progress: ProgressReporter
) -> list[Reproduction]:
    """Train recorded trials again on workers; return their reproductions in the order of the records."""
    by_run = {
        reproduction.record.run_id: reproduction
        for reproduction in iterate_reproductions(records, tolerance, store, executor, progress)
    }
    return [by_run[record.run_id] for record in records]


def iterate_reproductions(
    records: Sequence[TrialRecord], tolerance: float, store: Store, executor: Executor, progress: ProgressReporter
) -> Iterator[Reproduction]:
    """Yield each reproduction when it is finished."""
    pending: dict[Future[TrialResult], RerunJob] = {}
    for record in records:
        try:
            job = load_job(record, record.verify())
        except DamageError as error:
            progress.advance(details=f"{record.name}: {DAMAGED}")
            yield Reproduction(record, DAMAGED, tolerance, BitwiseComparison({}, None, 0.0), damage=str(error))
            continue
        pending[job.submit(executor)] = job
    while pending:
        for future in wait_in_order(pending):
            job = pending.pop(future)
            if isinstance(future.exception(), MissingDataError):
                pending[job.submit(executor, attach_contents=True)] = job
                continue
            rerun = future.result()
            reproduction = finish_reproduction(job, rerun, tolerance, store)
            details = f"{job.record.name}: {reproduction.verdict}"
            progress.advance(rerun.config.model.name, rerun.history.objective, details=details)
            yield reproduction


def load_job(record: TrialRecord, original: TrialResult) -> RerunJob:
    """Read the data of a recorded trial: the user's files as they are now, or the recorded copies of missing ones."""
    require_device(original.config.training)
    return RerunJob(record, original, load_recorded_data(original.config, record.copy))


def finish_reproduction(job: RerunJob, rerun: TrialResult, tolerance: float, store: Store | None) -> Reproduction:
    """Compare a rerun with its record and, if there is a store, record both."""
    reproduction = compare_rerun(job, rerun, tolerance)
    return reproduction if store is None else record_reproduction(store, job, rerun, reproduction)


def compare_rerun(job: RerunJob, rerun: TrialResult, tolerance: float) -> Reproduction:
    """Compare a rerun with its record bit by bit."""
    original = job.original
    comparison = compare_bitwise(*(stages(each.history, each.data, each.test_loss) for each in (original, rerun)))
    likely_causes: list[Change] = []
    if comparison.first:
        changes = compare_items(original.environment, rerun.environment)
        likely_causes = sort_by_likelihood(changes, comparison.first.quantity, original.history.form)
    return Reproduction(job.record, comparison.verdict(tolerance), tolerance, comparison, likely_causes)


def record_reproduction(store: Store, job: RerunJob, rerun: TrialResult, reproduction: Reproduction) -> Reproduction:
    """Record a rerun in the store of its record, and the verdict with both."""
    from tracking.runs.writer import record_trial, set_tags  # MLflow, which takes seconds to load

    record, verdict = job.record, reproduction.verdict
    tags: dict[str, str] = {
        Tag.PHASE: Phase.REPRODUCTION,
        Tag.ORIGINAL: record.run_id,
        Tag.REPRODUCTION_RESULT: verdict,
        Tag.PARENT: record.run_id,
    }
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    rerun = attach_data_files(rerun, job.data)
    omit = {name for name in rerun.files if is_shared(name) and record.find_file(name) == rerun.files[name]}
    try:
        with store.lock([SINGLE], wait=60):
            run_id = record_trial(store, rerun, f"reproduction of {record.name}", tags, omit=omit)
            set_tags(store, record.run_id, {Tag.LAST_REPRODUCTION: f"{verdict} {when}"})
    except BaseException as error:
        error.add_note(f"the verdict on {record.run_id} was {verdict}")
        raise
    return reproduction._replace(run_id=run_id)
