"""Time and memory of commands on a long series, and on a store of thousands of trials, as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from scipy.signal import lfilter

from experiments.benchmark.large_store import TASK, TRIALS
from experiments.benchmark.record_growth import ORIGINALS, fill_store

ROWS = 1_000_000  # of the series
FILE = "long.csv"
BUDGET = ("--trials", "2", "--epochs", "2", "--replicas", "2", "--workers", "1", "--set", "sweep.confirmation=2")
SERIES_COMMANDS = (
    ("test", FILE),
    ("baselines", FILE),
    ("sweep", FILE, *BUDGET),
    ("forecast", FILE, "--steps", "100"),
)
STORE_COMMANDS = (("compare", TASK), ("report", TASK, "-o", "demand.html"))
PAUSE = 0.2  # seconds between two looks at the memory


class Demand(NamedTuple):
    """Processor time of a command, and the most memory of its largest process and of all of them, in GB."""

    command: str
    seconds: float
    largest: float
    total: float  # pages that processes share are counted once


def measure_demands(rows: int = ROWS, trials: int = TRIALS) -> Iterator[Demand]:
    """Yield the demand of each command on a series, then of each on a store."""
    with tempfile.TemporaryDirectory(prefix="linrnn-demand-") as name:
        folder = Path(name)
        write_series(folder / FILE, rows)
        for command in SERIES_COMMANDS:
            yield measure_command(command, folder)
    with tempfile.TemporaryDirectory(prefix="linrnn-demand-") as name:
        fill_store(Path(name), trials, min(trials // 2, ORIGINALS))
        for command in STORE_COMMANDS:
            yield measure_command(command, Path(name))


def write_series(path: Path, rows: int) -> None:
    """Write a series that an ARMA model draws."""
    values = lfilter([1, 0.4], [1, -1.2, 0.5], np.random.default_rng(1).standard_normal(rows))
    path.write_text("\n".join(["value", *(f"{value:.6f}" for value in values), ""]))


def measure_command(arguments: Sequence[str], folder: Path) -> Demand:
    """Run a command in a folder to its end, and watch the memory of its processes."""
    command = [sys.executable, "-m", "experiments", *arguments, "--store", str(folder), "-q"]
    name = f"linrnn {' '.join(arguments)}"
    seconds: dict[int, float] = {}  # of each process
    most, total = 0.0, 0.0
    with psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder) as process:
        while process.poll() is None:
            looks = list(process_demands(process))
            seconds |= {each.pid: each.seconds for each in looks}
            most = max([most, *(each.resident for each in looks)])
            total = max(total, sum(each.share for each in looks))
            time.sleep(PAUSE)
        if process.returncode:
            raise RuntimeError(f"{name} ended with exit code {process.returncode}")
    return Demand(name, sum(seconds.values()), most / 1e9, total / 1e9)


class ProcessDemand(NamedTuple):
    """Processor time of a process so far, and its bytes now: resident, and with its share of shared pages."""

    pid: int
    seconds: float
    resident: int
    share: int


def process_demands(parent: psutil.Process) -> Iterator[ProcessDemand]:
    """Yield what a process and each of its children have taken."""
    with suppress(psutil.Error):  # one that has ended
        for process in (parent, *parent.children(recursive=True)):
            with suppress(psutil.Error):
                memory, spent = process.memory_full_info(), process.cpu_times()
                yield ProcessDemand(process.pid, spent.user + spent.system, memory.rss, memory.pss)


if __name__ == "__main__":
    print(json.dumps(list(measure_demands())))
