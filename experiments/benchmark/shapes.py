"""The timed problems: a network and its data for each combination of sizes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Sequences
from linrnn.models import MODELS
from linrnn.models.model import Shapes
from linrnn.tasks.sine import Sine
from linrnn.training.history import Weights
from linrnn.training.loop import initial_weights
from linrnn.training.trial_config import TrainingConfig, TrialConfig

LEARNING_RATE = 1e-3
CLIP_NORM = 1.0


class Shape(NamedTuple):
    """T steps of B sequences, H hidden units, S replicas."""

    model: str
    T: int
    B: int
    H: int
    S: int

    def __str__(self) -> str:
        return f"{self.model} T={self.T} B={self.B} H={self.H} S={self.S}"


class Problem(NamedTuple):
    """A config with the shapes of its parameters, the initial weights `(S, P)` of its replicas and its data."""

    config: TrialConfig
    shapes: Shapes
    weights: Weights
    data: Sequences


def problem(shape: Shape) -> Problem:
    """Return the one-step prediction of a sine of period T, with B sequences of different phases."""
    task = Sine(points=shape.T + 1, washout=0)
    training = TrainingConfig(learning_rate=LEARNING_RATE, clip_norm=CLIP_NORM, replicas=shape.S)
    config = TrialConfig(task, MODELS[shape.model](hidden_size=shape.H), training)
    shapes = config.model.shapes(task.input_size, task.output_size)
    data = task.sequences(2 * np.pi * np.arange(shape.B) / shape.B)
    return Problem(config, shapes, initial_weights(config, shapes), data)
