"""The figures of a sweep, in the order in which one looks at them."""

from __future__ import annotations

from experiments.report.figures.confirmation_figures import curves, distributions
from experiments.report.figures.picture import Picture
from experiments.report.figures.prediction_figures import closed_loop_figure, prediction_figure
from experiments.report.figures.search_figures import budget_figure, importance_figure, search_figure
from experiments.report.sweep_record import Findings


def sweep_figures(found: Findings) -> list[Picture]:
    """Those that there are numbers for."""
    drawn = [
        distributions(found),
        prediction_figure(found.predictions),
        closed_loop_figure(found.predictions),
        curves(found),
        search_figure(found),
        budget_figure(found),
        importance_figure(found),
    ]
    return [picture for picture in drawn if picture.table.rows]
