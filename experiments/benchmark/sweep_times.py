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
from linrnn.models import MODELS
from linrnn.training.trial_config import from_text
from tracking.store.access import Store

WORKERS = 2
END_TO_END = {"sweep.trials": "10"}
LONG_TRIALS = {  # all of one size, so that training dominates and the workers have equal shares
    "sweep.trials": "6",
    "sweep.generation": "6",
    "sweep.confirmation": "10",
    "model.hidden_size": "64",
    "training.epochs": "1000",
}
TINY = {"sweep.trials": "2", "sweep.confirmation": "2", "training.epochs": "5", "training.replicas": "2"}


class SweepTimes(NamedTuple):
    """A sweep that was timed, in seconds: with its workers' start, and without; and each trial's recording in ms."""

    config: SweepConfig
    total: float
    net: float
    recording: Spread
    recording_share: float

    @property
    def per_minute(self) -> float:
        """Trials a minute, the workers' start aside."""
        return 60 * total_trials([self.config]) / self.net


def time_sweep(store: Store, settings: Mapping[str, str], workers: int) -> SweepTimes:
    """A sweep of both model types on the sine, with no worker processes for 0 workers."""
    config = sweep_config("sine", tuple(MODELS), settings)
    with time_recording() as recorded:
        started = time.perf_counter()
        with local_workers(workers) if workers else ThreadPoolExecutor(1) as executor:
            start_workers(executor, workers)
            ready = time.perf_counter()
            run_sweep(config, store, executor, fresh=True)
            ended = time.perf_counter()
    recording = spread([1000 * seconds for seconds in recorded])
    return SweepTimes(config, ended - started, ended - ready, recording, sum(recorded) / (ended - ready))


@contextmanager
def time_recording() -> Iterator[list[float]]:
    """The seconds that the parent spends on each trial of a search: recording it and telling Optuna."""
    seconds: list[float] = []
    write = SweepRunner.write

    def wrapper(*arguments: Any) -> None:
        started = time.perf_counter()
        write(*arguments)
        seconds.append(time.perf_counter() - started)

    with patch.object(SweepRunner, "write", wrapper):
        yield seconds


def start_workers(executor: Executor, workers: int) -> None:
    """Wait until every worker has imported what it needs and trained once."""
    seen: set[int] = set()
    while len(seen) < workers:
        seen |= set(executor.map(prepare_worker, range(workers)))


def prepare_worker(_: int) -> int:
    """Train a little in a worker; return the process id."""
    for model in MODELS:
        run_trial(from_text({"task": "sine", "model": model, **{k: v for k, v in TINY.items() if "sweep" not in k}}))
    time.sleep(0.2)  # so that the others get one too
    return os.getpid()
