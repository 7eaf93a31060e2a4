"""Worker processes. Imports little itself, so that they start before their parent has loaded anything."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver

PRELOADED = [  # once, in the server that all workers are forked from
    "linrnn.training",
    "linrnn.kernels.steps",
    "experiments.trials",
    "experiments.figures",
]


@contextmanager
def local_workers(count: int) -> Iterator[Executor]:
    """So many worker processes of this machine; ended at once when the body raises."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    forkserver.ensure_running()  # loads on its own; the first task submitted waits for it
    executor = ProcessPoolExecutor(count, context, initializer=stand_back)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        raise
    executor.shutdown()


def stand_back() -> None:
    """Leave Ctrl-C, which reaches the whole process group, and the processor, when it is asked for, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
