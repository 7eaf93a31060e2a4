"""Rates and power curve of made-up results, counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.calibration.calibration_report import calibration_json
from experiments.calibration.power_figure import power_picture
from experiments.calibration.rates import compute_rates, power_table, rates_table
from experiments.calibration.runner import CalibrationConfig
from experiments.calibration.series_result import read_result, write_result
from tests.experiments.calibration.results import make_result

RESULTS = [
    make_result(0, "linear", 0, "nonlinearity needed", excess=1.2),
    make_result(1, "linear", 0, "linear suffices", excess=1.1, diverged=1),
    make_result(2, "linear", 0, "undecided", excess=None),
    make_result(3, "noise", 0, "not predictable", excess=3.0, seconds=None),
    make_result(4, "nonlinear", 0.15, "linear suffices", seconds=40.0, diverged=3),  # neither wrong nor right
    make_result(5, "nonlinear", 0.25, "linear suffices", excess=0.9, excess_interval=[0.8, 0.99]),
    make_result(6, "nonlinear", 0.5, "nonlinearity needed", excess=0.9, excess_interval=[0.8, 1.01]),
    make_result(7, "nonlinear", 0.9, "nonlinearity needed", rows=1000, excess=0.96, excess_interval=[0.9, 0.99]),
    make_result(8, "nonlinear", 0.9, "undecided", rows=1000, excess=0.9, excess_interval=[0.8, None]),  # some diverge
    make_result(9, "nonlinear", -0.001, "nonlinearity needed", rows=1000),
]


def test_rates() -> None:
    short = compute_rates([result for result in RESULTS if result.rows == 300])
    assert short.series == 7
    assert short.false_alarms == (1, 4)
    assert short.misses == (1, 2)
    assert short.detections == (1, 2)
    assert short.linear_excess == pytest.approx(1.15)
    assert short.better_networks == (1, 7)
    assert short.divergence == (4, 140)
    assert short.largest_divergence == (3, 20)
    assert short.cpu_seconds == pytest.approx(15)
    long = compute_rates([result for result in RESULTS if result.rows == 1000])
    assert (long.false_alarms, long.misses, long.detections) == ((0, 0), (0, 2), (1, 2))
    assert (long.linear_excess, long.better_networks) == (None, (0, 3))


def test_the_table_has_a_row_for_each_length_and_one_for_all() -> None:
    header, rows = rates_table(RESULTS)
    assert [row[:2] for row in rows] == [("300", "7"), ("1000", "3"), ("all", "10")]
    assert rows[0][2] == "1 of 4 (25 %; 0.63 to 80.6 %)"
    assert rows[1][2] == "-"
    assert {len(row) for row in rows} == {len(header)}


def test_the_power_curve_has_every_series_once() -> None:
    header, rows = power_table(RESULTS)
    assert header == ("rows", "low", "high", "series", *header[4:])
    assert sum(row[3] for row in rows) == len(RESULTS)
    assert all(row[3] == sum(row[4:]) for row in rows)
    assert (300, 0.0, 0.0, 4, 1, 1, 1, 1) in rows
    assert (300, 0.1, 0.2, 1, 0, 0, 0, 1) in rows
    assert (1000, 0.0, 0.1, 1, 1, 0, 0, 0) in rows
    assert (1000, 0.8, 1.0, 2, 1, 1, 0, 0) in rows


def test_the_figure_draws_the_table() -> None:
    first, second = power_picture(power_table(RESULTS)).figure.axes
    heights = [[bar.get_height() for bar in container] for container in second.containers]
    assert heights[0] == [0, 1, 0, 0, 0, 0, 0.5]
    assert [text.get_text() for text in first.texts] == ["4", "0", "1", "1", "1", "0", "0"]


def test_a_result_comes_back(tmp_path: Path) -> None:
    for result in RESULTS:
        write_result(tmp_path / "result.json", result)
        assert read_result(tmp_path / "result.json") == result


def test_the_file_says_what_the_documentation_needs() -> None:
    content = calibration_json(CalibrationConfig(Path("x"), 10, settings={"sweep.trials": "2"}), RESULTS)
    assert "10 series, sweep.trials=2" in content["note"]
    assert len(content["series"]) == 10
    assert content["series"][5]["truth"]["gain"] == pytest.approx(0.25)
    assert [len(row) for row in content["rows"]] == [len(content["columns"])] * 3
