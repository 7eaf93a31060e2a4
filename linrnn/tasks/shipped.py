"""Real series that ship with linrnn, forecast a step ahead."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

import numpy as np

from linrnn.tasks.base import Array, Splits, Task, forecast


@dataclass(frozen=True)
class Shipped(Task):
    """One series, split chronologically 60/20/20 and standardised by the training part alone.

    The sequences of the val and test splits begin where the series does, so that a network has seen all of the past;
    only the steps whose target lies in the split count.
    """

    forecasts: ClassVar[bool] = True
    file_name: ClassVar[str]

    @property
    def file(self) -> bytes:
        return (resources.files("linrnn.tasks") / "data" / self.file_name).read_bytes()

    @property
    def values(self) -> Array:
        """Second column of the file, `(time,)`."""
        return np.loadtxt(self.file.decode().splitlines(), delimiter=",", skiprows=1, usecols=1)

    @property
    @abstractmethod
    def series(self) -> Array:
        """What is forecast, `(time,)`."""

    def splits(self) -> Splits:
        series = self.series[:, None]
        train_end, val_end = round(0.6 * len(series)), round(0.8 * len(series))
        series = (series - series[:train_end].mean()) / series[:train_end].std()
        return Splits(
            train=forecast(series[:train_end], 1, 0),
            val=forecast(series[:val_end], 1, train_end - 1),
            test=forecast(series, 1, val_end - 1),
        )
