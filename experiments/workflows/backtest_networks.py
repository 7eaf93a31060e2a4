"""Backtests: forecasts of the test part from each of its rows, by a task's networks and baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from experiments.workflows.forecast_networks import ForecastNetworks
from experiments.workflows.progress import NullProgress, ProgressReporter
from linrnn.analysis.rolling_origin import LeadErrors, evaluate_baselines, evaluate_hindcasts, require_all_rows
from linrnn.analysis.series_forecast import make_hindcasts
from linrnn.analysis.series_history import is_closed, read_history, read_test_history
from linrnn.errors import ConfigError
from linrnn.tasks.series import Series


class Backtest(NamedTuple):
    """Errors by predictor and number of rows ahead.

    Parameters
    ----------
    label, column : str
        Task, and what is predicted.
    errors : tuple of LeadErrors
        Baselines first, then the networks, each by number of rows ahead.
    networks : int
        Number of networks that forecast together, of the first model type.
    """

    label: str
    column: str
    errors: tuple[LeadErrors, ...]
    networks: int


def run_backtest(
    networks: Sequence[ForecastNetworks], steps: int, progress: ProgressReporter | None = None
) -> Backtest:
    """Evaluate networks of one task, and its baselines, on the test part.

    Parameters
    ----------
    networks : sequence of ForecastNetworks
        Networks of one or several model types, of the same task.
    steps : int
        Largest number of rows ahead.
    progress : ProgressReporter, optional
        Advances with each number of rows ahead.

    Raises
    ------
    ConfigError
        If the networks read other columns, or the test part is too short.
    """
    task, reporter = networks[0].task, progress or NullProgress()
    if not is_closed(task):
        raise ConfigError(f"task {task.label}: only networks whose single input is the series forecast further rows")
    require_all_rows(task)
    history = read_history(task)
    tested = read_test_history(task) if isinstance(task, Series) and task.test_file else history
    length = tested.test[1] - tested.test[0]
    if steps > length:
        raise ConfigError(f"the test part of {task.label} has {length} rows: take at most {length} as --steps")
    by_type = {each.run.model: make_hindcasts(each.ensemble, tested, steps) for each in networks}
    hindcasts = next(iter(by_type.values()))
    baselines: list[LeadErrors] = []
    for lead in range(1, steps + 1):
        baselines += evaluate_baselines(task, hindcasts, lead)
        reporter.advance(details=f"{lead} rows ahead")
    baselines.sort(key=lambda each: each.predictor != "naive baseline")
    errors = [each for model, own in by_type.items() for each in evaluate_hindcasts(model, own)]
    return Backtest(task.label, history.column, (*baselines, *errors), networks[0].ensemble.size)
