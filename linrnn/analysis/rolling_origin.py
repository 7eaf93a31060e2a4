"""Rolling-origin evaluation: errors of networks and baselines by number of rows ahead, on the same test rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.series_forecast import Hindcasts
from linrnn.analysis.series_history import first_complete_row, horizon_rows
from linrnn.baseline import regression
from linrnn.baseline.baselines import limit_blas
from linrnn.data.chronological_split import SeriesData, split_chronologically
from linrnn.data.sequences import Array, Sequences, Splits, forecast_pairs
from linrnn.data.split_settings import SplitSettings, split_ends
from linrnn.errors import ConfigError
from linrnn.tasks.builtin_series import BuiltInSeries
from linrnn.tasks.series import Series
from linrnn.tasks.task import Task


class LeadErrors(NamedTuple):
    """Errors of a predictor some rows ahead, in the file's unit.

    Parameters
    ----------
    predictor : str
        Name of the predictor.
    lead : int
        Number of rows ahead.
    rmse, mae : float
        Root mean square and mean absolute error; inf where a forecast is not finite.
    values : int
        Number of values.
    """

    predictor: str
    lead: int
    rmse: float
    mae: float
    values: int


def measure_errors(predictor: str, lead: int, errors: Array) -> LeadErrors:
    """Return the errors of a predictor, of forecasts less values."""
    with np.errstate(over="ignore", invalid="ignore"):
        rmse, mae = float(np.sqrt(np.square(errors).mean())), float(np.abs(errors).mean())
    finite = np.isfinite(rmse)
    return LeadErrors(predictor, lead, rmse if finite else np.inf, mae if finite else np.inf, errors.size)


def evaluate_hindcasts(predictor: str, hindcasts: Hindcasts) -> list[LeadErrors]:
    """Return the errors of the median over replicas, by lead.

    Parameters
    ----------
    predictor : str
        Name of the networks.
    hindcasts : Hindcasts
        Forecasts of the rows of the test part.
    """
    with np.errstate(invalid="ignore"):
        errors = np.median(hindcasts.forecasts, axis=0) - hindcasts.values
    counted = [each[is_value] for each, is_value in zip(errors.T, np.isfinite(hindcasts.values).T, strict=True)]
    return [measure_errors(predictor, lead, each) for lead, each in enumerate(counted, 1)]


def evaluate_baselines(task: Task, hindcasts: Hindcasts, lead: int) -> Iterator[LeadErrors]:
    """Yield the errors of the naive and of the linear baseline, chosen and fitted for a number of rows ahead.

    Parameters
    ----------
    task : Task
        A task that forecasts its only input.
    hindcasts : Hindcasts
        The rows to evaluate.
    lead : int
        Number of rows ahead.
    """
    data = lead_splits(task, lead)
    rows = np.unique(hindcasts.rows[np.isfinite(hindcasts.values[:, lead - 1]), lead - 1])
    scale = data.test.scale * (data.test.unit or 1.0) ** 2
    with limit_blas():
        references = {
            "naive baseline": regression.naive(data, lead).step_losses,
            "linear baseline": regression.linear(data, lead).step_losses,
        }
    for name, step_losses in references.items():
        counted = select_rows(step_losses, rows - lead - data.test.first)
        yield measure_errors(name, lead, np.sqrt(counted * scale))


def select_rows(step_losses: Array, steps: NDArray[np.int64]) -> Array:
    """Return the step losses `(T', B)` of some steps, counted from the first that enters the loss."""
    return step_losses[steps[(steps >= 0) & (steps < len(step_losses))]]


def require_all_rows(task: Task) -> None:
    """Raise ConfigError for a series with gaps, over which nothing can be told some rows ahead."""
    if isinstance(task, Series) and any(map(first_complete_row, task.read())):
        raise ConfigError(
            f"{task.basename} has missing cells, and a backtest needs all rows: sweep it with --set "
            "task.missing=interpolate (or hold), then run linrnn backtest again"
        )


def lead_splits(task: Task, lead: int) -> Splits:
    """Return the sequences of a task's splits with targets another number of rows ahead."""
    if isinstance(task, Series):
        data, *others = task.read()
        settings = task.split_settings()
        ends = settings.ends or split_ends(len(data.inputs), not task.test_file)
        test = (others[0], task.test_file) if others else None
        lead_settings = SplitSettings(lead, washout=settings.washout, ends=ends, period=settings.period)
        return split_chronologically(data, lead_settings, task.basename, test)
    if isinstance(task, BuiltInSeries):
        values, names = task.series[:, None, None], [task.name]
        return split_chronologically(SeriesData(values, values, names, names), SplitSettings(lead), task.file_name)
    return Splits(*(shift_targets(each, horizon_rows(task), lead) for each in task.splits()))


def shift_targets(sequences: Sequences, horizon: int, lead: int) -> Sequences:
    """Return sequences of a series, whose targets are `horizon` steps ahead, with targets `lead` steps ahead."""
    series = np.concatenate([sequences.inputs[..., 0], sequences.targets[-horizon:, :, 0]])
    first = max(sequences.first + horizon - lead, 0)
    return forecast_pairs(series, lead, min(first, len(series) - lead - 2))
