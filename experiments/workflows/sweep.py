"""Sweeps: for each task the studies of all model types, equal budget, ended by a confirmation.

The sweeps of a command share the workers. The same call again resumes where an earlier one was interrupted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from typing import Any

from experiments.report.summary import SweepSummary
from experiments.search.executors import count_workers, wait_in_order
from experiments.search.sweep_config import Sweep, SweepConfig
from experiments.workflows.progress import NullProgress, ProgressReporter
from experiments.workflows.sweep_runner import Job, SweepRunner
from linrnn.errors import LinrnnError
from tracking.store.access import Store

PATIENCE = 300.0  # seconds to wait for a server that is away


def run_sweep(
    sweep: Sweep | SweepConfig,
    store: Store,
    executor: Executor,
    progress: ProgressReporter | None = None,
    fresh: bool = False,
    patience: float = PATIENCE,
    figures: bool = True,
) -> SweepSummary:
    """Run one sweep; see `run_sweeps`. A config alone reads its data here."""
    if isinstance(sweep, SweepConfig):
        sweep = Sweep(sweep, sweep.bases[0].task.load())
    (summary,) = run_sweeps([sweep], store, executor, progress, fresh, patience, figures)
    return summary


def run_sweeps(
    sweeps: Sequence[Sweep],
    store: Store,
    executor: Executor,
    progress: ProgressReporter | None = None,
    fresh: bool = False,
    patience: float = PATIENCE,
    figures: bool = True,
) -> list[SweepSummary]:
    """Search with every model type on each task, confirm the best configs on fresh seeds, and summarize the record.

    Sweeps begin in their order, each as soon as the earlier ones leave a worker idle. All trials are recorded by this
    process. The results depend on the sweeps alone, not on the executor or on interruptions.

    Parameters
    ----------
    sweeps : sequence of Sweep
        What to compute, with the data.
    store : Store
        Where trials and sweeps are recorded.
    executor : concurrent.futures.Executor
        The workers.
    progress : ProgressReporter, optional
        Advances with each trial.
    fresh : bool
        Whether to begin new sweeps where the same ones are recorded. By default an interrupted sweep is resumed and a
        finished one only summarized.
    patience : float
        Seconds to wait for a server that is away.
    figures : bool
        Whether to draw and record figures and reports, which `compare` and `report` can draw later, too.

    Returns
    -------
    list of SweepSummary
        In the order of the sweeps.

    Raises
    ------
    LockConflictError
        If another process works on the same studies; the sweeps that run here are finished first.
    StoreError
        If the store cannot be read or written.
    """
    queue = JobQueue(executor)
    runners = [
        SweepRunner(sweep, store, progress or NullProgress(), fresh, patience, figures, queue.submit)
        for sweep in sweeps
    ]
    with ExitStack() as stack:
        for runner in runners:
            stack.enter_context(runner)
        train(runners, queue)
    return [runner.summary for runner in runners if runner.summary]


class JobQueue:
    """The jobs that are with the workers, and the sweep that each belongs to."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.pending: dict[Future[Any], tuple[SweepRunner, Job]] = {}

    def submit(self, runner: SweepRunner, job: Job) -> None:
        """Give a job of a sweep to the workers."""
        self.pending[job.submit(self.executor)] = runner, job

    def withdraw(self, runner: SweepRunner) -> None:
        """Forget the jobs of a sweep that could not begin."""
        for future in [future for future, (owner, _) in self.pending.items() if owner is runner]:
            future.cancel()
            del self.pending[future]

    @property
    def has_room(self) -> bool:
        """Whether a worker is idle."""
        return len(self.pending) < count_workers(self.executor)

    def receive(self, timeout: float | None) -> None:
        """Wait until a job is finished, for some seconds at most; hand over finished ones in their order."""
        for future in wait_in_order(self.pending, timeout):
            runner, job = self.pending.pop(future)
            runner.receive(job, future)


def train(runners: Sequence[SweepRunner], queue: JobQueue) -> None:
    """Start the sweeps in turn and record their trials until all are finished."""
    waiting = deque(runners)
    failure: LinrnnError | None = None
    while waiting or queue.pending:
        timeout = None
        if waiting and queue.has_room:
            runner, timeout = waiting.popleft(), 0
            try:
                runner.start()
            except LinrnnError as refusal:  # the sweeps that run already are finished before it is raised
                failure = refusal
                queue.withdraw(runner)
                waiting.clear()
        queue.receive(timeout)
    if failure:
        raise failure
