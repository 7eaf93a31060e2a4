"""The next point of a noisy sine wave of unknown phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.declared import Reals, declare
from linrnn.tasks.base import Array, Forecast


@dataclass(frozen=True)
class NoisySine(Forecast):
    """x_t = sin(2 pi f t + phase) + e_t, phase uniform, e white and Gaussian; target x_{t+horizon}.

    The best linear predictor is the Wiener filter of cos(2 pi f k) / 2 + noise^2 [k = 0]. It is not the best of
    all: a sine of fixed amplitude and random phase is not Gaussian, and a nonlinear predictor may go below it.

    Example (`noise=0`, `frequency=0.25`, phase 0, before standardising): inputs 0, 1, 0 -> targets 1, 0, -1.
    """

    name: ClassVar[str] = "noisy-sine"

    frequency: float = declare(0.05, Reals(1e-6, 0.5), "f, cycles a step")
    noise: float = declare(0.3, Reals(0.0, 1e6), "standard deviation of e")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        phases = generator.uniform(0, 2 * np.pi, self.sequences)
        clean = np.sin(2 * np.pi * self.frequency * np.arange(steps)[:, None] + phases)
        return clean + generator.normal(0, self.noise, clean.shape) if self.noise else clean

    @property
    def linear_floor(self) -> float | None:
        """Of the Wiener filter with all values so far, averaged over the steps that count (Wiener 1949).

        The sine is a c_t + b s_t, c and s the cosine and sine of its angle, a and b uncorrelated of variance 1/2:
        what is unknown of it after n values is what they leave unknown of a and b, noise^2 (noise^2 I + S)^-1 / 2
        with S = (1/2) sum_k (c_k, s_k) (c_k, s_k)^T.
        """
        if not self.noise**2:
            return None
        angles = 2 * np.pi * self.frequency * np.arange(-self.horizon, self.length)
        waves = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        ahead, seen = waves[0], waves[self.horizon :]
        S = np.cumsum(seen[:, :, None] * seen[:, None, :], axis=0)[self.washout :] / 2
        unknown = np.linalg.solve(self.noise**2 * np.eye(2) + S, ahead[:, None])[:, :, 0] @ ahead / 2
        return float((1 + unknown.mean()) * self.noise_floor)

    @property
    def noise_floor(self) -> float:
        return self.noise**2 / (0.5 + self.noise**2)
