"""Linear processes: autoregressive moving averages, alone, with a trend, and with a season."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from linrnn.data.sequences import Array
from linrnn.processes.process import BURN_IN, LINEAR_KIND, Process, Realization

MAX_ORDER = 4
PERIODS = (4, 7, 12, 24)  # steps


@dataclass(frozen=True)
class ArmaProcess(Process):
    """y_t = a_1 y_{t-1} + ... + a_p y_{t-p} + e_t + b_1 e_{t-1} + ... + b_q e_{t-q}, e_t standard normal.

    Stable and invertible, so that the conditional mean is y_t - e_t, a linear function of the past.
    """

    name: ClassVar[str] = "arma"
    kind: ClassVar[str] = LINEAR_KIND

    ar: tuple[float, ...]
    ma: tuple[float, ...]

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Draw orders p of 1 to 4 and q of 0 to p - 1, and partial autocorrelations."""
        p = int(generator.integers(1, MAX_ORDER + 1))
        q = int(generator.integers(0, p))
        ar, ma = (generator.uniform(0.2, high, n) * generator.choice([-1, 1], n) for n, high in ((p, 0.95), (q, 0.8)))
        return cls(tuple(stable_coefficients(ar)), tuple(-stable_coefficients(ma)))

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        e = generator.normal(size=(BURN_IN + steps, paths))
        y = self.filter(e)
        return Realization(y[BURN_IN:], (y - e)[BURN_IN:])

    def filter(self, e: Array) -> Array:
        """Return y of the innovations e `(time, paths)`, from rest."""
        from scipy.signal import lfilter  # slow to import

        y: Array = lfilter([1.0, *self.ma], [1.0, *(-np.array(self.ar))], e, axis=0)
        return y


def stable_coefficients(partial: Array | Sequence[float]) -> Array:
    """Return the coefficients a `(p,)` of the stable autoregression with these partial autocorrelations `(p,)`.

    The Durbin-Levinson recursion; any values in (-1, 1) give a stable one (Barndorff-Nielsen & Schou 1973).
    """
    a = np.zeros(0)
    for r in partial:
        a = np.append(a - r * a[::-1], r)
    return a


@dataclass(frozen=True)
class TrendProcess(Process):
    """An autoregressive moving average plus a line that rises by `rise` of its standard deviations over the series.

    The second difference of a line is 0: a linear predictor continues it exactly.
    """

    name: ClassVar[str] = "trend"
    kind: ClassVar[str] = LINEAR_KIND

    arma: ArmaProcess
    rise: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        return cls(ArmaProcess.sample(generator), float(generator.uniform(1, 4) * generator.choice([-1, 1])))

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        y, mean, _ = self.arma.simulate(generator, steps, paths)
        line = self.rise * y.std() * np.linspace(0, 1, steps)[:, None]
        return Realization(y + line, mean + line)


@dataclass(frozen=True)
class SeasonProcess(Process):
    """An autoregressive moving average plus a season: a sine of `amplitude` of its standard deviations, and a harmonic.

    A linear predictor continues sines exactly.
    """

    name: ClassVar[str] = "season"
    kind: ClassVar[str] = LINEAR_KIND

    arma: ArmaProcess
    period: int
    amplitude: float
    harmonic: float  # amplitude of the half period, relative to that of the period

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        arma, period = ArmaProcess.sample(generator), int(generator.choice(PERIODS))
        return cls(arma, period, float(generator.uniform(0.5, 3)), float(generator.uniform(0, 0.5)))

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        y, mean, _ = self.arma.simulate(generator, steps, paths)
        phase = 2 * np.pi * np.arange(steps)[:, None] / self.period
        season = self.amplitude * y.std() * (np.sin(phase) + self.harmonic * np.cos(2 * phase))
        return Realization(y + season, mean + season)
