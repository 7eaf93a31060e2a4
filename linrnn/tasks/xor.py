"""The product of the two preceding bits: exclusive or, for bits written as +-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.tasks.task import SEQUENCES, RandomTask


@dataclass(frozen=True)
class Xor(RandomTask):
    """y_t = b_{t-1} b_{t-2} for independent fair bits b = +-1, input b_t at t.

    The target is uncorrelated with every past bit, so that no linear predictor beats the mean: the analytic bound is 1.
    The first two steps, whose bits precede the sequence, do not enter the loss.

    Example: inputs +1, -1, -1, +1, ... -> targets ?, ?, -1, +1, ...
    """

    name: ClassVar[str] = "xor"
    linear_bound: ClassVar[float] = 1.0
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(100, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(8, Integers(1, 100_000), SEQUENCES)

    def draw(self, generator: np.random.Generator) -> Sequences:
        bits = generator.choice([-1.0, 1.0], size=(self.length + 2, self.sequences, 1))
        return Sequences(inputs=bits[2:], targets=bits[1:-1] * bits[:-2], first=2)
