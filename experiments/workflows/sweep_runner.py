"""One sweep in progress: its locks, its run, its studies, and the trials that it needs next."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from experiments.report.figures.task_figures import baselines_figure
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.executors import MissingDataError, WorkerDiedError
from experiments.search.search_space import describe_space
from experiments.search.study_state import StudyState, open_studies
from experiments.search.sweep_config import Sweep
from experiments.workflows.finish import finish_sweep
from experiments.workflows.interrupts import defer_signals
from experiments.workflows.progress import ProgressReporter
from experiments.workflows.resume import begin_or_resume, find_same_sweep, study_names
from experiments.workflows.retry import retry_on_outage
from experiments.workflows.trial import attach_data_files
from experiments.workflows.trial_job import TrialJob
from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.errors import DataError
from linrnn.tasks.task import TaskData
from linrnn.training.history import OBJECTIVE
from linrnn.training.result import FailedTrial, TrialResult
from tracking.run_views import SweepRun
from tracking.runs.artifacts import baselines_file, data_files, nonlinearity_tests_file, step_losses_file
from tracking.runs.query import confirmation_runs
from tracking.runs.reader import read_baselines, read_sweep
from tracking.runs.writer import end_run, record_failed_trial, record_trial, run_status, set_tags
from tracking.schema import OBJECTIVE_VERSION, Artifact, Tag
from tracking.store.access import Store
from tracking.store_errors import ServerAwayError, StoreError

RETRIES = 2  # of a trial whose worker died


class SweepRunner:
    """One sweep in progress; as a context manager it closes its run and its locks, however the body ends.

    Parameters
    ----------
    sweep : Sweep
        What to compute, and its data.
    store : Store
    progress : ProgressReporter
    fresh : bool
        Whether to begin a new sweep where the same one is recorded.
    patience : float
        Seconds to wait for a server that is away.
    figures : bool
        Whether to draw figures and the report.
    """

    summary: SweepSummary | None = None  # once it is finished
    run_id: str
    baselines: Baselines

    def __init__(
        self, sweep: Sweep, store: Store, progress: ProgressReporter, fresh: bool, patience: float, figures: bool
    ) -> None:
        self.config, self.data = sweep
        self.store, self.progress, self.fresh, self.patience = store, progress, fresh, patience
        self.figures = figures
        self.resources = ExitStack()
        self.n_pending: dict[str, int] = {}  # trials of each study that are with the workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.resources.__exit__(kind, error, trace)

    def start(self) -> list[TrialJob]:
        """Begin, resume or only summarize the sweep; return the first trials."""
        self.progress.start(self.config.task)
        names = study_names(self.config, self.store, self.fresh)
        self.resources.enter_context(self.store.lock(names))
        earlier = find_same_sweep(self.config, self.store, names)
        if earlier and earlier.is_finished:
            self.show_record(earlier)
            return []
        self.baselines = (earlier and find_baselines(self.store, earlier)) or compute_baselines(
            self.data.task, self.data.splits
        )
        files = sweep_files(self.data, self.baselines)
        self.run_id = begin_or_resume(self.config, self.store, names, earlier, files)
        self.resources.enter_context(self.store.write_errors())
        self.resources.enter_context(run_status(self.store, self.run_id))
        self.record_notes()
        states = list(open_studies(self.config, self.store, names))
        self.progress.skip(
            sum(state.trial_count for state in states) + len(self.find_confirmations()), self.config.task
        )
        jobs = [job for state in states for job in self.next_jobs(state)]
        self.finish_if_complete()
        return jobs

    def record_notes(self) -> None:
        """Record the question, the search space, and how the user's file was read, if there is something to note."""
        spaces = {base.model.name: self.config.space(base) for base in self.config.bases}
        tags: dict[str, str] = {Tag.QUESTION: self.data.task.question, Tag.SEARCH_SPACE: describe_space(spaces)}
        if notes := self.data.task.notes():
            tags[Tag.DATA_NOTES] = "\n".join(notes)
        set_tags(self.store, self.run_id, tags)

    def next_jobs(self, state: StudyState) -> list[TrialJob]:
        """Return the trials that a study needs next: of its generation, then its confirmation, unless recorded."""
        if not state.is_complete:
            limits = state.pruning_limits()
            jobs = [
                TrialJob(state, config, self.baselines, self.figures, number, limits)
                for number, config in state.missing_trials().items()
            ]
        elif state.base.model.name not in self.find_confirmations():
            config = state.confirmation()
            jobs = [TrialJob(state, config, self.baselines, self.figures)] if config else []
        else:
            jobs = []
        self.n_pending[state.study.study_name] = len(jobs)
        return jobs

    def find_confirmations(self) -> set[str]:
        """Return the model types whose confirmation is recorded; close interrupted confirmations as KILLED."""
        names = set()
        for run in confirmation_runs(self.store, read_sweep(self.store, self.run_id)):
            if run.is_recorded:
                names.add(run.model)
            elif run.is_running:
                end_run(self.store, run.run_id, "KILLED")
        return names

    def retry(self, job: TrialJob, error: BaseException | None) -> TrialJob | None:
        """Return the job to submit again after an error that the trial did not cause, or None."""
        if isinstance(error, MissingDataError):
            return job._replace(contents=self.data.task.contents)
        if isinstance(error, WorkerDiedError) and job.deaths < RETRIES:
            return job._replace(deaths=job.deaths + 1)
        return None

    def record(self, job: TrialJob, result: TrialResult | FailedTrial) -> list[TrialJob]:
        """Record a trial; return the trials that can start now. The last trial finishes the sweep."""
        try:
            self.write(job, result)
        except ServerAwayError:
            retry_on_outage(self.patience, self.progress, lambda: self.rewrite(job, result))
        self.progress.advance(
            job.config.model.name, result.result.loss, self.config.task, describe_trial(self.config.task, job, result)
        )
        self.n_pending[job.study] -= 1
        jobs = []
        if not self.n_pending[job.study] and job.number is not None:
            jobs = self.next_jobs(job.state)
        self.finish_if_complete()
        return jobs

    def write(self, job: TrialJob, result: TrialResult | FailedTrial) -> None:
        """Write the run, then report the trial to Optuna; signals wait until both are complete."""
        tags = {**job.tags, Tag.PARENT: self.run_id}
        files = data_files(self.data)
        with defer_signals():
            if isinstance(result, FailedTrial):
                run_id = record_failed_trial(self.store, result, job.name, tags)
            else:
                result = attach_data_files(result, self.data)
                run_id = record_trial(self.store, result, job.name, tags, omit={Artifact.BASELINES, *files})
            if job.number is not None:
                job.state.add(job.number, result.result, run_id)

    def rewrite(self, job: TrialJob, result: TrialResult | FailedTrial) -> None:
        """Write after a server was away, unless it has recorded what it did not acknowledge."""
        if job.number is None:
            if job.config.model.name not in self.find_confirmations():
                self.write(job, result)
            return
        job.state.reconcile()
        if job.number not in job.state.history:
            self.write(job, result)

    def finish_if_complete(self) -> None:
        """Summarize the sweep and close its run and locks once no trial is pending."""
        if not any(self.n_pending.values()):
            self.summary = retry_on_outage(
                self.patience, self.progress, lambda: finish_sweep(self.store, self.run_id, self.figures)
            )
            self.resources.close()

    def show_record(self, sweep_run: SweepRun) -> None:
        """Summarize a sweep that is recorded already."""
        self.summary = summarize(load_sweep(self.store, sweep_run))
        self.progress.skip(
            sum(study.trials for study in self.summary.studies) + len(self.summary.studies), self.config.task
        )
        self.resources.close()


