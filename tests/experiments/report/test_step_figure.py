"""The figure of the loss by step: of forecasts of several steps alone, its mean is the test loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from experiments.report.figures.step_figure import step_figure
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.html import sweep_report
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import SweepRecord
from linrnn.tasks.series import Series
from tests.experiments.report.records import build_record


def forecast(steps: int, losses: tuple[float, ...]) -> tuple[SweepRecord, SweepSummary]:
    """Return the record of a sweep whose networks have these losses by output, those of tanh half as large."""
    record = build_record()
    task = Series(file="/data.csv", column="y", horizon=2, steps=steps)
    bases = tuple(replace(base, task=task) for base in record.config.bases)
    summary = summarize(record)
    linear, tanh = summary.confirmations
    halves = tuple(0.5 * loss for loss in losses)
    confirmations = (replace(linear, output_losses=losses), replace(tanh, output_losses=halves))
    record = replace(record, config=replace(record.config, bases=bases))
    return record, replace(summary, confirmations=confirmations)


def test_a_forecast_of_several_steps_has_its_loss_by_step() -> None:
    picture = step_figure(*forecast(3, (0.1, 0.2, 0.4)))
    assert picture.table.rows == [
        *(("linear", 2, 0.1), ("linear", 3, 0.2), ("linear", 4, 0.4)),
        *(("tanh", 2, 0.05), ("tanh", 3, 0.1), ("tanh", 4, 0.2)),
    ]
    lines = picture.figure.axes[0].lines[:2]
    assert [list(map(float, line.get_ydata())) for line in lines] == [[0.1, 0.2, 0.4], [0.05, 0.1, 0.2]]
    assert picture.figure.axes[0].get_xlabel() == "rows ahead"


def test_outputs_of_one_step_are_averaged() -> None:
    rows = step_figure(*forecast(2, (0.1, 0.3, 0.5, 0.9))).table.rows
    assert [row[1:] for row in rows[:2]] == [(2, pytest.approx(0.2)), (3, pytest.approx(0.7))]


@pytest.mark.long
def test_the_report_has_it_where_there_are_several_steps() -> None:
    record, summary = forecast(2, (0.1, 0.2))
    assert "Test loss by step" in sweep_report(record, summary).decode()
    assert "steps" not in [picture.name for picture in sweep_figures(*forecast(1, (0.1,)))]
    assert not step_figure(*forecast(2, ())).table.rows
