"""Standardized values of a series in the file's unit, with the dates of its rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from linrnn.analysis.series_history import read_history, task_scale
from linrnn.analysis.series_units import SeriesUnits, read_units
from linrnn.tasks.memory_series import make_series
from linrnn.tasks.series import Series
from linrnn.tasks.sine import Sine
from linrnn.tasks.sunspots import Sunspots

VALUES = pd.Series(
    np.random.default_rng(0).normal(300, 20, 60), index=pd.date_range("2020-01-31", periods=60, freq="ME"), name="sold"
)


@pytest.mark.parametrize("horizon", [1, 4])
def test_test_targets_are_values_of_the_file_at_their_dates(horizon: int) -> None:
    task = make_series(VALUES, horizon=horizon)
    units, test = read_units(task), task.splits().test
    assert units is not None
    assert units.column == "sold"
    steps = np.arange(test.first, len(test.targets))
    np.testing.assert_allclose(units.restore(test.targets[test.first :, 0, 0]), VALUES.to_numpy()[steps + horizon])
    names = units.name_rows([step + units.horizon for step in steps.tolist()])
    assert names == [f"{date:%Y-%m-%d}" for date in VALUES.index[steps + horizon]]


def test_rows_without_dates_are_numbered_from_1() -> None:
    assert SeriesUnits(0.0, 1.0, 1, "y").name_rows([0, 6]) == ["1", "7"]
    dates = [datetime(2000 + k, 1, 1) for k in range(3)]
    assert SeriesUnits(0.0, 1.0, 1, "y", dates).name_rows([1, 2, 3]) == ["2001", "2002", "4"]


def test_other_tasks() -> None:
    assert read_units(Sine()) is None
    units = read_units(Sunspots())
    assert units is not None
    assert (units.column, units.dates) == ("sunspots", ())


def test_a_series_with_gaps_has_the_scale_of_its_sequences_and_continues_after_the_last_gap(tmp_path: Path) -> None:
    cells = [f"{value:.3f}" for value in VALUES]
    cells[10] = cells[22] = ""
    (tmp_path / "a.csv").write_text("t,y\n" + "".join(f"2020-01-{k // 24 + 1:02d} {k % 24}:00,{cell}\n"
                                                       for k, cell in enumerate(cells)))  # fmt: skip
    task = Series(file=str(tmp_path / "a.csv"), missing="split").load().task
    assert isinstance(task, Series)
    history, scale, splits = read_history(task), task_scale(task), task.splits()
    assert len(history.values) == 60 - 23
    assert history.dates[0] == datetime(2020, 1, 1, 23)
    np.testing.assert_allclose(scale.scale_inputs(history.inputs)[:-1], splits.test.inputs)
    assert history.test == (round(0.8 * 60) - 23, 60 - 23)
    units = read_units(task)
    assert units is not None
    assert units.dates == ()
