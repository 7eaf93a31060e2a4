"""Figures of a network's predictions on the test split, and of its closed loop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from textwrap import wrap
from typing import Any

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

LINE_TARGETS = 150  # that are drawn one after another
MOST_DATES = 4  # on an axis
LABEL_LENGTH = 20  # characters in a line of a vertical label
ROW_NAMES = ("date", "row")  # of the column that says where a series from a file has a value
SCATTER_TARGETS = 400  # that are drawn against their predictions; at most twice as many
BEYOND = 0.25  # of the steps that have data: steps of a closed loop that are drawn behind them
TITLE = "Predictions of the test split"
SERIES_CAPTION = (
    "{targets} of the test split, one after another, and what each model type predicts for them (its network with the "
    "median test loss). Below: the error of each prediction, prediction minus target. What leaves the panels is in the "
    "numbers."
)
SCATTER_CAPTION = (
    "Each point is a sequence of the test split, by its target and by what each model type predicts for it (its "
    "network with the median test loss): exact predictions are on the diagonal. What leaves the panel is in the "
    "numbers."
)
CLASSES_CAPTION = (
    "The part of the test targets of each class that each model type predicts right (its network with the median test "
    "loss)."
)
LOOP_CAPTION = (
    "Each network continues the test split on its own from the first step that is shown: its inputs are its own "
    "predictions, no data. A line that leaves the panel grows without bounds, or far beyond the data."
)


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
    outputs = max((each.targets.shape[1] for each in predictions.values()), default=1)
    note = f" This is the first of {outputs} outputs." if outputs > 1 else ""
    if any(each.classes for each in predictions.values()):
        return Picture("predictions", TITLE, CLASSES_CAPTION, table, draw_classes)
    if all(len(each.step) > 1 and (each.step == each.step[0]).all() for each in predictions.values()):
        return Picture("predictions", TITLE, SCATTER_CAPTION + note, table, draw_scatter)
    caption = describe_targets(len(rows) // max(1, len(predictions))) + note
    return Picture("predictions", TITLE, caption, table, partial(draw_series, name_values(units)))


def describe_targets(count: int) -> str:
    """Return the caption of a figure of some targets."""
    targets = f"The first {LINE_TARGETS} targets" if count > LINE_TARGETS else f"The {count} targets"
    return SERIES_CAPTION.format(targets=targets)


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


def name_values(units: SeriesUnits | None) -> str:
    """Return the label of an axis of values: the column of a file, with its unit."""
    column = units.column if units else "value"
    return "\n".join(wrap(f"column {column}" if column.isdigit() else column, LABEL_LENGTH))


def name_rows(steps: list[int], units: SeriesUnits | None) -> list[list[str]]:
    """Return one further column of a series from a file: the date or number of the row of each step's target."""
    return [units.name_rows([step + units.horizon for step in steps])] if units else []


def row_header(units: SeriesUnits | None) -> list[str]:
    """Return the name of that column."""
    return [] if units is None else ["date" if units.dates else "row"]


def draw_series(column: str, table: Table) -> Figure:
    """Draw predictions and targets one after another, and the errors below them."""
    figure = empty_figure(3.9)
    series, errors = figure.subplots(2, 1, height_ratios=(1.6, 1), sharex=True)
    models = group_by_model(table)
    values = np.concatenate([to_floats(columns["target"])[:LINE_TARGETS] for columns in models.values()])
    low, high = float(values.min()), float(values.max())
    largest = 0.0
    for k, (model, columns) in enumerate(models.items()):
        target, output = to_floats(columns["target"]), to_floats(columns["prediction"])
        if k == 0:
            series.plot(split_sequences(target, columns), ".-", color=INK, linewidth=0.8, markersize=3, label="target")
        style: Any = {"color": model_color(model), "linewidth": 1.2, "alpha": 0.85}
        series.plot(split_sequences(output, columns), label=model, **style)
        errors.plot(split_sequences(output - target, columns), **style)
        largest = max(largest, float(np.abs(output - target)[:LINE_TARGETS].max()))
    errors.axhline(0, color=INK, linewidth=0.6, zorder=0)
    reach = 1.1 * min(largest, 0.6 * (high - low)) or 1.0
    series.set(ylim=widen(low, high, 0.2), ylabel=column)
    errors.set(ylim=(-reach, reach), ylabel="error", xlabel="test targets, one after another")
    label_rows(errors, [row for row in table.rows if row[0] == table.rows[0][0]][:LINE_TARGETS], table.header)
    draw_legend(figure, series)
    return figure


