"""Symbols to be repeated after a pause (Hochreiter & Schmidhuber 1997; Arjovsky et al. 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.tasks.task import SEQUENCES, TEST_SEQUENCES, RandomTask

SYMBOLS, ITEMS = 8, 10
BLANK, GO = SYMBOLS, SYMBOLS + 1  # symbols of the pause, and of its end


@dataclass(frozen=True)
class Copy(RandomTask):
    """Inputs: 10 of 8 symbols, T - 1 blanks, the sign to go, 10 blanks; targets: T + 10 blanks, the 10 symbols.

    One-hot; the loss is the cross-entropy, divided by that of the best constant predictor. Without memory of the items
    the lowest cross-entropy is 10 ln 8 / (T + 20), that of a prediction from the step alone; a linear network that
    delays by T + 10 steps solves the task.

    Example (2 items, T = 2): inputs 3 1 blank go blank blank -> targets blank blank blank blank 3 1.
    """

    name: ClassVar[str] = "copy"
    defaults: ClassVar[Mapping[str, str]] = {
        "model.init": "orthogonal",  # whose memory does not fade
        "training.epochs": "400",  # the loss falls until then
        "training.decay": "none",  # the loss falls in steps, which a rate that falls to 0 cuts short
        "training.evaluations": "25",  # each costs as much as an epoch
    }
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(10, Integers(1, 100_000), "T, steps of the pause")
    sequences: int = setting(512, Integers(1, 100_000), SEQUENCES)  # 256 are learned by heart
    test_sequences: int = setting(400, Integers(0, 100_000), TEST_SEQUENCES)

    @property
    def input_size(self) -> int:
        return SYMBOLS + 2

    @property
    def output_size(self) -> int:
        return SYMBOLS + 1

    def draw(self, generator: np.random.Generator) -> Sequences:
        items = generator.integers(SYMBOLS, size=(ITEMS, self.sequences))
        blanks = np.full((self.length + ITEMS, self.sequences), BLANK)
        inputs, targets = np.concatenate([items, blanks]), np.concatenate([blanks, items])
        inputs[ITEMS + self.length - 1] = GO
        return Sequences(np.eye(self.input_size)[inputs], np.eye(self.output_size)[targets], classes=True)
