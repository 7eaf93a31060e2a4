"""Backtests: errors by rows ahead against sums written out, and baselines against those of the task itself."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from linrnn.analysis.rolling_origin import evaluate_baselines, evaluate_hindcasts, lead_splits, require_all_rows
from linrnn.analysis.series_forecast import Hindcasts
from linrnn.analysis.series_history import read_history
from linrnn.baseline.baselines import compute_baselines
from linrnn.errors import ConfigError
from linrnn.tasks.memory_series import make_series
from linrnn.tasks.oscillator import Oscillator
from linrnn.tasks.series import Series
from linrnn.tasks.sunspots import Sunspots
from linrnn.tasks.task import Task

VALUES = np.random.default_rng(0).normal(300, 20, 80).cumsum() / 50


def rows_of(task: Task, leads: int) -> Hindcasts:
    """The rows of a task's test part, as a backtest has them."""
    first, end = read_history(task).test
    rows = np.arange(first - leads, end - 1)[:, None] + np.arange(1, leads + 1)
    values = np.where((rows >= first) & (rows < end), 1.0, np.nan)
    return Hindcasts(np.zeros((1, *rows.shape)), values, rows)


def test_errors_are_those_of_the_median_on_the_rows_of_the_test_part() -> None:
    forecasts = np.array([[[1.0, 5.0], [2.0, 9.0]], [[2.0, 5.0], [2.0, 9.0]], [[9.0, 5.0], [2.0, 9.0]]])
    values = np.array([[4.0, np.nan], [3.0, 5.0]])
    one, two = evaluate_hindcasts("x", Hindcasts(forecasts, values, np.zeros((2, 2), dtype=int)))
    assert (one.lead, one.rmse, one.mae, one.values) == (1, pytest.approx(math.sqrt((4 + 1) / 2)), 1.5, 2)
    assert (two.lead, two.rmse, two.mae, two.values) == (2, 4.0, 4.0, 1)
    away = Hindcasts(np.full((1, 1, 1), np.inf), np.zeros((1, 1)), np.zeros((1, 1), dtype=int))
    assert math.isinf(evaluate_hindcasts("x", away)[0].rmse)


def test_the_naive_baseline_by_hand() -> None:
    task = make_series(VALUES, name="walk")
    first, end = read_history(task).test
    for lead in (1, 4):
        naive = next(evaluate_baselines(task, rows_of(task, 5), lead))
        errors = VALUES[first:end] - VALUES[first - lead : end - lead]
        assert naive.values == end - first
        assert naive.rmse == pytest.approx(np.sqrt(np.square(errors).mean()))
        assert naive.mae == pytest.approx(np.abs(errors).mean())


@pytest.mark.parametrize(("horizon", "period"), [(1, 0), (3, 0), (3, 9)])
def test_baselines_at_the_horizon_of_a_task_are_its_own(horizon: int, period: int) -> None:
    task: Series = make_series(VALUES, horizon=horizon, name="walk", period=period)
    assert lead_splits(task, 1).train.period == period
    own = compute_baselines(task).rmse
    errors = {each.predictor: each.rmse for each in evaluate_baselines(task, rows_of(task, horizon), horizon)}
    assert errors == {f"{name} baseline": pytest.approx(own[name]) for name in ("naive", "linear")}


@pytest.mark.parametrize(
    "task", [Sunspots(), Oscillator(length=150, sequences=2, test_sequences=2)], ids=["file", "drawn"]
)
def test_splits_of_other_tasks_have_the_same_test_rows_at_each_lead(task: Task) -> None:
    own = task.splits()
    for lead in (1, 3):
        data = lead_splits(task, lead)
        assert data.test.first + lead == own.test.first + 1
        np.testing.assert_allclose(data.test.targets[data.test.first :], own.test.targets[own.test.first :])
        x, y = data.train.inputs[..., 0], data.train.targets[..., 0]
        np.testing.assert_array_equal(x[lead:], y[: len(x) - lead])


def test_a_series_with_gaps_is_refused_in_a_line_that_tells_what_to_type(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    rows = ["" if k == 40 else str(value) for k, value in enumerate(VALUES)]
    path.write_text("row,y\n" + "".join(f"{k},{cell}\n" for k, cell in enumerate(rows)))
    task = Series(file=str(path), missing="split").load().task
    with pytest.raises(ConfigError, match=r"gaps\.csv has missing cells.*--set task\.missing=interpolate") as caught:
        require_all_rows(task)
    assert "\n" not in str(caught.value)
    require_all_rows(Series(file=str(path), missing="interpolate").load().task)
    require_all_rows(Oscillator())
