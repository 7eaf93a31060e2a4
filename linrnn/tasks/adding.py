"""The sum of two marked numbers among others (Hochreiter & Schmidhuber 1997)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.tasks.task import SEQUENCES, TEST_SEQUENCES, RandomTask


@dataclass(frozen=True)
class Adding(RandomTask):
    """Inputs (x_t, m_t): x independent and uniform in [0, 1], m 1 at two random steps, else 0; target sum of m x.

    Only the last step enters the loss. A linear predictor cannot multiply by the mark and weighs all numbers equally:
    its squared error is (1/6)(1 - 2/T), where the target's variance is 1/6.

    Example (`length=3`): inputs (0.3, 1), (0.9, 0), (0.4, 1) -> targets ?, ?, 0.7
    """

    name: ClassVar[str] = "adding"
    defaults: ClassVar[Mapping[str, str]] = {
        "training.epochs": "600",  # enough
        "training.evaluations": "25",  # each costs as much as an epoch
    }
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(20, Integers(3, 1_000_000), "T, numbers of a sequence")
    sequences: int = setting(500, Integers(2, 100_000), SEQUENCES)
    test_sequences: int = setting(2000, Integers(0, 100_000), TEST_SEQUENCES)

    @property
    def input_size(self) -> int:
        return 2

    @property
    def linear_bound(self) -> float:
        return 1 - 2 / self.length

    def draw(self, generator: np.random.Generator) -> Sequences:
        x = generator.uniform(size=(self.length, self.sequences))
        marks = np.zeros_like(x)
        for column in marks.T:
            column[generator.choice(self.length, 2, replace=False)] = 1
        sums = np.broadcast_to((marks * x).sum(axis=0), x.shape)
        return Sequences(np.stack([x, marks], axis=2), sums[:, :, None].copy(), first=self.length - 1)
