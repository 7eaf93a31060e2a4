"""Figures of what networks say on the test split, and of how they go on by themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import INK, colour, empty_figure, legend_above, marker
from experiments.report.figures.picture import Columns, Picture, by_model, floats
from experiments.report.table import Table
from linrnn.analysis.predictions import Predictions

SHOWN = 150  # targets of a line
DOTS = 400  # predictions against targets, at most twice as many
VALUES = (
    "What the replica of the median test loss says on the test split. Above, the first targets that count, one after "
    "another; below, predictions against their targets: right ones lie on the diagonal. What is off the targets' "
    "range by more than a third of it is not in the picture, but among the "
    "numbers, which are of the first 2000 targets at most."
)
CLASSES = "How often the replica of the median test loss tells the class of a test target, by its class."


def prediction_figure(said: Mapping[str, Predictions]) -> Picture:
    """What a replica of each model type says for the test targets."""
    rows = [
        (model, sequence, step, target, output)
        for model, of in said.items()
        for sequence, step, target, output in zip(
            of.sequence.tolist(), of.step.tolist(), of.targets[:, 0].tolist(), of.outputs[:, 0].tolist(), strict=True
        )
    ]
    table = Table(("model", "sequence", "step", "target", "prediction"), rows)
    classes = any(of.classes for of in said.values())
    more = max((of.targets.shape[1] for of in said.values()), default=1)
    caption = CLASSES if classes else VALUES + (f" This is the first of {more} targets." if more > 1 else "")
    draw = draw_classes if classes else draw_predictions
    return Picture("predictions", "Predictions against targets", caption, table, draw)


def draw_classes(table: Table) -> Figure:
    """How often each class is told right, a group of bars a class."""
    figure = empty_figure(2.8)
    axes, models = figure.add_subplot(), by_model(table)
    thick = 0.8 / len(models)
    for k, (model, of) in enumerate(models.items()):
        target, right = floats(of["target"]), floats(of["target"]) == floats(of["prediction"])
        there = np.unique(target)
        shares = [right[target == each].mean() for each in there]
        axes.bar(there - 0.4 + thick * (k + 0.5), shares, 0.9 * thick, color=colour(model), label=model)
    axes.set_xticks(np.unique(floats(np.array([row[3] for row in table.rows], dtype=object))))
    axes.set(xlabel="class of the target", ylabel="part told right", ylim=(0, 1.02))
    legend_above(figure, axes)
    return figure


def draw_predictions(table: Table) -> Figure:
    """Predictions by step, and against targets."""
    figure = empty_figure(5.0)
    along, against = figure.subplots(2, 1, height_ratios=(1, 1.25))
    models = by_model(table)
    lows, highs = [], []
    for k, (model, of) in enumerate(models.items()):
        target, output = floats(of["target"]), floats(of["prediction"])
        if k == 0:
            along.plot(split_sequences(target, of), ".-", color=INK, linewidth=0.8, markersize=3, label="target")
        along.plot(split_sequences(output, of), color=colour(model), linewidth=1.3, label=model)
        few = slice(None, None, max(1, len(target) // DOTS))
        against.plot(
            target[few], output[few], marker(model), color=colour(model), markersize=2.6, alpha=0.5, label=model
        )
        lows.append(target.min())
        highs.append(target.max())
    low, high = min(lows), max(highs)
    against.plot([low, high], [low, high], color=INK, linewidth=0.8)
    for axes, words in ((along, "test targets, one after another"), (against, "target")):
        axes.set_xlabel(words)
        axes.set_ylim(*widen(low, high))
    along.set_ylabel("value")
    against.set_ylabel("prediction")
    against.set_box_aspect(0.6)
    legend_above(figure, along)
    return figure


def split_sequences(values: NDArray[np.float64], of: Columns) -> NDArray[np.float64]:
    """The first values, with a gap before each sequence that has several steps."""
    sequences = of["sequence"][:SHOWN].astype(int)
    starts = np.flatnonzero(np.diff(sequences)) + 1
    steps = len(np.unique(of["step"]))
    return np.insert(values[:SHOWN], starts if steps > 1 else [], np.nan)


def widen(low: float, high: float, by: float = 0.35) -> tuple[float, float]:
    """A range, wider by a part of it at both ends."""
    more = by * ((high - low) or 1.0)
    return low - more, high + more


def closed_loop_figure(said: Mapping[str, Predictions]) -> Picture:
    """How a replica of each model type goes on by itself."""
    rows = [
        (model, of.start + k, None if np.isnan(truth) else truth, value if np.isfinite(value) else None)
        for model, of in said.items()
        for k, (truth, value) in enumerate(zip(of.truth.tolist(), of.free_run.tolist(), strict=True))
    ]
    caption = (
        "Closed loop: from here on the network is given its own predictions in place of the first test sequence, "
        "and nothing else. A line that leaves the range of the targets has run away."
    )
    table = Table(("model", "step", "value", "continued"), rows)
    return Picture("closed-loop", "Closed-loop continuation", caption, table, draw_loops)


def draw_loops(table: Table) -> Figure:
    """The series, and a line a model type."""
    figure = empty_figure(2.8)
    axes = figure.add_subplot()
    for k, (model, of) in enumerate(by_model(table).items()):
        steps, truth, continued = (floats(of[name]) for name in ("step", "value", "continued"))
        if k == 0:
            axes.plot(steps, truth, ".-", color=INK, linewidth=0.8, markersize=3, label="value")
            axes.set_ylim(*widen(float(np.nanmin(truth)), float(np.nanmax(truth)), 0.6))
        axes.plot(steps, continued, color=colour(model), linewidth=1.3, label=model)
    axes.set(xlabel="step", ylabel="value")
    legend_above(figure, axes)
    return figure