def describe_trial(task: str, job: TrialJob, result: TrialResult | FailedTrial) -> str:
    """Return one line on a trial: its settings, how it ended and its validation loss."""
    summary = result.result
    end = result.reason if isinstance(result, FailedTrial) else f"best val loss ({OBJECTIVE}) {summary.loss:.4g}"
    return f"{task}: {job.name}: {summary.outcome}, {end}"


def find_baselines(store: Store, sweep_run: SweepRun) -> Baselines | None:
    """Return the baselines that an interrupted sweep recorded, to which its trials refer.

    None if it had none yet, or was interrupted before it wrote their step losses, which versions before 0.2.0 have not.
    """
    try:
        baselines = read_baselines(store, sweep_run)
    except StoreError:
        return None
    return baselines if baselines.step_losses or sweep_run.version < OBJECTIVE_VERSION else None


def sweep_files(data: TaskData, baselines: Baselines) -> Mapping[str, bytes]:
    """Name -> content of the files of a sweep's run."""
    step_losses = baselines.step_losses
    return {
        Artifact.BASELINES: baselines_file(baselines),
        **({Artifact.BASELINE_STEP_LOSSES: step_losses_file(step_losses)} if step_losses else {}),
        Artifact.BASELINES_FIGURE: baselines_figure(baselines),
        **nonlinearity_files(data, baselines),
        **data_files(data),
    }


def nonlinearity_files(data: TaskData, baselines: Baselines) -> Mapping[str, bytes]:
    """Name -> content of the file of nonlinearity tests; none for classes and for too few data."""
    if data.splits.train.classes:
        return {}
    try:
        tests = compute_nonlinearity_tests(data.task, data.splits, baselines.step_losses)
    except DataError:
        return {}
    return {Artifact.NONLINEARITY_TESTS: nonlinearity_tests_file(tests)}
