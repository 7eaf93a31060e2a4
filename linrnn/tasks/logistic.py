"""The next value of the logistic map (May 1976)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import ForecastTask

BURN_IN = 100


@dataclass(frozen=True)
class Logistic(ForecastTask):
    """x_{t+1} = r x_t (1 - x_t) in [0, 1]; target x_{t+horizon}.

    At r = 4 every value is uncorrelated with all before: no linear predictor beats the mean, though one value
    determines the next.

    Example (r = 4, before standardizing): inputs 0.2, 0.64 -> targets 0.64, 0.9216.
    """

    name: ClassVar[str] = "logistic"
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(220, Integers(3, 1_000_000), "steps of a sequence")
    washout: int = setting(20, Integers(0, 1_000_000), "first steps of a sequence, excluded from the loss")
    r: float = setting(4.0, Reals(3.6, 4.0), "r; chaotic above 3.57, apart from periodic windows")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        x = np.empty((BURN_IN + steps, self.sequences))
        x[0] = generator.uniform(0.1, 0.9, self.sequences)
        for t in range(1, len(x)):
            x[t] = self.r * x[t - 1] * (1 - x[t - 1])
        return x[BURN_IN:]
