"""The nonlinear moving average of tenth order (Atiya & Parlos 2000)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Array, Sequences, Splits, standardize
from linrnn.tasks.task import TEST_SEQUENCES, RandomTask, require_washout_below_length

BURN_IN = 100  # steps until the start is forgotten
LARGEST = 2.0  # of an output that does not diverge: few exceed 1, all below 1.24 may come back


@dataclass(frozen=True)
class Narma10(RandomTask):
    """y_{t+1} = 0.3 y_t + 0.05 y_t (y_t + ... + y_{t-9}) + 1.5 u_{t-9} u_t + 0.1, u independent, uniform in [0, 0.5].

    The input at t is u_t, the target y_{t+1}. A sequence that diverges is replaced by another. Both are standardized
    by the training split alone.

    Example (before standardizing): with y_t = ... = y_{t-9} = 0.4, u_{t-9} = 0.2 and u_t = 0.4 the target at t is 0.42.
    """

    name: ClassVar[str] = "narma10"
    noise_bound: ClassVar[float] = 0.0

    washout: int = setting(20, Integers(9, 1_000_000), "first steps of a sequence, excluded from the loss")
    length: int = setting(520, Integers(10, 100_000), "steps of a sequence; longer ones diverge more often")
    test_sequences: int = setting(64, Integers(0, 100_000), TEST_SEQUENCES)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_washout_below_length(self.washout, self.length)

    def splits(self) -> Splits:
        splits = super().splits()
        return standardize(splits, splits.train.inputs, splits.train.targets)

    def draw(self, generator: np.random.Generator) -> Sequences:
        u, y = (np.stack(each, axis=1)[BURN_IN:, :, None] for each in zip(*self.pairs(generator), strict=True))
        return Sequences(u, y, first=self.washout)

    def pairs(self, generator: np.random.Generator) -> list[tuple[Array, Array]]:
        """Inputs and targets `(BURN_IN + length,)` of each sequence."""
        pairs: list[tuple[Array, Array]] = []
        while len(pairs) < self.sequences:
            u = generator.uniform(0, 0.5, BURN_IN + self.length)
            y = narma(u)
            if y.max() <= LARGEST:
                pairs.append((u, y))
        return pairs


def narma(u: Array) -> Array:
    """y_{t+1} for the inputs u_t `(time,)`, from u = y = 0 before them; it may diverge."""
    y, past = np.zeros(len(u) + 10), np.concatenate([np.zeros(9), u])  # y[t + 9] is y_t, past[t + 9] is u_t
    for t in range(len(u)):
        y[t + 10] = 0.3 * y[t + 9] + 0.05 * y[t + 9] * y[t : t + 10].sum() + 1.5 * past[t] * u[t] + 0.1
        if y[t + 10] > LARGEST:
            return y[10 : t + 11]
    return y[10:]
