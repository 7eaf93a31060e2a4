"""The next point of a noisy sine wave of unknown phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import solve_toeplitz

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
        """Of the Wiener filter with all values so far, averaged over the steps that count (Wiener 1949)."""
        if not self.noise:
            return None
        lags = np.arange(self.length + self.horizon)
        covariance = np.cos(2 * np.pi * self.frequency * lags) / 2 + self.noise**2 * (lags == 0)
        counts = np.unique(np.linspace(self.washout + 1, self.length, 20).astype(int))
        explained = [explained_by(covariance, int(count), self.horizon) for count in counts]
        return float(1 - np.mean(explained) / covariance[0])

    @property
    def noise_floor(self) -> float:
        return self.noise**2 / (0.5 + self.noise**2)


def explained_by(covariance: Array, count: int, horizon: int) -> float:
    """Variance that the best linear predictor from the last `count` values explains, `horizon` steps ahead."""
    ahead = covariance[horizon : horizon + count]
    return float(ahead @ solve_toeplitz(covariance[:count], ahead))
