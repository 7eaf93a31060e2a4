"""The figures of a sweep, in the order in which one looks at them."""

from __future__ import annotations

from experiments.report.figures.confirmation_figures import curves, distributions
from experiments.report.figures.picture import Picture
from experiments.report.figures.prediction_figures import looped, predicted
from experiments.report.figures.search_figures import searched, spent, weighed
from experiments.report.sweep_record import Findings


def pictures(found: Findings) -> list[Picture]:
    """Those that there are numbers for."""
    drawn = [
        distributions(found),
        predicted(found.predictions),
        looped(found.predictions),
        curves(found),
        searched(found),
        spent(found),
        weighed(found),
    ]
    return [picture for picture in drawn if picture.table.rows]