def draw_scatter(table: Table) -> Figure:
    """Draw predictions against targets."""
    figure = empty_figure(3.6)
    axes = figure.add_subplot()
    targets = to_floats(np.array([row[3] for row in table.rows], dtype=object))
    low, high = float(targets.min()), float(targets.max())
    axes.plot([low, high], [low, high], color=INK, linewidth=0.8)
    for model, columns in group_by_model(table).items():
        target, output = to_floats(columns["target"]), to_floats(columns["prediction"])
        sample = slice(None, None, max(1, len(target) // SCATTER_TARGETS))
        style: Any = {"color": model_color(model), "markersize": 3, "alpha": 0.6, "label": model}
        axes.plot(target[sample], output[sample], model_marker(model), **style)
    axes.set(ylim=widen(low, high), xlabel="target", ylabel="prediction")
    draw_legend(figure, axes)
    return figure


def label_rows(axes: Axes, rows: list[tuple[object, ...]], header: tuple[str, ...]) -> None:
    """Write the dates or numbers of some of a sequence's rows on the axis, where it has one of the two."""
    if header[-1] in ROW_NAMES and len({row[1] for row in rows}) == 1:
        positions = np.unique(np.linspace(0, len(rows) - 1, MOST_DATES).round().astype(int)).tolist()
        axes.set_xticks(positions, [str(rows[k][-1]) for k in positions])
        axes.set_xlabel(f"{header[-1]} of the target")


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
    """Return the figure of the closed loop of one replica of each model type, in the unit of a series from a file.

    It ends a quarter of the steps that have data behind the last of them.
    """
    lengths = {model: int(np.isfinite(each.truth).sum()) for model, each in predictions.items()}
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
        if k < math.ceil((1 + BEYOND) * lengths[model])
    ]
    last = max((row[1] for row in rows if row[2] is not None), default=0)
    beyond = max((row[1] for row in rows), default=0) - last
    note = f" The data end at the dotted line; the {beyond} steps behind it are a forecast." if beyond else ""
    table = Table(("model", "step", "value", "continued", *row_header(units)), rows)
    draw = partial(draw_closed_loop, name_values(units))
    return Picture("closed-loop", "Closed loop: the networks on their own", LOOP_CAPTION + note, table, draw)


def draw_closed_loop(column: str, table: Table) -> Figure:
    """Draw the data, and a line for each model type."""
    figure = empty_figure(2.8)
    axes = figure.add_subplot()
    for k, (model, columns) in enumerate(group_by_model(table).items()):
        steps, truth, continued = (to_floats(columns[name]) for name in ("step", "value", "continued"))
        if k == 0:
            axes.plot(steps, truth, ".-", color=INK, linewidth=0.8, markersize=3, label="data")
            axes.set_ylim(*widen(float(np.nanmin(truth)), float(np.nanmax(truth))))
            if np.isnan(truth[-1]):
                axes.axvline(steps[np.isfinite(truth)][-1], color=INK, linewidth=0.8, linestyle=":")
            label_steps(axes, columns)
        axes.plot(steps, continued, color=model_color(model), linewidth=1.3, label=model)
    axes.set_ylabel(column)
    draw_legend(figure, axes)
    return figure


def label_steps(axes: Axes, columns: Columns) -> None:
    """Write the dates or numbers of the rows of some of the steps that have data on the axis, where it has them."""
    name = next((name for name in ROW_NAMES if name in columns), "step")
    if name in ROW_NAMES:
        steps = np.flatnonzero([cell is not None for cell in columns["value"]])
        positions = np.unique(steps[np.linspace(0, len(steps) - 1, MOST_DATES).round().astype(int)])
        axes.set_xticks(columns["step"][positions].astype(int), columns[name][positions])
    axes.set_xlabel(name)
