"""Noise: series whose conditional mean is 0, whatever their distribution and variance."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from linrnn.data.sequences import Array
from linrnn.processes.process import BURN_IN, NOISE_KIND, Process, Realization


@dataclass(frozen=True)
class NoiseProcess(Process):
    """A process with the conditional mean 0."""

    kind: ClassVar[str] = NOISE_KIND

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        y = self.noise(generator, steps, paths)
        return Realization(y, np.zeros_like(y))

    @abstractmethod
    def noise(self, generator: np.random.Generator, steps: int, paths: int) -> Array:
        """Return the series `(steps, paths)`."""


@dataclass(frozen=True)
class GaussianNoise(NoiseProcess):
    """Independent standard normal values."""

    name: ClassVar[str] = "gaussian"

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        return cls()

    def noise(self, generator: np.random.Generator, steps: int, paths: int) -> Array:
        return generator.normal(size=(steps, paths))


@dataclass(frozen=True)
class StudentNoise(NoiseProcess):
    """Independent values of Student's t distribution: heavy tails."""

    name: ClassVar[str] = "student"

    degrees: float  # of freedom

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        return cls(float(generator.uniform(3, 8)))

    def noise(self, generator: np.random.Generator, steps: int, paths: int) -> Array:
        return generator.standard_t(self.degrees, (steps, paths))


@dataclass(frozen=True)
class GarchNoise(NoiseProcess):
    """y_t = s_t e_t with s_t^2 = 1 - alpha - beta + alpha y_{t-1}^2 + beta s_{t-1}^2 (Bollerslev 1986).

    The variance depends on the past; the mean does not.
    """

    name: ClassVar[str] = "garch"

    alpha: float
    beta: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        alpha = float(generator.uniform(0.05, 0.25))
        return cls(alpha, float(generator.uniform(0.4, 0.97 - alpha)))

    def noise(self, generator: np.random.Generator, steps: int, paths: int) -> Array:
        e = generator.normal(size=(BURN_IN + steps, paths))
        y, variance = np.empty_like(e), np.ones(paths)
        for t in range(len(e)):
            y[t] = np.sqrt(variance) * e[t]
            variance = 1 - self.alpha - self.beta + self.alpha * y[t] ** 2 + self.beta * variance
        return y[BURN_IN:]


@dataclass(frozen=True)
class WalkDifferences(NoiseProcess):
    """Differences of a random walk, whose steps have a Laplace distribution."""

    name: ClassVar[str] = "walk"

    drift: float  # of the walk, in standard deviations of its steps

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        return cls(float(generator.uniform(-0.1, 0.1)))

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        y = self.noise(generator, steps, paths)
        return Realization(y, np.full_like(y, self.drift))

    def noise(self, generator: np.random.Generator, steps: int, paths: int) -> Array:
        walk = (self.drift + generator.laplace(scale=0.5**0.5, size=(steps + 1, paths))).cumsum(axis=0)
        return np.diff(walk, axis=0)
