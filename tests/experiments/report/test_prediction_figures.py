"""Figures of predictions of a series: their numbers are in the file's unit, with dates."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
from linrnn.analysis.predictions import Predictions
from linrnn.analysis.series_units import SeriesUnits

DATES = [datetime(2020 + k // 12, k % 12 + 1, 1) for k in range(30)]
UNITS = SeriesUnits(100.0, 20.0, 2, "sold (kg)", DATES)
PREDICTIONS = Predictions(
    replica=0,
    sequence=np.zeros(3, dtype=np.int64),
    step=np.array([25, 26, 27]),
    targets=np.array([[0.0], [1.0], [-0.5]]),
    outputs=np.array([[0.5], [0.0], [0.0]]),
    classes=False,
    start=28,
    truth=np.array([0.25, np.nan]),
    free_run=np.array([0.5, 1.0]),
)


def test_predictions_are_in_the_files_unit_with_dates() -> None:
    picture = prediction_figure({"linear": PREDICTIONS}, UNITS)
    assert picture.table.header == ("model", "sequence", "step", "target", "prediction", "date")
    assert [row[3:] for row in picture.table.rows] == [
        (100.0, 110.0, "2022-04"),
        (120.0, 100.0, "2022-05"),
        (90.0, 100.0, "2022-06"),
    ]
    series, errors = picture.figure.axes
    assert series.get_ylabel() == "sold (kg)"
    assert [label.get_text() for label in errors.get_xticklabels()] == ["2022-04", "2022-05", "2022-06"]
    assert list(errors.lines[0].get_ydata()) == [10.0, -20.0, 10.0]


def test_targets_of_sequences_with_one_each_are_no_series() -> None:
    single = PREDICTIONS._replace(sequence=np.arange(3), step=np.full(3, 25))
    (axes,) = prediction_figure({"linear": single}).figure.axes
    assert list(axes.lines[1].get_xdata()) == [0.0, 1.0, -0.5]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("target", "prediction")


def test_the_closed_loop_is_in_the_files_unit_with_dates() -> None:
    picture = closed_loop_figure({"linear": PREDICTIONS}, UNITS)
    assert picture.table.header == ("model", "step", "value", "continued", "date")
    assert picture.table.rows == [
        ("linear", 28, pytest.approx(105.0), pytest.approx(110.0), "2022-05"),
        ("linear", 29, None, pytest.approx(120.0), "2022-06"),
    ]
    assert picture.figure.axes[0].get_ylabel() == "sold (kg)"


def test_the_closed_loop_ends_a_quarter_behind_the_data() -> None:
    truth = np.concatenate([np.linspace(-1, 1, 8), np.full(192, np.nan)])
    picture = closed_loop_figure({"linear": PREDICTIONS._replace(truth=truth, free_run=np.zeros(200))}, UNITS)
    assert [row[1] for row in picture.table.rows] == list(range(28, 38))
    assert "the 2 steps behind it are a forecast" in picture.caption
    axes = picture.figure.axes[0]
    assert axes.lines[1].get_xdata()[0] == 35
    assert {label.get_text() for label in axes.get_xticklabels()} <= {"2022-05", "2022-06", "31", "33", "34", "36"}
    whole = closed_loop_figure({"linear": PREDICTIONS._replace(truth=np.zeros(200), free_run=np.zeros(200))})
    assert len(whole.table.rows) == 200
    assert "forecast" not in whole.caption


def test_without_units_values_are_as_recorded() -> None:
    picture = prediction_figure({"linear": PREDICTIONS})
    assert picture.table.header[-1] == "prediction"
    assert picture.table.rows[0] == ("linear", 0, 25, 0.0, 0.5)
    assert closed_loop_figure({"linear": PREDICTIONS}).table.rows[1] == ("linear", 29, None, 1.0)
