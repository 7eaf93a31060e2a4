"""Trials whose worker dies: for tests, in place of `run_trial`."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from experiments.workflows.trial import run_trial
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig


def sometimes(folder: Path, config: TrialConfig, *arguments: Any, **options: Any) -> TrialResult:
    """Die over every trial the first time."""
    first = folder / f"{config.model.name} {config.training.learning_rate} {config.seed}"
    if not first.exists():
        first.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return run_trial(config, *arguments, **options)


def always(config: TrialConfig, *arguments: Any, **options: Any) -> TrialResult:
    """Die over the trials of tanh; fail the confirmations."""
    if config.model.name == "tanh":
        os.kill(os.getpid(), signal.SIGKILL)
    if options["test"]:
        raise RuntimeError("planted")
    return run_trial(config, *arguments, **options)


def fail(config: TrialConfig, *arguments: Any, **options: Any) -> TrialResult:
    """Fail every trial."""
    raise RuntimeError("planted")
