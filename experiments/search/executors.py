"""Executors that train trials: processes of this machine, or a Dask cluster. Few imports, so that workers start early.

Both are a `concurrent.futures.Executor`; the death of a worker costs only the trial that it trains.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from queue import SimpleQueue
from types import ModuleType
from typing import Any, TypeVar

from linrnn.errors import ConfigError, LinrnnError

T = TypeVar("T")

PRELOADED = [  # imported once, by the server that all workers are forked from
    "linrnn.training.loop",
    "linrnn.kernels.interface",
    "experiments.workflows.trial",
    "experiments.report.figures.trial_figures",
]
START_LOCK = threading.Lock()  # held while a worker process starts
CONNECT_SECONDS = 8  # for a scheduler to answer, and then to have workers
SAME = ("linrnn", "torch", "numpy", "numba", "scipy", "commit")  # items of the environment that all workers share


class WorkerDiedError(Exception):
    """A worker process ended before its trial."""

    def __init__(self) -> None:
        super().__init__("its worker process died (killed, or out of memory)")


class MissingDataError(Exception):
    """A worker process lacks the data of a trial's task: submit the trial again, with the data."""


class ClusterError(LinrnnError):
    """A cluster that cannot be used."""

    exit_code = 6


class WorkerProcess(ForkServerProcess):
    """A process that does not import the script that started it, which need not be importable, or safe to import."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802
        with START_LOCK:
            script = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                return ForkServerProcess._Popen(process_obj)
            finally:
                sys.modules["__main__"] = script


class WorkerContext(ForkServerContext):
    """Starts such processes."""

    Process = WorkerProcess


class LocalWorkers(ThreadPoolExecutor):
    """Processes of this machine, a thread for each; a process that dies is replaced."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count
        self.context = WorkerContext()
        self.context.set_forkserver_preload(PRELOADED)
        forkserver.ensure_running()  # imports in the background; the first task waits for it
        self.idle: SimpleQueue[ProcessPoolExecutor] = SimpleQueue()
        for _ in range(count):
            self.idle.put(self.new_process())

    def new_process(self) -> ProcessPoolExecutor:
        """Return one process, which starts with its first task."""
        return ProcessPoolExecutor(1, self.context, initializer=initialize_worker)

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        return super().submit(self.call, function, *args, **kwargs)

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function in an idle process, from a thread; WorkerDiedError if the process dies."""
        process = self.idle.get()
        try:
            return process.submit(function, *args, **kwargs).result()
        except BrokenProcessPool:
            process.shutdown()  # closes its pipes
            process = self.new_process()
            raise WorkerDiedError from None
        finally:
            self.idle.put(process)

    def end(self) -> None:
        """Wait for all tasks, then end the processes."""
        self.shutdown()
        while not self.idle.empty():
            self.idle.get().shutdown()


def wait_in_order(pending: Iterable[Future[T]], timeout: float | None = None) -> list[Future[T]]:
    """Wait until a job is finished, for some seconds at most; return the finished ones in the order of `pending`."""
    jobs = list(pending)
    done = wait(jobs, timeout, FIRST_COMPLETED).done  # a set, in no order
    return [job for job in jobs if job in done]


class SerialExecutor(Executor):
    """Calls each function at once, in this process."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class ClusterWorkers(Executor):
    """The workers of a Dask cluster."""

    def __init__(self, client: Any) -> None:
        self.client, self.executor = client, client.get_executor(pure=False)

    @property
    def count(self) -> int:
        """Number of trials that the cluster can train at a time now."""
        return sum(self.client.nthreads().values())

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = self.executor.submit(function, *args, **kwargs)
        return future


def count_workers(executor: Executor) -> int:
    """Return how many trials an executor trains at a time."""
    return executor.count if isinstance(executor, (LocalWorkers, ClusterWorkers)) else 1


@contextmanager
def local_workers(count: int) -> Iterator[LocalWorkers]:
    """Start worker processes of this machine; if the body raises, they end at once."""
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
def cluster_workers(address: str) -> Iterator[ClusterWorkers]:
    """Connect to a Dask scheduler; ClusterError unless its workers have this process's code and libraries."""
    try:
        from distributed import Client
        from distributed.comm.core import CommClosedError
    except ImportError as error:
        raise ConfigError("--cluster needs the extra `cluster`: pip install 'linrnn[cluster]'") from error
    from tracking.store.server_address import can_resolve

    for name in ("distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what fails is raised
    try:
        if not can_resolve(address):
            raise TimeoutError("its host name is not resolved")
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError, CommClosedError) as error:
        reason = str(error).partition("\n")[0] or "no answer"
        raise ClusterError(f"no Dask workers at {address}: {reason}; start a scheduler and workers there") from error
    workers = ClusterWorkers(client)
    try:
        require_same_code(client)
        yield workers
    finally:
        workers.executor.shutdown(wait=False)  # abandons what still runs
        client.close(timeout=1)


def require_same_code(client: Any) -> None:
    """Raise ClusterError where a worker's code or libraries differ from this process's."""
    from tracking.runs.environment import environment

    local = environment()
    for worker, remote in client.run(environment).items():
        different = [
            f"{name} {remote.get(name)}, not {local[name]}" for name in SAME if remote.get(name) != local[name]
        ]
        if different:
            raise ClusterError(f"the worker {worker} has {', '.join(different)}: install the versions of this machine")


def initialize_worker() -> None:
    """Leave Ctrl-C, which reaches the whole process group, and the processor to the parent; end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    threading.Thread(target=exit_with_parent, daemon=True).start()


def exit_with_parent() -> None:
    """End this process when its parent ends."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
