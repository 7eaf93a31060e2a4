"""Step losses: the normalized loss of each counted step of each sequence, whose mean is the loss."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MOST = 200_000  # values a predictor that a record holds
Real = TypeVar("Real", np.float32, np.float64)


def mean_widths(steps: int, batch: int, most: int = MOST) -> NDArray[np.int64]:
    """Return how many steps each mean of `thin_steps` is of, `(T'',)`, given numbers of steps and sequences."""
    width = 1 if steps * batch <= most else -(-steps // max(most // batch, 1))
    count = -(-steps // width)
    return np.diff(np.arange(count + 1) * steps // count)


def thin_steps(step_losses: NDArray[Real], most: int = MOST) -> NDArray[Real]:
    """Average consecutive steps, where there are more than a number of values.

    Parameters
    ----------
    step_losses : ndarray
        Step losses `(..., T', B)`: T' counted steps of B sequences.
    most : int
        Number of values `T' * B` that remain as they are, and that is not exceeded unless B alone is larger.

    Returns
    -------
    ndarray
        Means of consecutive steps, `(..., T'', B)`. Each is of k or of k - 1 steps, with the smallest k that suffices:
        their mean is that of all steps, exactly where T'' divides T'.

    Examples
    --------
    >>> thin_steps(np.array([[1.0], [3.0], [5.0], [7.0]]), most=2).tolist()
    [[2.0], [6.0]]
    """
    steps, batch = step_losses.shape[-2:]
    widths = mean_widths(steps, batch, most)
    if len(widths) == steps:
        return step_losses
    sums = np.add.reduceat(step_losses, np.cumsum(widths) - widths, axis=-2, dtype=np.float64)
    means: NDArray[Real] = (sums / widths[:, None]).astype(step_losses.dtype)
    return means
