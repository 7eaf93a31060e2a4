"""A sweep: the studies of one task, one for each model type, equal budget, ended by a confirmation.

The same call again goes on where it was left: what the stores know is settled, and only what is missing is trained.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from typing import NamedTuple

from experiments.report.figures.task_figures import baselines_figure
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import load_sweep
from experiments.search.executors import ClusterError, WorkerDiedError
from experiments.search.search_space import describe_values
from experiments.search.study_state import StudyState, open_studies
from experiments.search.sweep_config import SweepConfig
from experiments.workflows.finish import finish_sweep
from experiments.workflows.interrupts import defer_signals
from experiments.workflows.progress import ProgressReporter
from experiments.workflows.resume import begin_or_resume, find_same_sweep, study_names
from experiments.workflows.retry import retry_while_away
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.errors import LinrnnError
from linrnn.tasks.task import Task
from linrnn.training.result import FailedTrial, TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.run_views import SweepRun
from tracking.runs.artifacts import baselines_file, data_files
from tracking.runs.query import confirmation_runs
from tracking.runs.reader import read_baselines, read_sweep
from tracking.runs.writer import end_run, record_failed_trial, record_trial, run_status, set_tags
from tracking.schema import Artifact, Phase, Tag
from tracking.store.access import Store
from tracking.store.store_errors import ServerAwayError, StoreError

RETRIES = 2  # of a trial whose worker died
PATIENCE = 300.0  # seconds for a server to come back


class TrialJob(NamedTuple):
    """A trial on its way; `number` is None for a confirmation."""

    search: StudyState
    config: TrialConfig
    number: int | None
    limits: Mapping[int, float] | None = None
    deaths: int = 0

    @property
    def name(self) -> str:
        """What its run is called."""
        model = self.config.model.name
        which = "confirmation" if self.number is None else f"{self.number:02d}"
        return f"{model} {which} {describe_values(self.config)}"

    @property
    def tags(self) -> dict[str, str]:
        """What its run says of its place in the sweep."""
        if self.number is None:
            return {Tag.PHASE: Phase.CONFIRMATION}
        return {Tag.PHASE: Phase.SEARCH, Tag.STUDY: self.search.study.study_name, Tag.TRIAL: str(self.number)}


@dataclass(frozen=True)
class SweepRunner:
    """A sweep on its way: where it is recorded, who trains, who is told, how long a server may be away; its task."""

    store: Store
    run_id: str
    executor: Executor
    watch: ProgressReporter
    patience: float
    task: Task
    floors: Baselines

    @property
    def shared(self) -> set[str]:
        """Names of the files that its own run keeps for all of its trials."""
        return {Artifact.BASELINES, *data_files(self.task)}

    def train(self, going: Sequence[StudyState]) -> None:
        """Train all that is missing, the studies side by side, each generation by generation."""
        confirmed = self.confirmed()
        waiting: dict[Future[TrialResult], TrialJob] = {}
        for search in going:
            waiting |= self.submit(self.next(search, confirmed))
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                work = waiting.pop(future)
                outcome = self.outcome(work, future)
                if isinstance(outcome, TrialJob):
                    waiting |= self.submit([outcome])
                    continue
                self.keep(work, outcome)
                if work.number is not None and all(other.search is not work.search for other in waiting.values()):
                    waiting |= self.submit(self.next(work.search, confirmed))

    def next(self, search: StudyState, confirmed: set[str]) -> list[TrialJob]:
        """What a study does next: its generation, then its confirmation, where they are not recorded yet."""
        if not search.is_complete:
            limits = search.pruning_limits()
            return [TrialJob(search, config, number, limits) for number, config in search.generation().items()]
        config = None if search.base.model.name in confirmed else search.confirmation()
        return [TrialJob(search, config, None)] if config else []

    def confirmed(self) -> set[str]:
        """Model types whose confirmation is recorded; those that were cut short are closed."""
        names = set()
        for run in confirmation_runs(self.store, read_sweep(self.store, self.run_id)):
            if run.is_recorded:
                names.add(run.model)
            elif run.is_running:
                end_run(self.store, run.run_id, "KILLED")
        return names

    def submit(self, works: Sequence[TrialJob]) -> dict[Future[TrialResult], TrialJob]:
        """Trials on their way to the workers."""
        return {
            self.executor.submit(
                run_trial, work.config, work.limits, test=work.number is None, floors=self.floors
            ): work
            for work in works
        }

    def outcome(self, work: TrialJob, future: Future[TrialResult]) -> TrialResult | FailedTrial | TrialJob:
        """What became of a trial: trained, failed with a reason, or to be tried again as its worker died."""
        try:
            return future.result()
        except LinrnnError:
            raise
        except CancelledError as error:
            raise ClusterError("the cluster dropped a trial: its scheduler has gone") from error
        except WorkerDiedError as error:
            if work.deaths < RETRIES:
                return work._replace(deaths=work.deaths + 1)
            return FailedTrial(work.config, f"{error}, {work.deaths + 1} times", time.time(), 0.0)
        except Exception as error:
            return FailedTrial(work.config, f"{type(error).__name__}: {error}", time.time(), 0.0)

    def keep(self, work: TrialJob, outcome: TrialResult | FailedTrial) -> None:
        """Record a trial and, when its run is complete, tell its study."""
        try:
            self.write(work, outcome)
        except ServerAwayError:
            retry_while_away(self.patience, self.watch, lambda: self.write_again(work, outcome))
        self.watch.done(work.config.model.name, outcome.result.loss)

    def write(self, work: TrialJob, outcome: TrialResult | FailedTrial) -> None:
        """The run, then Optuna, whole."""
        tags = {**work.tags, Tag.PARENT: self.run_id}
        with defer_signals():
            if isinstance(outcome, FailedTrial):
                run_id = record_failed_trial(self.store, outcome, work.name, tags)
            else:
                run_id = record_trial(self.store, outcome, work.name, tags, omit=self.shared)
            if work.number is not None:
                work.search.heard(work.number, outcome.result, run_id)

    def write_again(self, work: TrialJob, outcome: TrialResult | FailedTrial) -> None:
        """The same after a server was away, which may have kept what it did not answer to."""
        if work.number is None:
            if work.config.model.name not in self.confirmed():
                self.write(work, outcome)
            return
        work.search.settle()
        if work.number not in work.search.known:
            self.write(work, outcome)


def run_sweep(
    config: SweepConfig,
    store: Store,
    executor: Executor,
    watch: ProgressReporter,
    fresh: bool = False,
    patience: float = PATIENCE,
) -> SweepSummary:
    """Search with every model type, confirm the best of each on fresh seeds, and sum up from the store.

    A sweep that was left goes on, one that is finished is only summed up; `fresh` begins a new one.
    """
    watch.begin(config.task)
    names = study_names(config, store, fresh)
    with store.lock(names):
        left = find_same_sweep(config, store, names)
        if left and left.is_finished:
            return show_finished_sweep(store, left, watch)
        task = config.bases[0].task
        floors = (left and recorded_baselines(store, left)) or compute_baselines(task)
        run_id = begin_or_resume(config, store, names, left, sweep_files(task, floors))
        with store.write_errors(), run_status(store, run_id):
            record_notes(store, run_id, task)
            going = list(open_studies(config, store, names))
            run_sweep = SweepRunner(store, run_id, executor, watch, patience, task, floors)
            watch.skip(sum(search.done for search in going) + len(run_sweep.confirmed()))
            run_sweep.train(going)
            summary = retry_while_away(patience, watch, lambda: finish_sweep(store, run_id))
    return summary


def record_notes(store: Store, run_id: str, task: Task) -> None:
    """Record on a sweep's run how the user's file was read, where there is something to note."""
    notes = task.notes()
    if notes:
        set_tags(store, run_id, {Tag.DATA_NOTES: "\n".join(notes)})


def show_finished_sweep(store: Store, finished: SweepRun, watch: ProgressReporter) -> SweepSummary:
    """What a finished sweep found."""
    summary = summarize(load_sweep(store, finished))
    watch.skip(sum(study.trials for study in summary.studies) + len(summary.studies))
    return summary


def recorded_baselines(store: Store, left: SweepRun) -> Baselines | None:
    """The floors that a sweep that was left has told, to which its trials refer; None where it had not come so far."""
    try:
        return read_baselines(store, left)
    except StoreError:
        return None


def sweep_files(task: Task, floors: Baselines) -> dict[str, bytes]:
    """Name -> content of the files of a sweep's run."""
    return {
        Artifact.BASELINES: baselines_file(floors),
        Artifact.BASELINES_FIGURE: baselines_figure(floors),
        **data_files(task),
    }
