"""The product of two past inputs, two and five steps back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Sequences
from linrnn.errors import ConfigError
from linrnn.tasks.task import RandomTask


@dataclass(frozen=True)
class Product(RandomTask):
    """y_t = x_{t-2} x_{t-5} for x independent and uniform in [-1, 1], input x_t at t.

    The target is uncorrelated with every past input: the analytic bound is 1. The first five steps do not enter the
    loss.

    Example: inputs 0.5, -1, 0.2, 0.4, 0, 1, ... -> targets ?, ?, ?, ?, ?, 0.2, ... (0.4 times 0.5)
    """

    name: ClassVar[str] = "product"
    linear_bound: ClassVar[float] = 1.0
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(250, Integers(3, 1_000_000), "steps of a sequence")
    near: int = setting(2, Integers(0, 10_000), "lag of the first factor, in steps")
    far: int = setting(5, Integers(1, 10_000), "lag of the second factor, in steps")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.near < self.far < self.length:
            raise ConfigError(
                f"task.near < task.far < task.length has to hold, not {self.near}, {self.far}, {self.length}"
            )

    def draw(self, generator: np.random.Generator) -> Sequences:
        x = generator.uniform(-1, 1, (self.length, self.sequences, 1))
        return Sequences(x, np.roll(x, self.near, axis=0) * np.roll(x, self.far, axis=0), first=self.far)
