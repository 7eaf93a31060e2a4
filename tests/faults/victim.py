"""`linrnn` with a bullet in it: kills its whole process group before the n-th write of one trial's recording.

A write is a commit of either database, or a file opened for writing, made or renamed under the store's mlruns.
FAULT_AT=0 only counts them, into the file FAULT_COUNT; FAULT_AT=optuna is the first commit to Optuna's database,
whatever its number; with FAULT=full the disk is full then, instead.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from experiments.__main__ import main
from experiments.workflows.sweep_runner import SweepRunner

TRIAL = 1  # the trial that is hit
WRITING = os.O_WRONLY | os.O_RDWR

state = {"on": False, "count": 0}


def boundary(place: str = "mlruns") -> None:
    """One more write is about to be made, to that place."""
    state["count"] += 1
    if os.environ["FAULT_AT"] not in (str(state["count"]), place):
        return
    if os.environ.get("FAULT") == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.killpg(os.getpgrp(), signal.SIGKILL)


def committing(connection: Connection) -> None:
    """A commit to either database."""
    if state["on"]:
        boundary(Path(connection.engine.url.database or "").stem)


def hear(name: str, arguments: tuple[Any, ...]) -> None:
    """Python's own report of what is being done."""
    if not state["on"] or "mlruns" not in str(arguments[0] if arguments else ""):
        return
    if name in ("os.mkdir", "os.rename") or (name == "open" and arguments[2] & WRITING):
        boundary()


def write(self: SweepRunner, job: Any, result: Any) -> None:
    """Record a trial, under fire if it is the one."""
    state["on"] = job.number == TRIAL and state["count"] == 0
    whole(self, job, result)
    if state["on"] and os.environ["FAULT_AT"] == "0":
        Path(os.environ["FAULT_COUNT"]).write_text(str(state["count"]))
    state["on"] = False


whole = SweepRunner.write
if __name__ == "__main__":
    SweepRunner.write = write  # type: ignore[method-assign]
    sys.addaudithook(hear)
    event.listen(Engine, "commit", committing)
    main()
