"""The first coordinate of a chaotic flow, some steps ahead (Lorenz 1963)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import SEQUENCES, ForecastTask

STEP = 0.02  # of the integration and of the samples, in units of time
BURN_IN = 1000  # steps until the flow is on its attractor


@dataclass(frozen=True)
class Lorenz(ForecastTask):
    """x' = sigma (y - x), y' = x (rho - z) - y, z' = x y - beta z; the input is x_t alone, the target x_{t+horizon}.

    Integrated by Runge and Kutta's fourth order in steps of 0.02, from random states around the attractor. One step
    ahead it is all but linear; 25 steps ahead it is not.

    Example (before standardizing): from (1, 1, 1) inputs 1, 1.049 -> targets (`horizon=1`) 1.049, 1.187.
    """

    name: ClassVar[str] = "lorenz"
    defaults: ClassVar[Mapping[str, str]] = {"training.epochs": "600"}  # enough
    noise_bound: ClassVar[float] = 0.0

    sequences: int = setting(8, Integers(1, 100_000), SEQUENCES)
    horizon: int = setting(25, Integers(1, 100_000), "steps from an input to its target")
    sigma: float = setting(10.0, Reals(0.0, 1000.0), "sigma")
    rho: float = setting(28.0, Reals(0.0, 1000.0), "rho")
    beta: float = setting(8 / 3, Reals(0.0, 1000.0), "beta")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        start = generator.normal(0, 5, (3, self.sequences)) + np.array([[0.0], [0.0], [25.0]])
        return self.trajectory(start, BURN_IN + steps)[BURN_IN:, 0]

    def trajectory(self, start: Array, steps: int) -> Array:
        """The states `(steps, 3, batch)` from `(3, batch)` on."""
        states = np.empty((steps, *start.shape))
        states[0] = s = start
        for t in range(1, steps):
            k1 = self.derivative(s)
            k2 = self.derivative(s + STEP / 2 * k1)
            k3 = self.derivative(s + STEP / 2 * k2)
            k4 = self.derivative(s + STEP * k3)
            states[t] = s = s + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return states

    def derivative(self, state: Array) -> Array:
        """(x', y', z') `(3, batch)`."""
        x, y, z = state
        return np.stack([self.sigma * (y - x), x * (self.rho - z) - y, x * y - self.beta * z])
