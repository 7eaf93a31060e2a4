"""From standardized values by step of a sequence to values in the file's unit by date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from linrnn.analysis.series_history import first_complete_row, horizon_rows, task_scale
from linrnn.data.sequences import Array
from linrnn.tasks.builtin_series import BuiltInSeries
from linrnn.tasks.series import Series
from linrnn.tasks.series_question import format_date
from linrnn.tasks.task import Task


class SeriesUnits(NamedTuple):
    """Unit and rows of the first target column of a series.

    Parameters
    ----------
    mean, deviation : float
        By which it is standardized.
    horizon : int
        Rows from a step to its first target.
    column : str
        Name of the column, with its unit where the file has one.
    dates : sequence of datetime
        Dates of the rows that the steps of the test split count; empty where there are none.
    """

    mean: float
    deviation: float
    horizon: int
    column: str
    dates: Sequence[datetime] = ()

    def restore(self, values: Array) -> Array:
        """Return standardized values in the file's unit."""
        return values * self.deviation + self.mean

    def name_rows(self, rows: Sequence[int]) -> list[str]:
        """Return the dates of some rows, counted from 0; of rows behind the last date, and without dates, numbers."""
        texts = {row: format_date(self.dates[row], self.dates) for row in {*rows} if row < len(self.dates)}
        return [texts.get(row, str(row + 1)) for row in rows]


def read_units(task: Task) -> SeriesUnits | None:
    """Return unit and rows of a task's series; None for a task that draws its sequences.

    Raises
    ------
    DataError
        If the user's file cannot be read.
    """
    if not isinstance(task, (Series, BuiltInSeries)):
        return None
    scale, column, dates = task_scale(task), task.name, tuple[datetime, ...]()
    if isinstance(task, Series):
        series = task.read()
        dates = (
            () if any(map(first_complete_row, series)) else series[-1].dates
        )  # of sequences between gaps, no rows are known
        column, unit = task.target_column or "targets", series[0].unit
        column = f"{column} ({unit})" if unit and unit not in column else column
    return SeriesUnits(float(scale.target_mean[0]), float(scale.target_deviation[0]), horizon_rows(task), column, dates)
