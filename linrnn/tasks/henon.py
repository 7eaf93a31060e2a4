"""The next value of a chaotic map of the plane, of which one coordinate is observed (Hénon 1976)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import ForecastTask

BURN_IN = 100  # steps until a point is on the attractor


@dataclass(frozen=True)
class Henon(ForecastTask):
    """x_{t+1} = 1 - a x_t^2 + b x_{t-1}; target x_{t+horizon}.

    Two values determine the next, by a square. Not all a and b keep the orbits bounded.

    Example (a = 1.4, b = 0.3, before standardizing): inputs 0, 1, -0.4 -> targets 1, -0.4, 1.076.
    """

    name: ClassVar[str] = "henon"
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(220, Integers(3, 1_000_000), "steps of a sequence")
    washout: int = setting(20, Integers(0, 1_000_000), "first steps of a sequence, excluded from the loss")
    a: float = setting(1.4, Reals(0.0, 2.0), "a, coefficient of the square")
    b: float = setting(0.3, Reals(-1.0, 1.0), "b, coefficient of the previous value")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        x = np.empty((BURN_IN + steps, self.sequences))
        x[:2] = generator.uniform(-0.1, 0.1, (2, self.sequences))
        for t in range(2, len(x)):
            x[t] = 1 - self.a * x[t - 1] ** 2 + self.b * x[t - 2]
        return x[BURN_IN:]
