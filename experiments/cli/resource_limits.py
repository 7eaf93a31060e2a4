"""Limits of memory, threads and processes, and the processor, looked at before libraries meet them.

Some libraries end the process silently, or print lines of their own.
"""

from __future__ import annotations

import os
import resource
import tempfile
from contextlib import suppress
from threading import Event, Thread

from linrnn.errors import ConfigError, LinrnnError

BYTES = 750_000_000  # of address space, that numpy and torch need
TRAINING_BYTES = 1_500_000_000  # of a process that trains, or writes with MLflow
TRAINING = ("sweep", "suite", "claims", "train", "reproduce")  # commands
SPARE_THREADS = 4  # beside those that OpenBLAS starts for each core
PROCESSOR = "NUMBA_CPU_NAME"
NO_THREADS = "can't start new thread"  # in Python's error


def require_resources(command: str | None) -> None:
    """Raise LinrnnError where the address space or the number of threads is limited to less than a command needs."""
    needed = TRAINING_BYTES if command in TRAINING else BYTES
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < needed:
        sizes = f"{limit / 1e6:.0f} MB: linrnn {command} needs {needed / 0.75e6:.0f} MB"
        raise LinrnnError(f"the address space is limited to {sizes} (ulimit -v)")
    count = (os.cpu_count() or 1) + SPARE_THREADS
    if not can_start_threads(count):
        raise LinrnnError(f"no {count} threads can be started, which linrnn needs: raise the limit (ulimit -u)")
    name = os.environ.get(PROCESSOR)
    if name and not is_processor(name):
        raise ConfigError(f"{PROCESSOR}={name} is no processor that the compiler knows: unset it")


def is_processor(name: str) -> bool:
    """Whether LLVM compiles for a processor of that name; it says so on the descriptor of stderr alone."""
    from llvmlite import binding  # slow to import

    binding.initialize_native_target()
    with tempfile.TemporaryFile() as file, suppress(RuntimeError):
        errors = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            binding.Target.from_default_triple().create_target_machine(cpu=name)
        finally:
            os.dup2(errors, 2)
            os.close(errors)
        file.seek(0)
        return b"not a recognized" not in file.read()
    return False


def can_start_threads(count: int) -> bool:
    """Whether so many threads can be started side by side."""
    done, started = Event(), list[Thread]()
    try:
        for _ in range(count):
            thread = Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        return False
    finally:
        done.set()
        for thread in started:
            thread.join()
    return True


def is_exhausted(error: Exception) -> bool:
    """Whether an error is that of a thread or process that could not be started."""
    return isinstance(error, BlockingIOError) or (isinstance(error, RuntimeError) and NO_THREADS in str(error))
