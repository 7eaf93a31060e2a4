"""Nonlinear processes with inputs: a Volterra series and a nonlinear moving average, observed with noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from linrnn.data.sequences import Array
from linrnn.processes.process import BURN_IN, NONLINEAR_KIND, Process, Realization

MEMORY = 5  # lags of a Volterra series


@dataclass(frozen=True)
class VolterraProcess(Process):
    """y_t = sum_i g_i u_{t-i} + sum_{i<=j} q_ij (u_{t-i} u_{t-j} - [i = j]) + sd e_t, with u_t and e_t standard normal.

    The quadratic part is uncorrelated with all u: its variance is what a linear predictor of y from u loses
    (Volterra 1930; Wiener 1958).
    """

    name: ClassVar[str] = "volterra"
    kind: ClassVar[str] = NONLINEAR_KIND

    first: tuple[float, ...]  # (MEMORY,)
    second: tuple[tuple[float, ...], ...]  # (MEMORY, MEMORY), upper triangular
    sd: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        """Draw the gain of the best predictor over the best linear one uniformly, and the kernels."""
        gain = generator.uniform(0.02, 0.9)
        g, q = generator.normal(size=MEMORY), np.triu(generator.normal(size=(MEMORY, MEMORY)))
        q *= generator.permutation(np.arange(MEMORY**2) < 8).reshape(q.shape)  # about 5 products remain
        q[0, 1] += 1
        q *= (gain / quadratic_variance(q)) ** 0.5
        g *= (generator.uniform(0.2, 3) / np.square(g).sum()) ** 0.5
        return cls(tuple(g), tuple(map(tuple, q)), float((1 - gain) ** 0.5))

    @property
    def gain(self) -> float:
        """Gain of the best predictor over the best linear one, in closed form."""
        variance = quadratic_variance(np.array(self.second))
        return variance / (variance + self.sd**2)

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        u = generator.normal(size=(steps + MEMORY - 1, paths))
        lags = np.lib.stride_tricks.sliding_window_view(u, MEMORY, axis=0)[..., ::-1]  # (steps, paths, MEMORY)
        q = np.array(self.second)
        mean = lags @ np.array(self.first) + np.einsum("tpi,ij,tpj->tp", lags, q, lags, optimize=True) - np.trace(q)
        return Realization(mean + self.sd * generator.normal(size=mean.shape), mean, u[MEMORY - 1 :])


def quadratic_variance(q: Array) -> float:
    """Return the variance of sum_{i<=j} q_ij u_i u_j for independent standard normal u."""
    return float(np.square(q).sum() + np.square(np.diag(q)).sum())


@dataclass(frozen=True)
class NarmaProcess(Process):
    """z_t = 0.3 z_{t-1} + feedback z_{t-1} mean(z_{t-1}, ..., z_{t-n}) + 1.5 u_{t-n+1} u_t + 0.1, y_t = z_t + sd e_t.

    u_t is uniform in [0, 0.5]. After Atiya & Parlos 2000, with a feedback of at most 0.25, for which z stays below 1.2
    whatever the inputs.
    """

    name: ClassVar[str] = "narma"
    kind: ClassVar[str] = NONLINEAR_KIND

    order: int
    feedback: float
    sd: float

    @classmethod
    def sample(cls, generator: np.random.Generator) -> Self:
        sd = float(np.exp(generator.uniform(np.log(0.012), np.log(0.15))))
        return cls(int(generator.integers(2, 11)), float(generator.uniform(0.05, 0.25)), sd)

    def simulate(self, generator: np.random.Generator, steps: int, paths: int = 1) -> Realization:
        n, total = self.order, BURN_IN + steps
        u = generator.uniform(0, 0.5, (total, paths))
        z = np.zeros((total + n, paths))  # z[t + n] is z_t
        for t in range(total):
            last, past = z[t + n - 1], z[t : t + n].mean(axis=0)
            product = u[max(t - n + 1, 0)] * u[t]
            z[t + n] = 0.3 * last + self.feedback * last * past + 1.5 * product + 0.1
        mean = z[n + BURN_IN :]
        return Realization(mean + self.sd * generator.normal(size=mean.shape), mean, u[BURN_IN:])
