"""Next year's sunspot number: the oldest real series of the field (Yule 1927)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

import numpy as np

from linrnn.tasks.base import Array, Sequences, Splits, Task


@dataclass(frozen=True)
class Sunspots(Task):
    """Yearly mean sunspot numbers 1700-2008 (309 values); target: next year's.

    Split chronologically 60/20/20 and standardised by the training part alone. The sequences of the
    val and test splits begin in 1700, so that a network has seen all of the past; only the steps whose
    target lies in the split count.

    Example (before standardising): inputs 5, 11, 16 (1700-1702) -> targets 11, 16, 23 (1701-1703).
    """

    name: ClassVar[str] = "sunspots"

    @property
    def content(self) -> bytes:
        return shipped("sunspots.csv")

    def splits(self) -> Splits:
        series = np.loadtxt(self.content.decode().splitlines(), delimiter=",", skiprows=1, usecols=1)
        train_end, val_end = round(0.6 * len(series)), round(0.8 * len(series))
        series = (series - series[:train_end].mean()) / series[:train_end].std()
        return Splits(
            train=next_step(series[:train_end]),
            val=next_step(series[:val_end], first_target=train_end),
            test=next_step(series, first_target=val_end),
        )


def shipped(name: str) -> bytes:
    """A file that ships with the package."""
    return (resources.files("linrnn.tasks") / "data" / name).read_bytes()


def next_step(series: Array, first_target: int = 1) -> Sequences:
    """Pairs (x_t, x_{t+1}) of one series `(time,)`, counting from the target at index `first_target`."""
    return Sequences(series[:-1, None, None], series[1:, None, None], first=first_target - 1)
