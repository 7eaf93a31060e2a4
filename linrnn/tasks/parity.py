"""The parity of all bits so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.tasks.task import SEQUENCES, TEST_SEQUENCES, RandomTask


@dataclass(frozen=True)
class Parity(RandomTask):
    """y_t = b_1 b_2 ... b_t for independent fair bits b = +-1, input b_t at t.

    Only y_1 = b_1 is correlated with a bit: of the T targets' variance, the best time-invariant linear predictor,
    x_t / T, explains 1/T^2.

    Example: inputs -1, +1, -1, -1 -> targets -1, -1, +1, -1
    """

    name: ClassVar[str] = "parity"
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(20, Integers(3, 1_000_000), "T, bits of a sequence")
    sequences: int = setting(100, Integers(1, 100_000), SEQUENCES)
    test_sequences: int = setting(100, Integers(0, 100_000), TEST_SEQUENCES)

    @property
    def linear_bound(self) -> float:
        return 1 - self.length**-2

    def draw(self, generator: np.random.Generator) -> Sequences:
        bits = generator.choice([-1.0, 1.0], size=(self.length, self.sequences, 1))
        return Sequences(bits, np.cumprod(bits, axis=0))
