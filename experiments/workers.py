"""Workers: a trial config in, what was trained out. They write to no store."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from experiments.console import NOBODY, Watch
from linrnn.config import TrialConfig
from linrnn.digests import origin_digests
from linrnn.training import losses_on_test, train
from tracking.provenance import environment
from tracking.trained import Trained


def run_trial(config: TrialConfig, test: bool = False, watch: Watch = NOBODY) -> Trained:
    """Train one trial to its end; reads the test split only where `test` says so."""
    started = time.time()
    splits = config.task.splits()
    for progress in train(config, splits):
        watch.done(config.model.name, progress.median_best_val_loss)
    trained = Trained(config, progress, started, time.time() - started, environment(), origin_digests(config, splits))
    if test:
        trained = replace(trained, test_loss=losses_on_test(config, progress, splits))

    from experiments.figures import learning_curves  # matplotlib, not needed before

    return replace(trained, files={"curves.png": learning_curves(trained)})


@contextmanager
def local_workers(count: int) -> Iterator[Executor]:
    """So many worker processes of this machine; ended at once when the body raises."""
    executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=leave_interrupts)
    try:
        for _ in range(count):
            executor.submit(environment)  # starts the processes and their imports
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        raise
    executor.shutdown()


def leave_interrupts() -> None:
    """Ctrl-C reaches the whole process group; the parent alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
