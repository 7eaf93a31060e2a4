"""Past inputs (lags) as features, and the search for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Array, Sequences

MAX_LAGS = 256  # tried at first, where the data allow; more while the best number is in the upper half
STEP = 1.2  # factor from each number of lags to the next
CLOSE = 0.01  # relative difference of validation losses that does not justify more lags
ZERO = 1e-12  # a smaller loss is a rounding error


class LagLoss(NamedTuple):
    """Validation and test loss of the predictor with this number of lags."""

    lags: int
    val: float
    test: float


@dataclass(frozen=True)
class LagSearch:
    """Losses of predictors with different numbers of lags."""

    curve: tuple[LagLoss, ...]

    @property
    def best(self) -> LagLoss:
        """The smallest number of lags whose validation loss is the lowest, or close to it."""
        lowest = min(point.val for point in self.curve)
        return next(point for point in self.curve if point.val <= lowest * (1 + CLOSE) + ZERO)


def lag_matrix(inputs: Array, lags: int, first: int) -> Array:
    """Return x_t, x_{t-1}, ..., x_{t-lags} of every step t >= first, `(steps * batch, (lags + 1) * features)`.

    Inputs `(time, batch, features)` are 0 before the sequence begins, as the state of a network is.
    """
    padded = np.concatenate([np.zeros((lags, *inputs.shape[1:])), inputs])
    windows = np.lib.stride_tricks.sliding_window_view(padded, lags + 1, axis=0)[first:, ..., ::-1]
    return windows.swapaxes(2, 3).reshape(-1, (lags + 1) * inputs.shape[2])


def lag_rows(inputs: Array, lags: int, first: int, rows: NDArray[np.int64]) -> Array:
    """Return some rows of the lag matrix, `(len(rows), (lags + 1) * features)`."""
    batch, before = inputs.shape[1], np.arange(lags + 1)
    steps, sequences = first + rows // batch, rows % batch
    times = steps[:, None] - before
    values = inputs[np.maximum(times, 0), sequences[:, None]]
    return np.where((times >= 0)[..., None], values, 0.0).reshape(len(rows), -1)


def lag_differences(inputs: Array, lags: int, first: int) -> Array:
    """Return the lags, those of the first feature less its last value, `(steps * batch, (lags + 1) * features - 1)`.

    Before the sequence begins, inputs are as in its first step.
    """
    start = np.broadcast_to(inputs[:1], (lags, *inputs.shape[1:]))
    X = lag_matrix(np.concatenate([start, inputs]), lags, first + lags).copy()
    X[:, inputs.shape[2] :: inputs.shape[2]] -= X[:, :1]
    return X[:, 1:]


def flatten_targets(sequences: Sequences) -> Array:
    """Return the targets that enter the loss, `(steps * batch, outputs)`."""
    return sequences.targets[sequences.first :].reshape(-1, sequences.targets.shape[2])


def drop_incomplete(sequences: Sequences, lags: int, size: int) -> Sequences:
    """Return the sequences without the steps that lack lags: what a series was before its first step is not known.

    At least two targets remain for each of `size` coefficients.
    """
    steps, batch = sequences.inputs.shape[:2]
    latest = steps - -(-2 * size // batch)
    return sequences._replace(first=max(sequences.first, min(lags, latest)))


def last_values(sequences: Sequences) -> Array:
    """Return the last value of the variable that is forecast, the first input, `(T', B, 1)`."""
    return sequences.inputs[sequences.first :, :, :1]


def max_lags(train: Sequences) -> int:
    """Return the largest number of lags that leaves two targets for each coefficient."""
    steps, _, features = train.inputs.shape
    return int(max(min(steps - 1, len(flatten_targets(train)) // (2 * features) - 1), 0))


def lag_candidates(train: Sequences) -> Sequence[int]:
    """Return the numbers of lags to try, up to what the data allow."""
    return lag_grid(min(max_lags(train), MAX_LAGS))


def lag_grid(top: int, factor: float = STEP) -> list[int]:
    """Return 0 to `top`, in steps of one at first, then by a factor."""
    numbers = [0]
    while numbers[-1] < top:
        numbers.append(min(max(numbers[-1] + 1, round(numbers[-1] * factor)), top))
    return numbers
