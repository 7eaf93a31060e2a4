"""Times of whole sweeps, the share of recording, and the speed-up by a second worker."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from experiments.benchmark.timer import Spread, spread
from experiments.search.executors import local_workers
from experiments.search.sweep_config import SweepConfig, sweep_config, total_trials
from experiments.workflows.sweep import run_sweep
from experiments.workflows.sweep_runner import SweepRunner
from experiments.workflows.trial import run_trial
from linrnn.models import DEFAULT_MODELS
from linrnn.training.trial_config import from_text
from tracking.store.access import Store

WORKERS = 2
END_TO_END = {"sweep.trials": "10"}
LONG_TRIALS = {  # of equal size, so that training dominates and the load is balanced
    "sweep.trials": "10",
    "sweep.confirmation": "10",
    "model.hidden_size": "64",
    "training.epochs": "1000",
}
TINY = {"sweep.trials": "2", "sweep.confirmation": "2", "training.epochs": "5", "training.replicas": "2"}


class SweepTimes(NamedTuple):
    """Times of a sweep in seconds, with and without the start of its workers, and of recording a trial in ms."""

    config: SweepConfig
    total: float
    net: float
    recording: Spread
    recording_share: float

    @property
    def per_minute(self) -> float:
        """Trials per minute, without the start of the workers."""
        return 60 * total_trials([self.config]) / self.net


def time_sweep(store: Store, settings: Mapping[str, str], workers: int) -> SweepTimes:
    """Time a sweep of all model types on `sine`; 0 workers: in a thread of this process."""
    config = sweep_config("sine", DEFAULT_MODELS, settings)
    with time_recording() as recording_seconds:
        start = time.perf_counter()
        with local_workers(workers) if workers else ThreadPoolExecutor(1) as executor:
            start_workers(executor, workers)
            ready = time.perf_counter()
            run_sweep(config, store, executor, fresh=True)
            end = time.perf_counter()
    recording = spread([1000 * seconds for seconds in recording_seconds])
    return SweepTimes(config, end - start, end - ready, recording, sum(recording_seconds) / (end - ready))


@contextmanager
def time_recording() -> Iterator[list[float]]:
    """Yield a list of the seconds that the parent process spends on writing each trial of a search."""
    seconds: list[float] = []
    write = SweepRunner.write

    def wrapper(*arguments: Any) -> None:
        start = time.perf_counter()
        write(*arguments)
        seconds.append(time.perf_counter() - start)

    with patch.object(SweepRunner, "write", wrapper):
        yield seconds


def start_workers(executor: Executor, workers: int) -> None:
    """Wait until every worker has imported its modules and trained once."""
    processes: set[int] = set()
    while len(processes) < workers:
        processes |= set(executor.map(prepare_worker, range(workers)))


def prepare_worker(_: int) -> int:
    """Train a little in a worker; return the process id."""
    for model in DEFAULT_MODELS:
        run_trial(from_text({"task": "sine", "model": model, **{k: v for k, v in TINY.items() if "sweep" not in k}}))
    time.sleep(0.2)  # so that other workers get a call, too
    return os.getpid()
