"""Predictors from the last few inputs: one kernel, shared by all time steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Array, Sequences

MOST = 256  # lags tried at least, where the data allow; more while the best is among the upper half
STEP = 1.2  # from each number of lags that is tried to the next
CLOSE = 0.01  # relative: so little more of val loss is no reason for more lags
ZERO = 1e-12  # a loss that is rounding


class LagLoss(NamedTuple):
    """A number of lags, and the losses of its predictor."""

    lags: int
    val: float
    test: float


@dataclass(frozen=True)
class LagSweep:
    """Predictors of several numbers of lags."""

    curve: tuple[LagLoss, ...]

    @property
    def best(self) -> LagLoss:
        """The fewest lags whose val loss is the lowest, or as good."""
        lowest = min(point.val for point in self.curve)
        return next(point for point in self.curve if point.val <= lowest * (1 + CLOSE) + ZERO)


def lag_matrix(inputs: Array, lags: int, first: int) -> Array:
    """x_t, x_{t-1}, ..., x_{t-lags} of every step t >= first, `(steps * batch, (lags + 1) * features)`.

    Inputs `(time, batch, features)` are 0 before they begin, as a network's state is.
    """
    padded = np.concatenate([np.zeros((lags, *inputs.shape[1:])), inputs])
    windows = np.lib.stride_tricks.sliding_window_view(padded, lags + 1, axis=0)[first:, ..., ::-1]
    return windows.swapaxes(2, 3).reshape(-1, (lags + 1) * inputs.shape[2])


def counted_targets(sequences: Sequences) -> Array:
    """Targets of the steps that count, `(steps * batch, outputs)`."""
    return sequences.targets[sequences.first :].reshape(-1, sequences.targets.shape[2])


def most_lags(train: Sequences) -> int:
    """As many as the steps allow, with two targets a coefficient."""
    steps, _, features = train.inputs.shape
    return int(max(min(steps - 1, len(counted_targets(train)) // (2 * features) - 1), 0))


def lags_to_try(train: Sequences) -> Sequence[int]:
    """0, 1, 2, ... and then ever fewer, up to what the data allow."""
    return spaced_lags(min(most_lags(train), MOST))


def spaced_lags(top: int, factor: float = STEP) -> list[int]:
    """0 to `top`, one by one at first, then by a factor."""
    numbers = [0]
    while numbers[-1] < top:
        numbers.append(min(max(numbers[-1] + 1, round(numbers[-1] * factor)), top))
    return numbers
