"""Next-step prediction of a sine wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Integers, setting
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.errors import ConfigError
from linrnn.tasks.task import Task


@dataclass(frozen=True)
class Sine(Task):
    """x_t = sin(t), `points` points of one period on linspace(0, 2 pi); target x_{t+1}.

    The training sequence starts at phase 0, those of validation and test at other phases, evenly spaced. Two past
    values determine the next; the first steps, from which a network infers the phase, do not enter the loss.

    Example (`points=5`): inputs 0, 1, 0, -1 -> targets 1, 0, -1, 0.
    """

    name: ClassVar[str] = "sine"
    forecast_horizon: ClassVar[int] = 1
    linear_bound: ClassVar[float] = 0.0
    noise_bound: ClassVar[float] = 0.0

    points: int = setting(100, Integers(4, 100_000), "points of one period")
    washout: int = setting(10, Integers(0, 100_000), "first steps of a sequence, excluded from the loss")
    phases: int = setting(8, Integers(1, 10_000), "sequences of the validation split, and of the test split")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.washout >= self.points - 1:
            raise ConfigError(f"task.washout must be below task.points - 1, {self.points - 1}, not {self.washout}")

    def splits(self) -> Splits:
        spread = 2 * np.pi * np.arange(self.phases) / self.phases
        step = 2 * np.pi / self.phases
        return Splits(
            train=self.sequences(np.zeros(1)),
            val=self.sequences(spread + step / 3),
            test=self.sequences(spread + 2 * step / 3),
        )

    def sequences(self, phases: Array) -> Sequences:
        """Pairs `(points - 1, len(phases), 1)` of sines that start at these phases, in radians."""
        wave = np.sin(np.linspace(0, 2 * np.pi, self.points)[:, None, None] + phases[:, None])
        return Sequences(inputs=wave[:-1], targets=wave[1:], first=self.washout)
