"""A series from values in memory: a numpy array, or a pandas Series or DataFrame."""

from __future__ import annotations

import csv
import io
import re
import shlex
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from linrnn.data.digests import content_digest
from linrnn.data.frame_columns import Column, date_index, to_cells
from linrnn.data.number_format import is_word
from linrnn.errors import ConfigError, DataError, LinrnnError
from linrnn.tasks import BUILT_IN
from linrnn.tasks.series import Series

RESERVED = {*BUILT_IN, "sweeps", "default"}  # MLflow experiments that hold other runs
OPTION = re.compile(r"""--set ((?:'[^']*'|"[^"]*"|[^\s'",;)])+)""")  # of the command line, as a shell reads it
SETTING = re.compile(r"(?<!['\"])\btask\.(column|inputs|horizon|group|split|washout|steps|relative|period|missing)\b")


def make_series(
    values: Any,
    *,
    horizon: int = 1,
    column: str | int | None = None,
    inputs: str | int | Sequence[str | int] | None = None,
    group: str | None = None,
    name: str | None = None,
    split: Sequence[int] = (),
    washout: int = 0,
    steps: int = 1,
    relative: str = "no",
    period: int = 0,
    missing: str = "error",
) -> Series:
    """Make a forecasting task of a series in memory.

    The task is that of a CSV file with the same numbers: the same splits, and so the same losses and weights.

    Parameters
    ----------
    values : array_like, pandas.Series or pandas.DataFrame
        Values by time, `(time,)` or `(time, columns)`. The columns of an array are called `y`, or `y1`, `y2`, ...
        A date index of pandas becomes the date column.
    horizon : int
        Number of rows between an input and its target.
    column : str or int, optional
        The column to predict, by its name or its position from 0; needed if there is more than one of numbers.
    inputs : str, int or sequence, optional
        The columns to predict it from; by default its own past.
    group : str, optional
        The column whose values tell sequences apart; by default all rows are one sequence.
    name : str, optional
        Label of the task in tables and in the store; by default the name of the pandas Series, or `series`.
    split : sequence of int, optional
        Rows behind the training, validation and test part, such as `(8640, 11520, 14400)`; by default 60/20/20 percent.
    washout : int
        Number of first steps of each sequence that do not enter the loss. The sequences of the validation and test
        splits begin with the series, so that theirs are over before the split begins, except between missing values.
    steps : int
        Number of rows from the horizon on that are predicted at once.
    relative : str
        `last` for networks that read changes and predict differences from the last value of the column, else `no`.
    period : int
        Number of rows after which the season of the column repeats, for the seasonal baselines; by default (0) found
        from its autocorrelations; 1 for a series without a season.
    missing : str
        What is done about missing values: `error`; `interpolate` them between their neighbors; `hold` the last value;
        or `split` the series into sequences on both sides.

    Returns
    -------
    Series
        The task; its content is not on disk but in memory, and named by its SHA-256. Its method `notes()` returns how
        the values were read: the column that is predicted where none was named, rows in another order, gaps in dates.

    Raises
    ------
    ConfigError
        If a setting is out of its range or the name belongs to another task.
    DataError
        If the values cannot be used: missing or infinite ones, too few rows, a constant column.

    Warns
    -----
    UserWarning
        If the rows are newest first; they are read in ascending order of their dates.

    Examples
    --------
    >>> import numpy as np
    >>> import linrnn
    >>> task = linrnn.Series(np.sin(np.arange(200.0)), horizon=3, name="wave")
    >>> task
    Series('wave', column='y', horizon=3, rows=200)
    >>> task.splits().train.inputs.shape
    (117, 1, 1)
    """
    try:
        rows = ",".join(map(str, split))
        task = build_task(values, horizon, column, inputs, group, name)
        content = task.content
        task = replace(
            task, split=rows, washout=washout, steps=steps, relative=relative, period=period, missing=missing
        )
        task = task.attach(content).resolve()
        task.splits()
    except LinrnnError as error:
        raise type(error)(to_keywords(str(error))) from None
    if task.data().newest_first:
        message = f"{task.label}: the rows are newest first; they are read in ascending order: see notes()"
        warnings.warn(message, stacklevel=2)
    return task


make_series.__name__ = make_series.__qualname__ = "Series"  # as messages on its arguments name it


def build_task(
    values: Any,
    horizon: int,
    column: str | int | None,
    inputs: str | int | Sequence[str | int] | None,
    group: str | None,
    name: str | None,
) -> Series:
    """Return the task of `make_series`, before its data are checked."""
    data, dates = value_columns(values), date_column(values)
    titles = list(getattr(values, "columns", ()))  # the user's column names
    names = [title for title, _ in data]
    chosen = [inputs] if isinstance(inputs, (str, int)) else list(inputs or ())
    content = to_csv([*dates, *data])
    label = check_name(name or getattr(values, "name", None) or "series")
    return Series(
        file=label,
        column="" if column is None else column_name(column, names, titles),
        inputs=", ".join(column_name(each, names, titles) for each in chosen),
        horizon=horizon,
        group=group or "",
        sha256=content_digest(content),
    ).attach(content)


def to_keywords(message: str) -> str:
    """Return a message with the keywords of `make_series` in place of settings and options of the command line."""

    def keyword(match: re.Match[str]) -> str:
        name, _, value = shlex.split(match[1])[0].removeprefix("task.").partition("=")
        return f"{name}={value if value == 'NAME' else repr(value)}"

    return SETTING.sub(r"\1", OPTION.sub(keyword, message))


def value_columns(values: Any) -> list[Column]:
    """Return the columns of an array, a pandas Series or a pandas DataFrame."""
    if hasattr(values, "columns"):
        return [(to_title(title), to_cells(values.iloc[:, k])) for k, title in enumerate(values.columns)]
    array = np.asarray(values)
    if array.ndim == 1:
        return [(to_title(getattr(values, "name", None) or "y"), to_cells(values))]
    if array.ndim != 2 or not array.shape[1]:
        raise DataError(f"the values have the shape {array.shape}: make it (time,) or (time, columns)")
    return [(f"y{k + 1}" if array.shape[1] > 1 else "y", to_cells(each)) for k, each in enumerate(array.T)]


def date_column(values: Any) -> list[Column]:
    """Return the date index of a pandas object as a column; no column for another index."""
    index = date_index(values)
    return [] if index is None else [(to_title(index.name or "date"), to_cells(index))]


def to_title(name: object) -> str:
    """Return a column's name as it can stand in the first row of a table."""
    title = " ".join(str(name).split())
    return title if is_word(title) else f"column {title}".strip()


def column_name(column: str | int, names: Sequence[str], titles: Sequence[object]) -> str:
    """Return the name of a column in the table, given its title or its position."""
    if column in titles:
        return names[titles.index(column)]
    if isinstance(column, int):
        if not -len(names) <= column < len(names):
            raise ConfigError(f"there is no column {column}: there are {len(names)}, from 0 to {len(names) - 1}")
        return names[column]
    return to_title(column)


def check_name(name: object) -> str:
    """Return a name that can label a task; ConfigError for that of another task."""
    label = re.sub(r"[^\w .+-]", "_", " ".join(str(name).split())).lstrip(". ")
    if not label or label.lower() in RESERVED:
        raise ConfigError(f"a series cannot be called {str(name)!r}, as that stands for something else: give name=")
    return f"{label}_" if label.lower().endswith(".npz") else label


def to_csv(columns: Sequence[Column]) -> bytes:
    """Return columns as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([title for title, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return text.getvalue().encode()
