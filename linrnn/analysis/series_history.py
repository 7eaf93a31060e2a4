"""The series of a task as it is known: values in the file's unit, dates, and the rows of the test part."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from linrnn.data.chronological_split import SeriesData
from linrnn.data.row_order import order_rows
from linrnn.data.sequences import Array
from linrnn.data.series_scale import SeriesScale, fit_scale, identity_scale
from linrnn.data.split_settings import split_ends
from linrnn.data.text_table import read_table
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.builtin_series import BuiltInSeries
from linrnn.tasks.series import Series
from linrnn.tasks.series_file import common_dates, parse_table
from linrnn.tasks.task import Task

LEAST_ROWS = 2  # after the last missing value


class SeriesHistory(NamedTuple):
    """A series in the file's unit.

    Parameters
    ----------
    inputs : array (time, batch, features)
        What networks read, before scaling.
    targets : array (time, batch, targets)
        The columns that are predicted.
    test : tuple of int
        First row of the test part, and the row behind its last one.
    dates : sequence of datetime
        Date of each row; empty where there are none, or where sequences differ in them.
    names : sequence of str
        Names of the sequences; one empty name where there is only one.
    column : str
        Name of what is predicted.
    """

    inputs: Array
    targets: Array
    test: tuple[int, int]
    dates: Sequence[datetime] = ()
    names: Sequence[str] = ("",)
    column: str = ""

    @property
    def values(self) -> Array:
        """The series that is forecast, `(time, batch)`."""
        return self.targets[..., 0]


def is_closed(task: Task) -> bool:
    """Whether a network's outputs are later values of its only input, so that it can read its own predictions."""
    ahead = task.horizon if isinstance(task, Series) and task.lead else task.forecast_horizon
    if ahead == 0 or task.input_size != 1:
        return False
    return task.output_size == output_steps(task)


def output_steps(task: Task) -> int:
    """Return the number of later values that a network predicts at once."""
    return task.steps if isinstance(task, Series) else 1


def horizon_rows(task: Task) -> int:
    """Return the rows from an input to its first target; 0 where both are in the same row."""
    return task.horizon if isinstance(task, Series) else task.forecast_horizon


def task_scale(task: Task) -> SeriesScale:
    """Return the scale between the unit of a task's data and what its networks read and write.

    That of tasks which draw their sequences is the identity. Reads the user's file; DataError where it cannot be read.
    """
    if isinstance(task, Series):
        return fit_scale(task.data(), task.split_settings(), not task.test_file, task.basename)
    if isinstance(task, BuiltInSeries):
        values = task.series[:, None, None]
        end = split_ends(len(values))[0]
        mean, deviation = values[:end].mean(axis=(0, 1)), values[:end].std(axis=(0, 1))
        return SeriesScale(mean, deviation, mean, deviation)
    return identity_scale(task.input_size)


def read_history(task: Task) -> SeriesHistory:
    """Return the series of a task, up to the last row that is known.

    Raises
    ------
    ConfigError
        If the task has no series: its sequences are drawn, and its targets are no later inputs.
    DataError
        If the user's file cannot be read.
    """
    if isinstance(task, Series):
        return read_series(task)
    if isinstance(task, BuiltInSeries):
        values = task.series[:, None, None]
        table = read_table(task.content, task.file_name)
        order = order_rows(table, table.groups(""), table.header[1:])
        dates = common_dates(order.groups, order.column, len(table.rows))
        _, first, end = split_ends(len(values))
        return SeriesHistory(values, values, (first, end), dates[-len(values) :], column=task.name)
    if not is_closed(task):
        raise ConfigError(f"task {task.label} predicts no later values of its only input: there is nothing to continue")
    test = task.splits().test
    values = np.concatenate([test.inputs[:, :, :1], test.targets[-task.forecast_horizon :, :, :1]])
    names = [f"sequence {k + 1}" for k in range(values.shape[1])]
    return SeriesHistory(
        values, values, (test.first + task.forecast_horizon, len(values)), names=names, column=task.name
    )


def read_series(task: Series) -> SeriesHistory:
    """Return the series of a user's file; of one with missing values, the rows after the last of them."""
    data, settings = task.data(), task.split_settings()
    ends = settings.ends or split_ends(len(data.inputs), not task.test_file)
    test = (ends[1], ends[2]) if len(ends) > 2 else (len(data.inputs), len(data.inputs))
    start = first_complete_row(data)
    if len(data.inputs) - start < LEAST_ROWS:
        raise DataError(f"{task.basename}: fewer than {LEAST_ROWS} rows follow the last missing cell: fill it in")
    names = number_sequences(data.inputs.shape[1]) if task.is_archive else data.sequence_names
    return SeriesHistory(
        data.inputs[start:],
        data.targets[start:],
        (max(test[0] - start, 1), max(test[1] - start, 1)),
        data.dates[start:],
        names,
        task.target_column or "targets",
    )


def first_complete_row(data: SeriesData) -> int:
    """Return the row after the last one that lacks a value in some sequence; 0 where none does."""
    lacking = np.isnan(np.concatenate([data.inputs, data.targets], axis=2)).any(axis=(1, 2))
    return int(np.flatnonzero(lacking)[-1]) + 1 if lacking.any() else 0


def number_sequences(count: int) -> list[str]:
    """Return names of sequences that have none; an empty one for a single sequence."""
    return [f"sequence {k + 1}" for k in range(count)] if count > 1 else [""]


def read_test_history(task: Series) -> SeriesHistory:
    """Return the series of a user's second file, all of which is the test part."""
    _, data = task.read()
    name = os.path.basename(task.test_file)
    names = [f"{name} {k + 1}" for k in range(data.inputs.shape[1])]
    return SeriesHistory(data.inputs, data.targets, (task.horizon, len(data.inputs)), names=names)


def read_inputs(task: Series) -> SeriesHistory:
    """Return the inputs in a file, which need not have the column that is predicted; its values are nan.

    Raises
    ------
    DataError
        If an input is missing or is no number.
    """
    if task.is_archive:
        return read_series(task)
    table = task.read_table(task.content, task.basename)
    names = task.input_names(task.column)
    data = parse_table(table, names[-1], names, task.group, task.missing)
    targets = np.full_like(data.targets, np.nan)
    return SeriesHistory(data.inputs, targets, (0, 0), data.dates, data.sequence_names, task.column)
