"""Real series that ship with linrnn, forecast a step ahead."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import ClassVar

import numpy as np

from linrnn.data.chronological_split import SeriesData, split_chronologically
from linrnn.data.digests import content_digest
from linrnn.data.sequences import Array, Splits
from linrnn.data.split_settings import SplitSettings, split_ends
from linrnn.tasks.series_question import describe_rows
from linrnn.tasks.task import Task


@dataclass(frozen=True)
class BuiltInSeries(Task):
    """One series, split chronologically 60/20/20 and standardized by the training part alone.

    The sequences of the validation and test splits begin where the series does, so that a network reads all of the
    past; only the steps whose target lies in the split enter the loss.
    """

    forecast_horizon: ClassVar[int] = 1
    file_name: ClassVar[str]

    @property
    def content(self) -> bytes:
        """The file that comes with linrnn."""
        return (resources.files("linrnn.tasks") / "data" / self.file_name).read_bytes()

    @property
    def file_digest(self) -> str | None:
        return content_digest(self.content)

    @property
    def question(self) -> str:
        dates = [line.partition(",")[0] for line in self.content.decode().splitlines()[-len(self.series) :]]
        ends = split_ends(len(dates))
        spans = [f"{dates[start]} to {dates[end - 1]}" for start, end in pairwise((0, *ends))]
        return f"{super().question}; {describe_rows(ends, spans)}"

    @property
    def values(self) -> Array:
        """Second column of the file, `(time,)`."""
        return np.loadtxt(self.content.decode().splitlines(), delimiter=",", skiprows=1, usecols=1)

    @property
    @abstractmethod
    def series(self) -> Array:
        """The series that is forecast, `(time,)`."""

    def splits(self) -> Splits:
        series, names, settings = self.series[:, None, None], [self.name], SplitSettings(self.forecast_horizon)
        return split_chronologically(SeriesData(series, series, names, names), settings, self.file_name)
