"""Times of whole commands, from their start to the prompt, and the share of a trial that is not training."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from experiments.benchmark.targets import Target
from experiments.benchmark.timer import Spread, spread
from experiments.report.trial_artifacts import trial_artifacts
from experiments.workflows.trial import run_trial
from linrnn.baseline.baselines import compute_baselines
from linrnn.training.backends import KernelBackend
from linrnn.training.trial_config import TrialConfig, from_text

FIRST_TRIAL = re.compile(r"1 of \d+ trials")  # a line of the progress
ROWS = 300  # of the user's file
REPEATS = 5  # of a trial
SHARES = ((10, 40.0), (64, 15.0))  # hidden size, goal in % of a trial


class CommandTimes(NamedTuple):
    """Seconds from a command's start to its first recorded trial and to the prompt."""

    command: str
    first_trial: float
    total: float


def time_command(arguments: list[str], folder: Path) -> CommandTimes:
    """Run `linrnn sweep` with these arguments, in a folder that is its store."""
    options = ["--store", str(folder)]  # MLflow writes the address of the last store used into the environment
    command, start = [sys.executable, "-m", "experiments", "sweep", *arguments, *options], time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
        lines = [(time.perf_counter(), line) for line in process.stderr or ()]
    end = time.perf_counter()
    if process.returncode:
        last = "".join(line for _, line in lines[-3:])
        raise RuntimeError(f"{' '.join(command)} ended with exit code {process.returncode}:\n{last}")
    first = next((now for now, line in lines if FIRST_TRIAL.match(line)), start)
    return CommandTimes("linrnn sweep " + " ".join(arguments), first - start, end - start)


def command_times(folder: Path, quick: bool) -> dict[str, CommandTimes]:
    """Time the sweep of `sine` in a new store and in one that is there, and that of a user's file."""
    budget = ["--trials", "2", "--epochs", "5"] if quick else []
    write_series(folder / "series.csv")
    commands = {"new store": ["sine"], "sine": ["sine", "--fresh"], "file": ["series.csv"]}
    return {name: time_command([*arguments, *budget], folder) for name, arguments in commands.items()}


def write_series(path: Path) -> None:
    """Write a series with a nonlinear mean as CSV: y_t = 0.6 y_{t-1} - 0.3 y_{t-2} + tanh(2 y_{t-1}) / 3 + noise."""
    values, noise = [0.0, 0.0], np.random.default_rng(0).normal(size=ROWS)
    for shock in noise:
        values.append(0.6 * values[-1] - 0.3 * values[-2] + np.tanh(2 * values[-1]) / 3 + 0.5 * shock)
    path.write_text("value\n" + "".join(f"{value:.6f}\n" for value in values[2:]))


def trial_shares(quick: bool) -> dict[int, Spread]:
    """Return what is not training of a trial of `tanh` on `sine`, in % of its time, by hidden size."""
    return {hidden: time_share(hidden, quick) for hidden, _ in SHARES}


def time_share(hidden: int, quick: bool) -> Spread:
    """Time trials with all that a sweep does with them, and their training steps."""
    epochs = "20" if quick else "1000"
    text = {"task": "sine", "model": "tanh", "model.hidden_size": str(hidden), "training.epochs": epochs}
    config = from_text(text)
    baselines = compute_baselines(config.task)
    return spread(list(measure_shares(config, baselines))[1:])  # the first one loads libraries


def measure_shares(config: TrialConfig, baselines: Any) -> Iterator[float]:
    """Yield what is not training of a trial, in %."""
    advance, seconds = KernelBackend.advance, 0.0

    def timed(*arguments: Any) -> Any:
        nonlocal seconds
        start = time.perf_counter()
        try:
            return advance(*arguments)
        finally:
            seconds += time.perf_counter() - start

    with patch.object(KernelBackend, "advance", timed):
        for _ in range(1 + REPEATS):
            seconds, start = 0.0, time.perf_counter()
            run_trial(config, artifacts=trial_artifacts, baselines=baselines)
            yield 100 * (1 - seconds / (time.perf_counter() - start))


def command_targets(times: dict[str, CommandTimes], shares: dict[int, Spread]) -> list[Target]:
    """Return the targets of whole commands and of trials."""
    return [
        Target("from command to prompt, the default sweep of sine", 15, times["sine"].total, "s", most=True),
        Target(f"from command to prompt, a file of {ROWS} rows", 20, times["file"].total, "s", most=True),
        Target("from command to the first trial", 4, times["sine"].first_trial, "s", most=True),
        Target("from command to the first trial, new store", 5, times["new store"].first_trial, "s", most=True),
        *(
            Target(f"not training, of a trial's time, H={hidden}", goal, shares[hidden].median, "%", most=True)
            for hidden, goal in SHARES
        ),
    ]
