"""The product of the two preceding bits: exclusive or, for bits written as +-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.declared import Integers, declare
from linrnn.tasks.base import Sequences, Splits, Task, split_generators


@dataclass(frozen=True)
class Xor(Task):
    """y_t = b_{t-1} b_{t-2} for independent fair bits b = +-1, given b_t as input at t.

    The target is uncorrelated with every past bit, so that no linear predictor beats the mean:
    the linear floor is exactly the trivial one. The first two steps, whose bits were never seen, do
    not count.

    Example: inputs +1, -1, -1, +1, ... -> targets ?, ?, -1, +1, ...
    """

    name: ClassVar[str] = "xor"

    length: int = declare(100, Integers(3, 100_000), "steps of a sequence")
    sequences: int = declare(8, Integers(1, 100_000), "sequences of each split")
    seed: int = declare(0, Integers(0, 2**63 - 1), "seed of the drawn bits")

    def splits(self) -> Splits:
        return Splits(*(self.draw(generator) for generator in split_generators(self.seed)))

    def draw(self, generator: np.random.Generator) -> Sequences:
        """Bits `(length, sequences, 1)` and the products of the two before each."""
        bits = generator.choice([-1.0, 1.0], size=(self.length + 2, self.sequences, 1))
        return Sequences(inputs=bits[2:], targets=bits[1:-1] * bits[:-2], first=2)
