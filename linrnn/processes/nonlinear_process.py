"""Nonlinear processes of their own past: threshold, bilinear and logistic, from weakly to strongly nonlinear."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from linrnn.data.sequences import Array
from linrnn.processes.process import BURN_IN, NONLINEAR_KIND, Process, Realization


@dataclass(frozen=True)
class RecursiveProcess(Process):
    """y_t = f(y_{t-1}, e_{t-1}) + e_t, e_t normal; f is the conditional mean where the past determines e_{t-1}."""

    kind: ClassVar[str] = NONLINEAR_KIND

    @property
    def noise_sd(self) -> float:
        """Standard deviation of e_t."""
        return 1.0

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        e = self.noise_sd * generator.normal(size=(BURN_IN + steps, paths))
        y, mean = np.empty_like(e), np.empty_like(e)
        y[0], mean[0] = e[0], 0
        for t in range(1, len(e)):
            mean[t] = self.mean(y[t - 1], e[t - 1])
            y[t] = mean[t] + e[t]
        return Realization(y[BURN_IN:], mean[BURN_IN:])

    @abstractmethod
    def mean(self, y: Array, e: Array) -> Array:
        """Return the conditional mean of the next value."""


@dataclass(frozen=True)
class ThresholdProcess(RecursiveProcess):
    """y_t = level + (slope + bend) y_{t-1} + e_t below the threshold 0, and level + (slope - bend) y_{t-1} + e_t above.

    The self-exciting threshold autoregression (Tong & Lim 1980), continuous at the threshold; linear for bend 0.
    Ergodic where both slopes, and their product, are below 1 (Petruccelli & Woolford 1984).
    """

    name: ClassVar[str] = "setar"

    slope: float
    bend: float
    level: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Draw an ergodic process."""
        bend = float(generator.uniform(0.1, 2.5))
        slope = float(generator.uniform(-0.3, 0.3)) if bend < 0.65 else float(-bend + generator.uniform(0.5, 0.95))
        return cls(slope, bend, float(generator.uniform(0, 3)))

    def mean(self, y: Array, e: Array) -> Array:
        return self.level + self.slope * y - self.bend * np.abs(y)


@dataclass(frozen=True)
class BilinearProcess(RecursiveProcess):
    """y_t = a y_{t-1} + b y_{t-1} e_{t-1} + e_t (Granger & Andersen 1978); linear for b = 0.

    Stationary where a^2 + b^2 < 1; invertible, so that the past determines e_{t-1}, where E log |b y_t| < 0, which is
    the case for |a| <= 0.5 and |b| <= 0.7.
    """

    name: ClassVar[str] = "bilinear"

    a: float
    b: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        b = float(generator.uniform(0.05, 0.7) * generator.choice([-1, 1]))
        return cls(float(generator.uniform(-0.5, 0.5)), b)

    def mean(self, y: Array, e: Array) -> Array:
        return (self.a + self.b * e) * y


@dataclass(frozen=True)
class LogisticProcess(RecursiveProcess):
    """y_t = r z (1 - z) + sd e_t, where z is y_{t-1} limited to [0, 1]: the logistic map with noise inside its loop."""

    name: ClassVar[str] = "logistic"

    r: float
    sd: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        return cls(float(generator.uniform(3.7, 4)), float(np.exp(generator.uniform(np.log(0.1), np.log(1.5)))))

    @property
    def noise_sd(self) -> float:
        return self.sd

    def mean(self, y: Array, e: Array) -> Array:
        z = np.clip(y, 0, 1)
        return self.r * z * (1 - z)
