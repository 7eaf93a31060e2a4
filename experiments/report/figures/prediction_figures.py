"""Figures of a network's predictions on the test split, and of its closed loop."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import INK, draw_legend, empty_figure, model_marker
from experiments.report.figures.picture import Columns, Picture, group_by_model, to_floats
from experiments.report.table import Table
from linrnn.analysis.predictions import Predictions
from linrnn.analysis.series_units import SeriesUnits
from tracking.model_colors import model_color

LINE_TARGETS = 150  # in the panel of targets one after another
MOST_DATES = 4  # on an axis
SCATTER_TARGETS = 400  # in the panel of predictions against targets; at most twice as many
VALUES_CAPTION = (
    "Predictions on the test split by the replica with the median test loss. Above, the first targets, one after "
    "another; below, predictions against their targets: exact ones lie on the diagonal. Values outside the range of "
    "the targets by more than a third of it are not in the figure, but in its numbers, which have the first 2000 "
    "targets at most."
)
CLASSES_CAPTION = "Accuracy on the test split of the replica with the median test loss, by the class of the target."


def prediction_figure(predictions: Mapping[str, Predictions], units: SeriesUnits | None = None) -> Picture:
    """Return the figure of predictions against test targets, by one replica of each model type.

    Parameters
    ----------
    predictions : mapping of str to Predictions
        By model type.
    units : SeriesUnits, optional
        Of a series from a file: the numbers are in its unit then, with the date or number of each target's row.
    """
    rows = [
        (model, sequence, step, target, output, *row)
        for model, each in predictions.items()
        for sequence, step, target, output, *row in zip(
            each.sequence.tolist(),
            each.step.tolist(),
            restore_values(each.targets[:, 0], units).tolist(),
            restore_values(each.outputs[:, 0], units).tolist(),
            *name_rows(each.step.tolist(), units),
            strict=True,
        )
    ]
    table = Table(("model", "sequence", "step", "target", "prediction", *row_header(units)), rows)
    classes = any(each.classes for each in predictions.values())
    outputs = max((each.targets.shape[1] for each in predictions.values()), default=1)
    note = f" This is the first of {outputs} outputs." if outputs > 1 else ""
    caption = CLASSES_CAPTION if classes else VALUES_CAPTION + note
    column = units.column if units else "value"
    draw = draw_classes if classes else partial(draw_predictions, column)
    return Picture("predictions", "Predictions against targets", caption, table, draw)


def draw_classes(table: Table) -> Figure:
    """Draw the accuracy for each class: a group of bars for each class, a bar for each model type."""
    figure = empty_figure(2.8)
    axes, models = figure.add_subplot(), group_by_model(table)
    width = 0.8 / len(models)
    for k, (model, columns) in enumerate(models.items()):
        target = to_floats(columns["target"])
        correct = target == to_floats(columns["prediction"])
        classes = np.unique(target)
        accuracy = [correct[target == each].mean() for each in classes]
        axes.bar(classes - 0.4 + width * (k + 0.5), accuracy, 0.9 * width, color=model_color(model), label=model)
    axes.set_xticks(np.unique(to_floats(np.array([row[3] for row in table.rows], dtype=object))))
    axes.set(xlabel="class of the target", ylabel="accuracy", ylim=(0, 1.02))
    draw_legend(figure, axes)
    return figure


def restore_values(values: NDArray[np.float64], units: SeriesUnits | None) -> NDArray[np.float64]:
    """Return standardized values in the unit of a series from a file, others as they are."""
    return units.restore(values) if units else values


def name_rows(steps: list[int], units: SeriesUnits | None) -> list[list[str]]:
    """Return one further column of a series from a file: the date or number of the row of each step's target."""
    return [units.name_rows([step + units.horizon for step in steps])] if units else []


def row_header(units: SeriesUnits | None) -> list[str]:
    """Return the name of that column."""
    return [] if units is None else ["date" if units.dates else "row"]


