"""The figures of a sweep, in the order of a report."""

from __future__ import annotations

from experiments.report.figures.characterisation_figures import characterisation_figures
from experiments.report.figures.confirmation_figures import confirmation_figure, curves_figure
from experiments.report.figures.picture import Picture
from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
from experiments.report.figures.search_figures import budget_figure, importance_figure, search_figure
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import SweepRecord


def sweep_figures(record: SweepRecord, summary: SweepSummary) -> list[Picture]:
    """Return the figures of a sweep, without those that have no numbers to draw."""
    pictures = [
        prediction_figure(record.predictions, record.units),
        confirmation_figure(summary),
        search_figure(record),
        budget_figure(record),
        importance_figure(record),
        curves_figure(record),
        closed_loop_figure(record.predictions, record.units),
        *characterisation_figures(record.characterisations),
    ]
    return [picture for picture in pictures if picture.table.rows]
