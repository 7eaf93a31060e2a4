"""The product of the two preceding bits: exclusive or, for bits written as +-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.tasks.task import RandomTask


@dataclass(frozen=True)
class Xor(RandomTask):
    """y_t = b_{t-1} b_{t-2} for independent fair bits b = +-1, given b_t as input at t.

    The target is uncorrelated with every past bit, so that no linear predictor beats the mean:
    the linear floor is exactly the trivial one. The first two steps, whose bits were never seen, do
    not count.

    Example: inputs +1, -1, -1, +1, ... -> targets ?, ?, -1, +1, ...
    """

    name: ClassVar[str] = "xor"
    linear_floor: ClassVar[float] = 1.0
    noise_floor: ClassVar[float] = 0.0

    length: int = setting(100, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(8, Integers(1, 100_000), "sequences of each split")

    def draw(self, generator: np.random.Generator) -> Sequences:
        bits = generator.choice([-1.0, 1.0], size=(self.length + 2, self.sequences, 1))
        return Sequences(inputs=bits[2:], targets=bits[1:-1] * bits[:-2], first=2)