def draw_predictions(column: str, table: Table) -> Figure:
    """Draw predictions by step, and against targets."""
    figure = empty_figure(5.0)
    series, scatter = figure.subplots(2, 1, height_ratios=(1, 1.25))
    models = group_by_model(table)
    lows, highs = [], []
    for k, (model, columns) in enumerate(models.items()):
        target, output = to_floats(columns["target"]), to_floats(columns["prediction"])
        if k == 0:
            series.plot(split_sequences(target, columns), ".-", color=INK, linewidth=0.8, markersize=3, label="target")
        series.plot(split_sequences(output, columns), color=model_color(model), linewidth=1.3, label=model)
        sample = slice(None, None, max(1, len(target) // SCATTER_TARGETS))
        scatter.plot(
            target[sample],
            output[sample],
            model_marker(model),
            color=model_color(model),
            markersize=2.6,
            alpha=0.5,
            label=model,
        )
        lows.append(target.min())
        highs.append(target.max())
    low, high = min(lows), max(highs)
    scatter.plot([low, high], [low, high], color=INK, linewidth=0.8)
    for axes, label in ((series, "test targets, one after another"), (scatter, "target")):
        axes.set_xlabel(label)
        axes.set_ylim(*widen(low, high))
    series.set_ylabel(column)
    label_dates(series, [row for row in table.rows if row[0] == table.rows[0][0]][:LINE_TARGETS], table.header)
    scatter.set_ylabel("prediction")
    scatter.set_box_aspect(0.6)
    draw_legend(figure, series)
    return figure


def label_dates(axes: Axes, rows: list[tuple[object, ...]], header: tuple[str, ...]) -> None:
    """Write the dates of some of a sequence's rows on the axis, where there are dates."""
    if header[-1] == "date" and len({row[1] for row in rows}) == 1:
        positions = np.unique(np.linspace(0, len(rows) - 1, MOST_DATES).round().astype(int)).tolist()
        axes.set_xticks(positions, [str(rows[k][-1]) for k in positions], fontsize=8)
        axes.set_xlabel("date of the test target")


def split_sequences(values: NDArray[np.float64], columns: Columns) -> NDArray[np.float64]:
    """Return the first values, with a gap before each sequence of several steps."""
    sequences = columns["sequence"][:LINE_TARGETS].astype(int)
    starts = np.flatnonzero(np.diff(sequences)) + 1
    steps = len(np.unique(columns["step"]))
    return np.insert(values[:LINE_TARGETS], starts if steps > 1 else [], np.nan)


def widen(low: float, high: float, fraction: float = 0.35) -> tuple[float, float]:
    """Widen a range by a fraction of it at both ends."""
    margin = fraction * ((high - low) or 1.0)
    return low - margin, high + margin


def closed_loop_figure(predictions: Mapping[str, Predictions], units: SeriesUnits | None = None) -> Picture:
    """Return the figure of the closed loop of one replica of each model type, in the unit of a series from a file."""
    rows = [
        (model, each.start + k, None if np.isnan(truth) else truth, value if np.isfinite(value) else None, *row)
        for model, each in predictions.items()
        for k, (truth, value, *row) in enumerate(
            zip(
                restore_values(each.truth, units).tolist(),
                restore_values(each.free_run, units).tolist(),
                *([units.name_rows(range(each.start, each.start + len(each.truth)))] if units else []),
                strict=True,
            )
        )
    ]
    caption = (
        "Closed loop: from the first step on, the network's inputs are its own predictions in place of the first "
        "test sequence. A line that leaves the range of the targets is unstable."
    )
    table = Table(("model", "step", "value", "continued", *row_header(units)), rows)
    draw = partial(draw_closed_loop, units.column if units else "value")
    return Picture("closed-loop", "Closed-loop continuation", caption, table, draw)


def draw_closed_loop(column: str, table: Table) -> Figure:
    """Draw the series, and a line for each model type."""
    figure = empty_figure(2.8)
    axes = figure.add_subplot()
    for k, (model, columns) in enumerate(group_by_model(table).items()):
        steps, truth, continued = (to_floats(columns[name]) for name in ("step", "value", "continued"))
        if k == 0:
            axes.plot(steps, truth, ".-", color=INK, linewidth=0.8, markersize=3, label="value")
            axes.set_ylim(*widen(float(np.nanmin(truth)), float(np.nanmax(truth)), 0.6))
        axes.plot(steps, continued, color=model_color(model), linewidth=1.3, label=model)
    axes.set(xlabel="row" if table.header[-1] in ("row", "date") else "step", ylabel=column)
    draw_legend(figure, axes)
    return figure
