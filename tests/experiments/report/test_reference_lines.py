"""Baselines and bounds in figures: their names overlap neither each other nor the axes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.transforms import Bbox

from experiments.report.figures.confirmation_figures import draw_confirmation
from experiments.report.figures.picture import Picture
from experiments.report.figures.reference_lines import separate
from experiments.report.table import Table
from linrnn.baseline.baselines import Baselines

CROWDED = {
    "one loss": (1.0, 1.0, 1.0, 1.0, 1.0),
    "close": (0.31, 0.3, 0.29, 0.28, 0.27),
    "far below": (1.0, 0.3, 1e-9, 0.0, 0.0),
    "far above": (5e3, 4e3, 0.2, 0.1, 0.1),
}


def draw(losses: Sequence[float], models: Sequence[str] = ("linear", "tanh")) -> Picture:
    """Return the figure of confirmations of some model types, beside given baselines and bounds."""
    naive, linear, nonlinear, analytic, noise = losses
    baselines = Baselines("sine", naive, linear, 3, analytic, nonlinear, noise, 100, ())
    rows = [(model, "1", k, 0.2 + 0.02 * k) for model in models for k in range(5)]
    intervals = dict.fromkeys(models, (0.2, 0.28))
    table = Table(("model", "run_id", "replica", "test_loss"), rows)
    return Picture("confirmation", "", "", table, lambda table: draw_confirmation(table, baselines, intervals))


def label_boxes(picture: Picture) -> tuple[list[Bbox], list[Bbox], Bbox]:
    """Return the boxes of the labels of the references and of the columns, and the box of the axes."""
    (axes,) = picture.figure.axes
    columns = [label.get_window_extent() for label in axes.get_xticklabels()]
    return [text.get_window_extent() for text in axes.texts], columns, axes.get_window_extent()


@pytest.mark.parametrize("name", CROWDED)
def test_labels_overlap_neither_each_other_nor_the_data(name: str) -> None:
    picture = draw(CROWDED[name])
    labels, _, axes = label_boxes(picture)
    assert len(labels) == 5
    assert not any(one.overlaps(other) for one, other in combinations(labels, 2))
    figure = picture.figure.bbox
    for label in labels:
        assert axes.x1 < label.x0 < label.x1 <= figure.x1
        assert figure.y0 <= label.y0 < label.y1 <= figure.y1


def test_what_is_far_outside_has_an_arrow_and_no_line() -> None:
    (axes,) = draw(CROWDED["far below"]).figure.axes
    assert [text.get_text() for text in axes.texts if text.get_text().startswith("↓ ")] == [
        "↓ analytic bound 0",
        "↓ noise bound 0",
        "↓ nonlinear baseline 1e-09",
    ]
    assert axes.get_ylim()[0] > 1e-3
    assert "naive baseline 1" in {text.get_text() for text in axes.texts}


def test_the_labels_of_many_columns_do_not_overlap() -> None:
    from linrnn.models import MODELS

    picture = draw(CROWDED["close"], list(MODELS))
    (axes,) = picture.figure.axes
    label_boxes(picture)
    angles = {label.get_rotation() for label in axes.get_xticklabels()}
    assert angles == {35.0}
    gaps = np.diff([axes.transData.transform((k, 1))[0] for k in range(len(MODELS))])
    line = axes.get_xticklabels()[0].get_fontsize() / 72 * picture.figure.dpi
    assert gaps.min() * np.sin(np.radians(35)) > 0.9 * line  # between neighbors, across their direction


def test_heights_are_separated_within_the_axes() -> None:
    assert separate([-3.0, -2.0, 0.5, 0.52, 9.0], 0.1) == pytest.approx([0.0, 0.1, 0.5, 0.6, 1.0])
    assert separate([0.95, 0.96, 0.97], 0.1) == pytest.approx([0.8, 0.9, 1.0])
    crowded = separate([0.5] * 20, 0.1)
    assert all(after - before == pytest.approx(0.1) for before, after in pairwise(crowded))
    assert crowded[-1] == 1.0
