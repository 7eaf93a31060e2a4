"""The figures of a sweep, in the order in which one looks at them."""

from __future__ import annotations

from experiments.figures.confirming import curves, distributions
from experiments.figures.picture import Picture
from experiments.figures.predicting import looped, predicted
from experiments.figures.searching import searched, spent, weighed
from experiments.findings import Findings


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
