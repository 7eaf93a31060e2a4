"""The next point of a noisy sine wave of unknown phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import SEQUENCES, ForecastTask

MAX_LENGTH, LEAST_NOISE = 3000, 1e-3  # for which the bound is computed


@dataclass(frozen=True)
class NoisySine(ForecastTask):
    """x_t = sin(2 pi f t + phase) + e_t, phase uniform, e white and Gaussian; target x_{t+horizon}.

    The best linear predictor is the Wiener filter of cos(2 pi f k) / 2 + noise^2 [k = 0]. It is not the best of
    all: a sine of fixed amplitude and random phase is not Gaussian, and a nonlinear predictor may have a lower loss.

    Example (`noise=0`, `frequency=0.25`, phase 0, before standardizing): inputs 0, 1, 0 -> targets 1, 0, -1.
    """

    name: ClassVar[str] = "noisy-sine"
    defaults: ClassVar[Mapping[str, str]] = {"training.epochs": "300"}  # enough

    length: int = setting(1200, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(2, Integers(1, 100_000), SEQUENCES)
    washout: int = setting(400, Integers(0, 1_000_000), "first steps of a sequence, excluded from the loss")
    frequency: float = setting(0.05, Reals(1e-6, 0.5), "f, cycles a step")
    noise: float = setting(0.3, Reals(0.0, 1e6), "standard deviation of e")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        phases = generator.uniform(0, 2 * np.pi, self.sequences)
        clean = np.sin(2 * np.pi * self.frequency * np.arange(steps)[:, None] + phases)
        return clean + generator.normal(0, self.noise, clean.shape) if self.noise else clean

    @property
    def linear_bound(self) -> float | None:
        """Of the best filter over all steps that enter the loss, with zeros before the first (Wiener 1949).

        Its normal equations are dense: None where the sequences are too long for them, or the noise too small.
        """
        if self.length > MAX_LENGTH or self.noise < LEAST_NOISE:
            return None
        from scipy.linalg import toeplitz  # slow to import

        lags = np.arange(self.length)
        covariance = np.cos(2 * np.pi * self.frequency * np.arange(self.length + self.horizon)) / 2
        covariance[0] += self.noise**2
        counts = self.length - np.maximum(lags, self.washout)  # of the steps that have such a lag behind them
        normal = toeplitz(covariance[: self.length]) * counts[np.maximum.outer(lags, lags)]
        cross = covariance[self.horizon :] * counts
        explained = cross @ np.linalg.solve(normal, cross) / counts[0]
        return float(1 - explained / covariance[0])

    @property
    def noise_bound(self) -> float:
        return self.noise**2 / (0.5 + self.noise**2)
