"""Sequences of inputs and targets, and their training, validation and test splits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DISTINCT = 20  # values of a target that is a rounded quantity, not one of a few levels
WHOLE = 1e-3  # difference from a whole number
EQUAL = 1e-12  # relative difference of two values that are the same but for standardizing


class Sequences(NamedTuple):
    """Inputs `(time, batch, features)`, targets `(time, batch, outputs)`; steps before `first` do not enter the loss.

    If `classes`, the targets are one-hot classes. Where there is an `offset` `(time, batch, 1)`, the targets are
    differences from it, and so are the outputs of a network. `unit` is what 1 is in the data's own unit; None
    where there is no such unit. `period` is the number of steps after which a season repeats, where that is given: 1
    for a series without one; 0 where it is to be found.
    """

    inputs: Array
    targets: Array
    first: int = 0
    classes: bool = False
    offset: Array | None = None
    unit: float | None = None
    period: int = 0

    @property
    def step_count(self) -> int:
        """Number of steps that enter the loss."""
        return len(self.targets) - self.first

    @property
    def values(self) -> Array:
        """The targets with their offset, `(time, batch, outputs)`."""
        return self.targets if self.offset is None else self.targets + self.offset

    @property
    def scale(self) -> float:
        """Divisor of the loss, so that the best constant predictor has loss 1 on these sequences.

        For the mean squared error (NMSE): the mean over outputs of the variance of each output's values that count.
        For classes, for the cross-entropy: the entropy of their frequencies, in nats.
        """
        counted = self.values[self.first :]
        if not self.classes:
            return mean_variance(counted)
        frequencies = counted.mean(axis=(0, 1))
        return float(-(frequencies * np.log(np.where(frequencies > 0, frequencies, 1))).sum())


class Splits(NamedTuple):
    """Training, validation and test sequences."""

    train: Sequences
    val: Sequences
    test: Sequences


def mean_variance(targets: Array) -> float:
    """Mean over outputs of each output's own variance; targets `(time, batch, outputs)`."""
    return float(targets.var(axis=(0, 1)).mean())


def rounding_loss(sequences: Sequences) -> float:
    """Loss that the rounding of the targets to multiples of a step d causes: d^2 / 12 over the scale.

    A predictor of rounded values cannot be expected to have a lower loss (Widrow 1956). The step is the smallest
    difference between two values of an output, if all are multiples of it; otherwise, and for few distinct values,
    the output counts as exact.
    """
    if sequences.classes:
        return 0.0
    losses = [0.0]
    for targets in np.moveaxis(sequences.targets[sequences.first :], 2, 0):
        values = np.unique(targets)
        steps = np.diff(values)
        steps = steps[steps > EQUAL * np.abs(values).max()]
        if len(steps) >= DISTINCT and np.abs(steps / steps.min() - np.round(steps / steps.min())).max() < WHOLE:
            losses.append(float(steps.min() ** 2 / 12))
    return float(sum(losses) / sequences.targets.shape[2] / sequences.scale)


def standardize(data: Splits, inputs: Array, targets: Array) -> Splits:
    """The splits with their inputs and targets less the mean of these, in units of their standard deviation."""
    return Splits(
        *(
            each._replace(
                inputs=(each.inputs - inputs.mean()) / inputs.std(),
                targets=(each.targets - targets.mean()) / targets.std(),
            )
            for each in data
        )
    )


def relative_spread(sequences: Sequences) -> float:
    """Standard deviation of the targets that count, relative to the largest; nan where that is 0 or not finite."""
    counted = sequences.targets[sequences.first :]
    return float(np.sqrt(mean_variance(counted)) / np.abs(counted).max())


def forecast_pairs(series: Array, horizon: int, first: int) -> Sequences:
    """Pairs (x_t, x_{t + horizon}) of series `(time, batch)`, counting from the step `first` on."""
    return Sequences(series[:-horizon, :, None], series[horizon:, :, None], first)
