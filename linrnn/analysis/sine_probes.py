"""Probes of networks that were trained on one period of a sine: what else they predict, and how they continue it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from linrnn.analysis.free_run import run_freely
from linrnn.data.sequences import Array, Sequences
from linrnn.tasks.sine import Sine
from linrnn.tasks.task import Task
from linrnn.training.evaluation import evaluate
from linrnn.training.history import Losses, TrainingHistory
from linrnn.training.trial_config import TrialConfig

TRANSIENT = 10  # first steps, in which the phase is not known yet
LENGTHS = (100, 400, 1000)  # steps of a free run


def probe_sequences(task: Task) -> dict[str, Sequences]:
    """Sequences of the probes, by name; those of `training` are the training split, every step counted."""
    task = replace(require_sine(task), washout=0)
    train, _, unseen = task.splits()
    return {
        "training": train,
        "steady state": train._replace(first=TRANSIENT),
        "unseen phase": unseen,
        "unseen phase, steady state": unseen._replace(first=TRANSIENT),
        "doubled amplitude": train._replace(inputs=2 * train.inputs, targets=2 * train.targets),
        "doubled frequency": replace(task, points=task.points // 2).splits().train,
        "zero input": train._replace(inputs=np.zeros_like(train.inputs)),
    }


def measure_errors(config: TrialConfig, history: TrainingHistory) -> dict[str, Losses]:
    """Mean squared errors of the networks of a trial that predict a sine one step ahead.

    Parameters
    ----------
    config : TrialConfig
        A trial on the task `sine`.
    history : TrainingHistory
        Its result.

    Returns
    -------
    dict of str to array (S,)
        `final loss` and `best loss` are those of training, at the last epoch and at the best one, before its update.
        All other errors are of the last weights, by probe; that of a free run is over the period that ends after so
        many steps. inf where a value is not finite.
    """
    probes = probe_sequences(config.task)
    curve = np.where(np.isfinite(history.train_loss), history.train_loss, np.inf) * probes["training"].scale
    errors = {"final loss": curve[-1], "best loss": curve.min(axis=0)}
    for name, sequences in probes.items():
        errors[name] = evaluate(config.model, history.shapes, history.weights, sequences) * sequences.scale
    del errors["training"]
    with np.errstate(over="ignore", invalid="ignore"):
        continuation, truth = continue_training_sine(config, history)
        squares = np.square(continuation - truth)
        free_runs = {f"free run, {length} steps": squares[:, last_period(config.task, length)] for length in LENGTHS}
        return errors | {name: finite_mean(each) for name, each in free_runs.items()}


def measure_amplitudes(config: TrialConfig, history: TrainingHistory) -> dict[int, Losses]:
    """Amplitude `(S,)` of a free run in the period that ends after each of LENGTHS steps; that of the task is 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(continue_training_sine(config, history)[0])
        periods = {length: squares[:, last_period(config.task, length)] for length in LENGTHS}
        return {length: np.sqrt(2 * finite_mean(each)) for length, each in periods.items()}


def continue_training_sine(config: TrialConfig, history: TrainingHistory) -> tuple[Array, Array]:
    """The free run of each replica `(S, steps)` after the training sequence, and the sine `(steps,)`."""
    past = probe_sequences(config.task)["training"].inputs[:, 0, 0]
    steps = np.arange(len(past), len(past) + max(LENGTHS))
    truth = np.sin(2 * np.pi * steps / len(past))
    return run_freely(config.model, history.shapes, history.weights, past, max(LENGTHS)), truth


def last_period(task: Task, length: int) -> slice:
    """The steps of a free run that make the period which ends after `length` steps."""
    period = require_sine(task).points - 1
    return slice(max(length - period, 0), length)


def finite_mean(squares: Array) -> Losses:
    """Mean over the last axis; inf where it is not finite."""
    mean = squares.mean(axis=-1)
    return np.where(np.isfinite(mean), mean, np.inf)


def require_sine(task: Task) -> Sine:
    """The task; ValueError for any other than `sine`."""
    if not isinstance(task, Sine):
        raise ValueError(f"the task must be sine, not {task.name}")
    return task
