"""Figures of the claims; each draws the table of a measurement."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.report.figures.canvas import (
    FAINT,
    LOSS,
    MARKERS,
    empty_figure,
    model_marker,
    single_axes,
)
from experiments.report.figures.picture import Columns, to_columns, to_floats
from experiments.report.table import Table
from tracking.model_colors import PALETTE, model_color

LEAST_RATIO, LARGEST_RATIO = 1e-4, 1e6  # ratios beyond are drawn there
SPREAD = 0.14  # vertical distance of the variants of a row


def draw_ratios(table: Table) -> Figure:
    """Draw the ratio of two model types with its interval: a row for each error, a panel for each number of epochs."""
    figure = empty_figure(4.6)
    columns = to_columns(table, list(table.rows))
    epochs, errors = (list(dict.fromkeys(columns[name])) for name in ("epochs", "error"))
    variants = list(dict.fromkeys(columns["initial weights"]))
    panels = figure.subplots(1, len(epochs), sharey=True, squeeze=False)[0]
    for axes, count in zip(panels, epochs, strict=True):
        axes.axvline(1, color=FAINT, linewidth=0.9, zorder=0)
        for k, variant in enumerate(variants):
            rows = [row for row in table.rows if (row[0], row[1]) == (variant, count)]
            draw_variant(axes, to_columns(table, rows), (k - (len(variants) - 1) / 2) * SPREAD, k, variant)
        axes.set(
            xscale="log",
            xlim=(LEAST_RATIO / 2, 2 * LARGEST_RATIO),
            xlabel="tanh / linear",
            ylim=(len(errors) - 0.4, -0.6),
        )
        axes.set_title(f"{count:,} epochs", loc="left", fontsize="medium")
        axes.set_yticks(range(len(errors)), errors, fontsize=8)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def draw_variant(axes: Axes, columns: Columns, shift: float, color: int, label: str) -> None:
    """Draw the ratios of one variant, shifted from the middle of their rows."""
    ratio, low, high = (
        np.clip(np.nan_to_num(to_floats(columns[name]), nan=np.inf), LEAST_RATIO, LARGEST_RATIO)
        for name in ("tanh / linear", "low", "high")
    )
    y = np.arange(len(ratio)) + shift
    axes.hlines(y, low, high, color=PALETTE[color], linewidth=1)
    axes.plot(ratio, y, MARKERS[color], color=PALETTE[color], markersize=3.5, label=label)


def draw_amplitudes(table: Table) -> Figure:
    """Draw superposition indices by amplitude, a line for each model type."""
    figure, axes = single_axes()
    for model in dict.fromkeys(row[0] for row in table.rows):
        columns = to_columns(table, [row for row in table.rows if row[0] == model])
        draw_spread(axes, columns, "amplitude", model_color(model), model_marker(model) + "-", model)
    axes.set(xscale="log", yscale="log", xlabel="amplitude of the inputs", ylabel="superposition index")
    draw_legend_rows(figure, axes)
    return figure


def draw_seeds(table: Table) -> Figure:
    """Draw the loss of each seed, a row for each network."""
    figure = empty_figure(2.4)
    axes = figure.add_subplot()
    networks = list(dict.fromkeys(row[0] for row in table.rows))
    for k, network in enumerate(networks):
        columns = to_columns(table, [row for row in table.rows if row[0] == network])
        losses, seeds = to_floats(columns["loss"]), to_floats(columns["seed"])
        y = k + 0.5 * (seeds / max(seeds.max(), 1) - 0.5)
        axes.plot(losses, y, MARKERS[k], color=PALETTE[k], markersize=3, alpha=0.7)
    axes.set(xscale="log", xlabel=f"test {LOSS}", ylim=(len(networks) - 0.5, -0.5))
    axes.set_yticks(range(len(networks)), [f"{network} units" for network in networks])
    return figure


def draw_gradients(table: Table) -> Figure:
    """Draw gradient norms by lag, with their range over inputs."""
    figure, axes = single_axes()
    for model in dict.fromkeys(row[0] for row in table.rows):
        columns = to_columns(table, [row for row in table.rows if row[0] == model])
        lag, median, low, high = (to_floats(columns[name]) for name in ("lag", "median", "smallest", "largest"))
        axes.plot(lag, median, color=model_color(model), label=model)
        axes.fill_between(lag, low, high, color=model_color(model), alpha=0.25, linewidth=0)
    axes.set(yscale="log", xlabel="lag, steps", ylabel="norm of the gradient")
    draw_legend_rows(figure, axes)
    return figure


def draw_delays(table: Table) -> Figure:
    """Draw losses by delay, a line for each model type and initial weights."""
    figure, axes = single_axes()
    for model, init in dict.fromkeys(row[:2] for row in table.rows):
        columns = to_columns(table, [row for row in table.rows if row[:2] == (model, init)])
        style = "-" if init == "orthogonal" else ":"
        draw_spread(axes, columns, "delay", model_color(model), model_marker(model) + style, f"{model}, {init}")
    axes.set(yscale="log", xlabel="delay, steps", ylabel=f"test {LOSS}")
    draw_legend_rows(figure, axes)
    return figure


def draw_sizes(table: Table) -> Figure:
    """Draw losses by the units of all layers, a mark for each number of layers."""
    figure, axes = single_axes()
    for k, (task, layers) in enumerate(dict.fromkeys((row[0], row[2]) for row in table.rows)):
        rows = [(*row, row[1] * row[2]) for row in table.rows if (row[0], row[2]) == (task, layers)]
        columns = to_columns(Table((*table.header, "total"), rows), rows)
        name = f"{task}, {layers} layers" if layers > 1 else f"{task}, 1 layer"
        draw_spread(axes, columns, "total", PALETTE[k], MARKERS[k] + "-", name)
    axes.set(yscale="log", xlabel="units of all layers", ylabel=f"test {LOSS}")
    draw_legend_rows(figure, axes)
    return figure


def draw_spread(axes: Axes, columns: Columns, x: str, color: str, style: str, label: str) -> None:
    """Draw medians with their quartiles."""
    places, median, first, third = (
        to_floats(columns[name]) for name in (x, "median", "first quartile", "third quartile")
    )
    axes.errorbar(
        places,
        median,
        (median - first, third - median),
        fmt=style,
        color=color,
        markersize=4,
        linewidth=1.2,
        label=label,
    )


def draw_legend_rows(figure: Figure, axes: Axes) -> None:
    """Place a legend of two columns above the axes."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
