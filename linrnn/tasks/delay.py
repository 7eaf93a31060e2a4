"""The input of some steps ago: pure memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.errors import ConfigError
from linrnn.tasks.task import SEQUENCES, RandomTask


@dataclass(frozen=True)
class Delay(RandomTask):
    """y_t = x_{t-d} for x independent and uniform in [-1, 1], input x_t at t.

    A linear network solves it if and only if it has more than d hidden units, one for each value on its way. The
    first d steps do not enter the loss.

    Example (`delay=2`): inputs 0.5, -1, 0.2, 0.4 -> targets ?, ?, 0.5, -1
    """

    name: ClassVar[str] = "delay"
    defaults: ClassVar[Mapping[str, str]] = {"model.init": "orthogonal"}  # whose memory does not fade
    linear_bound: ClassVar[float] = 0.0
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(300, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(2, Integers(1, 100_000), SEQUENCES)
    delay: int = setting(20, Integers(0, 10_000), "d, steps from an input to its target")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.delay >= self.length:
            raise ConfigError(f"task.delay must be below task.length, {self.length}, not {self.delay}")

    def draw(self, generator: np.random.Generator) -> Sequences:
        x = generator.uniform(-1, 1, (self.length, self.sequences, 1))
        return Sequences(x, np.roll(x, self.delay, axis=0), first=self.delay)
