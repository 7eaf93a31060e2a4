"""The figure of a reduction: losses by order, and the error beside its bound."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report.figures.canvas import FAINT, LOSS, SMALLEST, drawable, empty_figure
from experiments.report.figures.picture import Picture, to_columns, to_floats
from experiments.report.table import Table
from linrnn.analysis.reduction import OrderLoss, Reduction
from linrnn.analysis.verdict import LINEAR
from linrnn.data.sequences import Array
from tracking.model_colors import model_color

SIZES: dict[str, dict[str, Any]] = {
    "o": {"markersize": 5},
    "s": {"markersize": 2, "linewidth": 1},
}  # one is over the other
HEADER = (*OrderLoss._fields, "full_val_loss", "full_test_loss", "selected")


def reduction_picture(task: str, reduction: Reduction) -> Picture:
    """Return the figure of a reduction, with a row for each order."""
    full = reduction.val_loss, reduction.test_loss
    rows = [
        (*each[:3], *(None if np.isnan(value) else value for value in each[3:]), *full, each.order == reduction.order)
        for each in reduction.orders
    ]
    size = len(reduction.orders)
    return Picture(
        "reduction",
        f"Reduction of a network of {task} with {size} units",
        "Loss of the linear network of each order on the validation and test split, beside those of the whole network "
        "(dashed), and the largest gain of its error over all frequencies with the bound (stable networks only). The "
        "vertical line is the selected order.",
        Table(HEADER, rows),
        draw_reduction,
    )


def draw_reduction(table: Table) -> Figure:
    """Draw losses, and errors where there are any, by order."""
    columns = to_columns(table, list(table.rows))
    order, errors = to_floats(columns["order"]), to_floats(columns["error"])
    has_errors = np.isfinite(errors).any()
    figure = empty_figure(4.6 if has_errors else 3.2)
    axes, *others = figure.subplots(2 if has_errors else 1, 1, sharex=True, squeeze=False)[:, 0]
    color = model_color(LINEAR)
    draw_curve(axes, order, to_floats(columns["val_loss"]), "val", color, "o-")
    draw_curve(axes, order, to_floats(columns["test_loss"]), "test", FAINT, "s--")
    for name, shade in (("full_val_loss", color), ("full_test_loss", FAINT)):
        axes.axhline(float(drawable(to_floats(columns[name])[:1])[0]), color=shade, linewidth=0.9, linestyle="--")
    axes.set(yscale="log", ylabel=LOSS)
    for lower in others:
        draw_curve(lower, order, errors, "error", color, "o-")
        draw_curve(lower, order, to_floats(columns["error_bound"]), "bound", FAINT, "s--")
        lower.set(yscale="log", ylabel="largest gain of the error")
    selected = order[to_floats(columns["selected"]) == 1]
    for each in (axes, *others):
        each.axvline(selected[0], color=FAINT, linewidth=0.8, zorder=0)
        each.legend(loc="upper right")
    (others or [axes])[-1].set_xlabel("order (hidden units)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure


def draw_curve(axes: Axes, order: Array, values: Array, label: str, color: str, style: str) -> None:
    """Draw one quantity by order; zeros and rounding errors are left out."""
    axes.plot(
        order, np.where(values > SMALLEST, drawable(values), np.nan), style, color=color, label=label, **SIZES[style[0]]
    )
