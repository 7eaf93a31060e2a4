"""What comes after a series: forecasts of a recorded trial's networks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from experiments.workflows.forecast_networks import ForecastNetworks, present_task
from linrnn.analysis.series_forecast import SeriesForecast, forecast_outputs, forecast_rows
from linrnn.analysis.series_history import SeriesHistory, is_closed, read_history, read_inputs, read_test_history
from linrnn.data.row_dates import continue_dates
from linrnn.data.sequences import Array
from linrnn.errors import ConfigError, DataError, LinrnnError
from linrnn.tasks.series import Series
from linrnn.tasks.series_question import format_date
from tracking.run_views import TrialRun

MOST_RECENT = 60  # rows before a forecast, in its figure


class RunawayError(LinrnnError):
    """Networks whose forecasts leave the range of the data at once."""


class Forecast(NamedTuple):
    """Forecasts of the rows after a series, with what the reader has to know of them.

    Parameters
    ----------
    run : TrialRun
        The trial that trained the networks.
    label, column : str
        Task, and what is predicted.
    result : SeriesForecast
        Median, intervals, and coverage.
    rows : sequence of str
        Date of each row, or its number from 1.
    names : sequence of str
        Name of each sequence; one empty name where there is only one.
    recent, recent_rows : array (time, batch) and sequence of str
        The last known values, and their rows.
    last : str
        The last known row.
    notes : tuple of str
        On the file, and on networks that run away.
    has_dates : bool
        Whether the rows are dates.
    """

    run: TrialRun
    label: str
    column: str
    result: SeriesForecast
    rows: Sequence[str]
    names: Sequence[str]
    recent: Array
    recent_rows: Sequence[str]
    last: str
    notes: tuple[str, ...]
    has_dates: bool


def forecast_series_end(networks: ForecastNetworks, steps: int, data: str | None = None) -> Forecast:
    """Forecast the rows after a task's series, or after new rows.

    Parameters
    ----------
    networks : ForecastNetworks
        The networks of a trial.
    steps : int
        Number of rows. Networks that read other columns have those within their horizon, or one for each new row.
    data : str, optional
        Absolute path of a file with new rows, or with the inputs for which outputs are asked.

    Raises
    ------
    ConfigError
        If the task has nothing to continue, or lacks inputs.
    DataError
        If the new rows do not follow those of the file.
    RunawayError
        If the forecasts leave the range of the data at once.
    """
    task, ensemble = networks.task, networks.ensemble
    history = read_history(task)
    errors = read_test_history(task) if isinstance(task, Series) and task.test_file else history
    if is_closed(task):
        known = join_rows(history, read_history(new_task(networks, data))) if data else history
        result = forecast_rows(ensemble, known.values, errors, steps)
        length = len(known.values)
    else:
        given = read_inputs(new_task(networks, data)) if data else None
        known = join_rows(history, given) if given is not None else history
        count = len(given.inputs) if given is not None else ensemble.reach
        if not count:
            raise ConfigError(f"{task.label}: the networks read other columns; name a file of them with --data")
        result = forecast_outputs(ensemble, known.inputs, errors, count)
        length = len(known.inputs) + ensemble.reach - count
    check_range(networks, result)
    later, dates = number_rows(known.dates, length, result.median.shape[1])
    end = min(length, len(known.values))
    first = max(end - MOST_RECENT, 0)
    recent_rows, _ = number_rows(known.dates, first, length - first)
    return Forecast(
        networks.run,
        task.label,
        history.column,
        result,
        later,
        history.names,
        known.values[first:end],
        recent_rows[: end - first],
        recent_rows[-1],
        (*networks.notes, *runaway_notes(result)),
        dates,
    )


def new_task(networks: ForecastNetworks, data: str | None) -> Series:
    """Return the task of a file with new rows; raise ConfigError where the networks are of no file."""
    if not isinstance(networks.task, Series) or data is None:
        raise ConfigError(f"--data takes rows of a file, and task {networks.task.label} has none: leave it out")
    return present_task(networks.task, data)


def join_rows(history: SeriesHistory, later: SeriesHistory) -> SeriesHistory:
    """Return a series with later rows behind it; those of the same dates are replaced.

    Raises
    ------
    DataError
        If the sequences are not the same, or rows lie between the two.
    """
    if later.inputs.shape[1:] != history.inputs.shape[1:]:
        raise DataError(
            f"the new rows have {later.inputs.shape[1]} sequences of {later.inputs.shape[2]} inputs, and the file has "
            f"{history.inputs.shape[1]} of {history.inputs.shape[2]}: make them equal"
        )
    count = len(history.inputs)
    if history.dates and later.dates:
        count = sum(date < later.dates[0] for date in history.dates)
        if count == len(history.dates) and later.dates[0] != continue_dates(history.dates, 1)[0]:
            expected = continue_dates(history.dates, 1)[0]
            raise DataError(
                f"the new rows begin with {format_date(later.dates[0], history.dates)}, and "
                f"{format_date(expected, history.dates)} follows the file's: add the rows between"
            )
    return history._replace(
        inputs=np.concatenate([history.inputs[:count], later.inputs]),
        targets=np.concatenate([history.targets[:count], later.targets]),
        dates=[*history.dates[:count], *later.dates] if history.dates and later.dates else (),
    )


def number_rows(dates: Sequence[datetime], start: int, count: int) -> tuple[list[str], bool]:
    """Return dates or, without them, numbers from 1 of some rows from `start` on, and whether they are dates."""
    if len(dates) < 2:
        return [str(start + k + 1) for k in range(count)], False
    behind = max(start + count - len(dates), 0)
    every = [*dates, *continue_dates(dates, behind)] if behind else dates
    return [format_date(date, every) for date in every[start : start + count]], True


def check_range(networks: ForecastNetworks, result: SeriesForecast) -> None:
    """Raise RunawayError where not even the first row stays in reach of the data."""
    if not result.steps:
        raise RunawayError(
            f"the networks of run {networks.run.run_id} run away from the data at once{radius_text(result)}: "
            "name another run or --model"
        )


def runaway_notes(result: SeriesForecast) -> list[str]:
    """Return a note where networks run away before the last row."""
    if result.steps == result.median.shape[1]:
        return []
    return [f"more than half of the networks run away from row {result.steps + 1} on{radius_text(result)}: not shown"]


def radius_text(result: SeriesForecast) -> str:
    """Write the largest pole of a closed loop that runs away."""
    return "" if result.radius is None else f" (a pole of the closed loop has modulus {result.radius:.3g})"
