"""A chaotic delay equation, many steps ahead (Mackey & Glass 1977)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import SEQUENCES, TEST_SEQUENCES, ForecastTask

STEP, STRIDE = 0.1, 10  # of the integration, in units of time; integration steps per sample
RATE = -0.1  # of x itself
DECAY = sum((RATE * STEP) ** k / math.factorial(k) for k in range(5))  # of x in a step, to fourth order
BURN_IN = 1000  # samples until the start is forgotten


@dataclass(frozen=True)
class MackeyGlass(ForecastTask):
    """x' = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x, sampled at every unit of time; target x_{t+horizon}.

    Integrated by Runge and Kutta's fourth order in steps of 0.1, from a constant history, uniform in [0.5, 1.5]. One
    step ahead it is all but linear; 84 steps ahead (tau = 17), the customary horizon, it is not.

    Example (before standardizing): at x = x(t - tau) = 1 the derivative is 0.2 / 2 - 0.1 = 0, and x stays 1.
    """

    name: ClassVar[str] = "mackey-glass"
    noise_bound: ClassVar[float] = 0.0

    length: int = setting(200, Integers(3, 1_000_000), "steps of a sequence")
    sequences: int = setting(10, Integers(1, 100_000), SEQUENCES)
    test_sequences: int = setting(400, Integers(0, 100_000), TEST_SEQUENCES)
    washout: int = setting(50, Integers(0, 1_000_000), "first steps of a sequence, excluded from the loss")
    horizon: int = setting(84, Integers(1, 100_000), "steps from an input to its target")
    tau: float = setting(17.0, Reals(0.1, 1000.0), "delay, in units of time, to a tenth")

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        initial = generator.uniform(0.5, 1.5, self.sequences)
        return integrate(initial, self.tau, (BURN_IN + steps) * STRIDE)[BURN_IN * STRIDE :: STRIDE][:steps]


def integrate(initial: Array, tau: float, steps: int) -> Array:
    """x after 0, 1, ..., `steps` integration steps `(steps + 1, batch)`, from constant histories `(batch,)`.

    Half a step between two values the delayed x is their mean. With the delayed x known, the equation is linear in x
    for a time tau, and so is its integration: x_{k+1} = decay x_k + drive_k.
    """
    from scipy.signal import lfilter  # slow to import

    delay = round(tau / STEP)
    x = np.broadcast_to(initial, (delay + 1, len(initial)))  # for the last tau
    parts = [x[-1:]]
    for _ in range(0, steps, delay):
        drive = drive_increment(gain(x[:-1]), gain((x[:-1] + x[1:]) / 2), gain(x[1:]))
        drive[0] += DECAY * x[-1]
        parts.append(lfilter([1], [1, -DECAY], drive, axis=0))
        x = np.concatenate([x[-1:], parts[-1]])
    return np.concatenate(parts)[: steps + 1]


def gain(x: Array) -> Array:
    """0.2 x / (1 + x^10)."""
    return 0.2 * x / (1 + x**10)


def drive_increment(start: Array, middle: Array, end: Array) -> Array:
    """Return x after a fourth-order Runge-Kutta step from x = 0, from the gain at its start, middle and end."""
    k2 = middle + RATE * STEP / 2 * start
    k3 = middle + RATE * STEP / 2 * k2
    k4 = end + RATE * STEP * k3
    return STEP / 6 * (start + 2 * k2 + 2 * k3 + k4)
