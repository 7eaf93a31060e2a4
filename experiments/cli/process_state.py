"""The state of the process that a command line runs in: signals, streams, warnings.

Importing it is the first thing that the `linrnn` script does: until its libraries are imported, Ctrl-C ends it at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

NULL = os.devnull
UNFIT_VARIABLES = ("PYTHONWARNINGS", "NUMBA_DISABLE_JIT")  # they would end a command or its workers


class ProgressStream:
    """A stream for messages, which may be lost: writing to one that is closed, or full, is no error."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible; return the number of characters."""
        with suppress(OSError, ValueError):
            return int(self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, if that is possible."""
        with suppress(OSError, ValueError):
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def is_script() -> bool:
    """Whether this process is `linrnn`, or `python -m experiments`, and not one that imports it."""
    program = Path(sys.argv[0])
    return program.name == "linrnn" or (program.parent.name, program.name) == ("experiments", "__main__.py")


def prepare_process() -> None:
    """Set signals, warnings, variables and streams as a command needs them, whatever the process was started with."""
    signal.signal(signal.SIGINT, exit_at_once)
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    sys.warnoptions.clear()
    for name in UNFIT_VARIABLES:
        os.environ.pop(name, None)  # for the workers, too
    os.environ["MPLBACKEND"] = "agg"  # figures are files
    for descriptor in (0, 1, 2):
        open_descriptor(descriptor)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal whose encoding has not all characters
    sys.stderr = ProgressStream(sys.stderr or open(NULL, "w"))  # noqa: SIM115


def open_descriptor(descriptor: int) -> None:
    """Open a closed standard stream on nothing, so that no file of the store becomes it."""
    try:
        os.fstat(descriptor)
    except OSError:
        null = os.open(NULL, os.O_RDWR)
        if null != descriptor:
            os.dup2(null, descriptor)
            os.close(null)


def exit_at_once(number: int, frame: FrameType | None) -> None:
    """End this process with the exit code of the signal."""
    os._exit(128 + number)


def discard_output() -> None:
    """Send what is left to write on stdout nowhere: it cannot be written, and Python would try again at its end."""
    with suppress(OSError, ValueError):
        null = os.open(NULL, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


if is_script():
    prepare_process()
