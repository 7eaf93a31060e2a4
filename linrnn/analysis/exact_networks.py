"""Linear networks that are constructed, not trained, and solve their task exactly."""

from __future__ import annotations

import numpy as np

from linrnn.data.sequences import Array, Sequences
from linrnn.models.linear import Linear

Parameters = dict[str, Array]  # of one network, by name


def oscillator(frequency: float) -> Parameters:
    """Two units that predict any sine of this frequency, in radians a step, from its last two values.

    x_{t+1} = 2 cos(frequency) x_t - x_{t-1}, with the states h_t = (x_t, x_{t-1}): exact from the second step on.
    """
    return {
        "U": np.array([[1.0], [0.0]]),
        "W": np.array([[0.0, 0.0], [1.0, 0.0]]),
        "b": np.zeros(2),
        "C": np.array([[2 * np.cos(frequency), -1.0]]),
        "c": np.zeros(1),
    }


def delay_line(delay: int) -> Parameters:
    """A shift register of delay + 1 units: y_t = x_{t - delay}, exactly."""
    size = delay + 1
    return {
        "U": np.eye(size, 1),
        "W": np.eye(size, k=-1),
        "b": np.zeros(size),
        "C": np.eye(size)[-1:],
        "c": np.zeros(1),
    }


def evaluate_parameters(parameters: Parameters, sequences: Sequences) -> float:
    """Normalized loss of one linear network on sequences, in float64."""
    from linrnn.training.evaluation import evaluate_with_torch

    model = Linear(hidden_size=len(parameters["b"]))
    shapes = model.shapes(sequences.inputs.shape[2], sequences.targets.shape[2])
    weights = np.concatenate([parameters[name].ravel() for name in shapes])
    return float(evaluate_with_torch(model, shapes, weights[None], sequences)[0])
