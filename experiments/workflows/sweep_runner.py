"""One sweep in progress: its locks, its run, its studies, and the trials that it needs next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from experiments.report.figures.picture_files import CONFIRMATION, PARTS, SEARCH, SYSTEMS, TRAINING
from experiments.report.figures.sweep_figures import draw_baselines, draw_part
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.executors import MissingDataError, WorkerDiedError
from experiments.search.search_space import describe_space
from experiments.search.study_state import StudyState, open_studies
from experiments.search.sweep_config import Sweep
from experiments.workflows.figure_job import Drawing, FigureJob
from experiments.workflows.finish import SweepOutcome, load_record, write_outcome
from experiments.workflows.interrupts import defer_signals
from experiments.workflows.progress import ProgressReporter
from experiments.workflows.resume import begin_or_resume, find_same_sweep, study_names
from experiments.workflows.retry import retry_on_outage
from experiments.workflows.trial import attach_data_files
from experiments.workflows.trial_job import TrialJob
from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.errors import DataError
from linrnn.tasks.task import TaskData
from linrnn.training.history import OBJECTIVE
from linrnn.training.result import FailedTrial, TrialResult
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.run_views import SweepRun
from tracking.runs.artifacts import baselines_file, data_files, nonlinearity_tests_file, step_losses_file
from tracking.runs.inspection import inspect_runs
from tracking.runs.query import confirmation_runs
from tracking.runs.reader import read_baselines, read_sweep
from tracking.runs.writer import (
    end_run,
    record_failed_trial,
    record_trial,
    run_status,
    set_tags,
    write_files,
)
from tracking.schema import OBJECTIVE_VERSION, Artifact, Tag
from tracking.store.access import Store
from tracking.store_errors import ServerAwayError, StoreError

RETRIES = 2  # of a trial whose worker died
LAGS = "lags"  # a part of the figures, beside those of a report
Job: TypeAlias = "TrialJob | FigureJob"
T = TypeVar("T")


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
    submit : callable
        Gives a job of this sweep to the workers; `receive` gets its result.
    """

    summary: SweepSummary | None = None  # once it is finished
    outcome: SweepOutcome | None = None  # once its trials are complete
    run_id: str
    baselines: Baselines

    def __init__(
        self,
        sweep: Sweep,
        store: Store,
        progress: ProgressReporter,
        fresh: bool,
        patience: float,
        figures: bool,
        submit: Callable[[SweepRunner, Job], None],
    ) -> None:
        self.config, self.data = sweep
        self.store, self.progress, self.fresh, self.patience = store, progress, fresh, patience
        self.figures, self.submit = figures, submit
        self.resources = ExitStack()
        self.states: list[StudyState] = []
        self.n_pending: dict[str, int] = {}  # trials of each study that are with the workers
        self.drawings: dict[str, Drawing | None] = {}  # parts of the figures; None while they are with the workers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.resources.__exit__(kind, error, trace)

    def start(self) -> None:
        """Begin, resume or only summarize the sweep; submit its first trials."""
        self.progress.start(self.config.task)
        names = study_names(self.config, self.store, self.fresh)
        self.resources.enter_context(self.store.lock(names))
        earlier = find_same_sweep(self.config, self.store, names)
        if earlier and earlier.is_finished and self.show_record(earlier):
            return
        self.baselines = (earlier and find_baselines(self.store, earlier)) or compute_baselines(
            self.data.task, self.data.splits
        )
        self.states = list(open_studies(self.config, self.store, names))
        for state in self.states:  # first of all: the first trials train while this process loads MLflow
            if not state.is_complete:
                self.submit_trials(state)
        tests, reason = run_data_tests(self.data, self.baselines)
        files = sweep_files(self.data, self.baselines, tests)
        with self.store.write_errors():
            experiment_id(self.store, self.config.task)  # where its trials go; raises before one is recorded
        self.run_id = begin_or_resume(self.config, self.store, names, earlier, files)
        self.resources.enter_context(self.store.write_errors())
        self.resources.enter_context(run_status(self.store, self.run_id))
        self.record_notes([reason] if reason else [])
        confirmations = len(self.find_confirmations())
        self.progress.skip(sum(state.trial_count for state in self.states) + confirmations, self.config.task)
        for state in self.states:
            if state.is_complete:
                self.submit_trials(state)
        if self.figures:
            self.draw(LAGS, draw_baselines, self.baselines)
        self.proceed()

    def record_notes(self, omissions: Sequence[str]) -> None:
        """Record the question, the search space, how the user's file was read, and why tests are left out."""
        spaces = {base.model.name: self.config.space(base) for base in self.config.bases}
        tags: dict[str, str] = {Tag.QUESTION: self.data.task.question, Tag.SEARCH_SPACE: describe_space(spaces)}
        if notes := [*self.data.task.notes(), *omissions]:
            tags[Tag.DATA_NOTES] = "\n".join(notes)
        set_tags(self.store, self.run_id, tags)

    def submit_trials(self, state: StudyState) -> None:
        """Submit the trials that a study needs next: of its generation, then its confirmation, unless recorded."""
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
        for job in jobs:
            self.submit(self, job)

    def find_confirmations(self) -> set[str]:
        """Return the model types whose confirmation is recorded; close interrupted confirmations as KILLED."""
        runs = confirmation_runs(self.store, read_sweep(self.store, self.run_id))
        for run in runs:
            if run.is_running:
                end_run(self.store, run.run_id, "KILLED")
        return {run.model for run in inspect_runs(self.store, (run for run in runs if run.is_recorded)).sound}

    def retry(self, job: TrialJob, error: BaseException | None) -> TrialJob | None:
        """Return the job to submit again after an error that the trial did not cause, or None."""
        if isinstance(error, MissingDataError):
            return job._replace(contents=self.data.task.contents)
        if isinstance(error, WorkerDiedError) and job.deaths < RETRIES:
            return job._replace(deaths=job.deaths + 1)
        return None

    def receive(self, job: Job, future: Future[Any]) -> None:
        """Record what a job returned; submit what can start now. The last job finishes the sweep."""
        if isinstance(job, FigureJob):
            self.record_drawing(job.part, job.result(future))
        else:
            again = self.retry(job, None if future.cancelled() else future.exception())
            if again:
                self.submit(self, again)
                return
            self.record(job, job.result(future))
        self.proceed()

    def record(self, job: TrialJob, result: TrialResult | FailedTrial) -> None:
        """Record a trial; submit the trials of its study that can start now."""
        try:
            self.write(job, result)
        except ServerAwayError:
            self.retry_on_outage(lambda: self.rewrite(job, result))
        self.progress.advance(
            job.config.model.name, result.result.loss, self.config.task, describe_trial(self.config.task, job, result)
        )
        self.n_pending[job.study] -= 1
        if not self.n_pending[job.study] and job.number is not None:
            self.submit_trials(job.state)

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

    def proceed(self) -> None:
        """Draw the figures whose numbers are complete; finish the sweep once all are drawn.

        Those of the search are drawn while the confirmations train.
        """
        if self.figures and SEARCH not in self.drawings and all(state.is_complete for state in self.states):
            _, _, record = self.retry_on_outage(lambda: load_record(self.store, self.run_id, self.data.task))
            self.draw(SEARCH, draw_part, SEARCH, replace(record, confirmations=()))
        if any(self.n_pending.values()):
            return
        if self.outcome is None:
            self.outcome = self.summarize()
        if None not in self.drawings.values():
            self.finish(self.outcome)

    def summarize(self) -> SweepOutcome:
        """Summarize the sweep; let workers draw the figures of its confirmations."""
        run, runs, record = self.retry_on_outage(lambda: load_record(self.store, self.run_id, self.data.task))
        if self.figures:
            self.draw(TRAINING, draw_part, TRAINING, record)
            self.draw(SYSTEMS, draw_part, SYSTEMS, record)
        outcome = SweepOutcome(run, runs, record, summarize(record))
        if self.figures:
            self.draw(CONFIRMATION, draw_part, CONFIRMATION, record, outcome.summary)
        return outcome

    def draw(self, part: str, function: Callable[..., Drawing], *arguments: Any) -> None:
        """Let a worker draw some figures."""
        self.drawings[part] = None
        self.submit(self, FigureJob(part, function, arguments))

    def record_drawing(self, part: str, drawing: Drawing) -> None:
        """Keep figures for the report; write that of the baselines."""
        self.drawings[part] = drawing
        if isinstance(drawing, bytes):
            self.retry_on_outage(lambda: write_figure(self.store, self.run_id, Artifact.BASELINES_FIGURE, drawing))

    def finish(self, outcome: SweepOutcome) -> None:
        """Write the summary, figures and report; close the run and its locks."""
        parts = (self.drawings.get(part) for part in PARTS)
        pictures = [picture for part in parts if isinstance(part, list) for picture in part]
        self.retry_on_outage(lambda: write_outcome(self.store, outcome, pictures, self.figures))
        self.summary = outcome.summary
        self.resources.close()

    def retry_on_outage(self, attempt: Callable[[], T]) -> T:
        """Return what the attempt returns; repeat it while a server is away."""
        return retry_on_outage(self.patience, self.progress, attempt)

    def show_record(self, sweep_run: SweepRun) -> bool:
        """Summarize a sweep that is recorded already; return whether all of its record is there and sound."""
        try:
            record = load_sweep(self.store, sweep_run, task=self.data.task)
        except ServerAwayError:
            raise
        except StoreError:
            return False
        if record.omissions:
            return False
        self.summary = summarize(record)
        self.progress.skip(
            sum(study.trials for study in self.summary.studies) + len(self.summary.studies), self.config.task
        )
        self.resources.close()
        return True


def write_figure(store: Store, run_id: str, name: str, content: bytes) -> None:
    """Write a figure to a run."""
    with store.write_errors():
        write_files(store, read_sweep(store, run_id).info, {name: content})


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


def sweep_files(data: TaskData, baselines: Baselines, tests: NonlinearityTests | None) -> Mapping[str, bytes]:
    """Name -> content of the files of a sweep's run."""
    step_losses, steps = baselines.step_losses, data.splits.test.step_count
    return {
        Artifact.BASELINES: baselines_file(baselines),
        **({Artifact.BASELINE_STEP_LOSSES: step_losses_file(step_losses, steps)} if step_losses else {}),
        **({Artifact.NONLINEARITY_TESTS: nonlinearity_tests_file(tests)} if tests else {}),
        **data_files(data),
    }


def run_data_tests(data: TaskData, baselines: Baselines) -> tuple[NonlinearityTests | None, str]:
    """Test the data for nonlinearity; return the tests or, where there are too few data, None and a note that says so.

    Classes have no tests.
    """
    if data.splits.train.classes:
        return None, ""
    try:
        return compute_nonlinearity_tests(data.task, data.splits, baselines.step_losses), ""
    except DataError as error:
        return None, f"no nonlinearity tests, as {error}"
