"""What a sweep would do: trials, time and disk, measured on a few epochs of each model type; nothing is recorded."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NamedTuple

from experiments.search.sweep_config import Sweep
from linrnn.data.sequences import Splits
from linrnn.training.loop import train
from linrnn.training.trial_config import TrialConfig

PROBE_EPOCHS = 10
FILE_BYTES = 150_000  # of a trial beside its weights and curves: the figure, config, environment, rows of the databases
FLOAT_BYTES = 8
DIGEST_BYTES = 32


class StudyPlan(NamedTuple):
    """What the study of one model type would do, at most: pruned trials end earlier.

    Parameters
    ----------
    task, model : str
        Label of the task, and model type.
    trials, epochs, replicas, confirmation : int
        Trials of the study, epochs and replicas of each, and replicas of the confirmation.
    seconds : float
        Training time of all of them on one worker.
    bytes : int
        Size of their records.
    """

    task: str
    model: str
    trials: int
    epochs: int
    replicas: int
    confirmation: int
    seconds: float
    bytes: int


def plan_sweep(sweep: Sweep) -> list[StudyPlan]:
    """Return what the studies of a sweep would do."""
    return [plan_study(sweep, base) for base in sweep.config.bases]


def plan_study(sweep: Sweep, base: TrialConfig) -> StudyPlan:
    """Return what one study would do, by the speed of its base config on this machine now."""
    config, training = sweep.config, base.training
    seconds = config.trials * time_epochs(base, sweep.data.splits)
    confirmed = replace(base, training=replace(training, replicas=config.confirmation))
    seconds += time_epochs(confirmed, sweep.data.splits)
    replicas = config.trials * training.replicas + config.confirmation
    values = 2 * training.epochs * FLOAT_BYTES + training.evaluations * (FLOAT_BYTES + DIGEST_BYTES)
    size = replicas * values + (config.trials + 1) * FILE_BYTES
    return StudyPlan(
        config.task,
        base.model.name,
        config.trials,
        training.epochs,
        training.replicas,
        config.confirmation,
        seconds,
        size,
    )


def time_epochs(config: TrialConfig, splits: Splits) -> float:
    """Return the training time of a trial, s: that of its epochs by the speed of a few, which are trained twice."""
    count = min(PROBE_EPOCHS, config.training.epochs)
    probe = replace(config, training=replace(config.training, epochs=count, evaluations=1))
    for _ in range(2):  # the first compiles
        start = time.perf_counter()
        for _ in train(probe, splits):
            pass
        seconds = time.perf_counter() - start
    return seconds * config.training.epochs / count
