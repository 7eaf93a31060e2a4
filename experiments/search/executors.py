"""Who trains: processes of this machine, or a Dask cluster. Imports little itself, so that workers start early.

Both are a `concurrent.futures.Executor`; the death of a worker costs the trial that it had, and no other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from queue import SimpleQueue
from typing import Any, TypeVar

from linrnn.errors import ConfigError, LinrnnError

T = TypeVar("T")

PRELOADED = [  # once, in the server that all workers are forked from
    "linrnn.training.loop",
    "linrnn.kernels.interface",
    "experiments.workflows.trial",
    "experiments.report.figures.trial_figures",
]
CONNECT_SECONDS = 20  # for a scheduler to answer and to have workers
SAME = ("linrnn", "torch", "numpy", "numba", "scipy", "commit")  # what every worker must have as this process does


class WorkerDiedError(Exception):
    """A worker process ended with its trial undone."""

    def __init__(self) -> None:
        super().__init__("its worker process died (killed, or out of memory)")


class ClusterError(LinrnnError):
    """A cluster that cannot be used."""


class LocalWorkers(ThreadPoolExecutor):
    """So many processes of this machine, a thread beside each: one that dies is replaced, and the others go on."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()  # loads on its own; the first task submitted waits for it
        self.resting: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
        for _ in range(count):
            self.resting.put(self.process())

    def process(self) -> ProcessPoolExecutor:
        """One process, started with its first task."""
        return ProcessPoolExecutor(1, self.context, initializer=initialize_worker)

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return super().submit(self.in_process, function, *args, **kwargs)

    def in_process(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """In a thread: have a resting process call the function; WorkerDiedError where it dies over it."""
        process = self.resting.get()
        try:
            return process.submit(function, *args, **kwargs).result()
        except BrokenProcessPool:
            process.shutdown()  # closes its pipes
            process = self.process()
            raise WorkerDiedError from None
        finally:
            self.resting.put(process)

    def end(self) -> None:
        """Let the resting processes go."""
        self.shutdown()
        while not self.resting.empty():
            self.resting.get().shutdown()


@contextmanager
def local_workers(count: int) -> Iterator[Executor]:
    """So many worker processes of this machine; ended at once when the body raises."""
    executor = LocalWorkers(count)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        raise
    executor.end()


@contextmanager
def cluster_workers(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler, each with the same code and libraries as this process; ClusterError if not."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError("--cluster needs the extra `cluster`: pip install 'linrnn[cluster]'") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        reason = str(error).partition("\n")[0] or "no answer"
        raise ClusterError(f"no Dask workers at {address}: {reason}; start a scheduler and workers there") from error
    executor = client.get_executor(pure=False)
    try:
        require_same_code(client)
        yield executor
    finally:
        executor.shutdown(wait=False)  # what still runs is abandoned
        client.close(timeout=1)


def require_same_code(client: Any) -> None:
    """ClusterError where a worker's code or libraries differ from this process's."""
    from tracking.runs.environment import environment

    here = environment()
    for worker, there in client.run(environment).items():
        different = [f"{name} {there.get(name)}, not {here[name]}" for name in SAME if there.get(name) != here[name]]
        if different:
            raise ClusterError(f"the worker {worker} has {', '.join(different)}: install there what is installed here")


def initialize_worker() -> None:
    """Leave Ctrl-C, which reaches the whole process group, and the processor to the parent; end when it has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    threading.Thread(target=exit_with_parent, daemon=True).start()


def exit_with_parent() -> None:
    """End this process when its parent has ended, however it did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
