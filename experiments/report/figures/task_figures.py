"""Figures of tasks: the baselines of one task, and the sweeps of all tasks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from experiments.report.figures.canvas import (
    FAINT,
    INK,
    LOSS,
    SMALLEST,
    STYLE,
    draw_legend,
    model_marker,
    png,
    single_axes,
)
from experiments.report.figures.reference_lines import draw_references
from experiments.report.reference_losses import losses_by_label
from experiments.report.summary import SweepSummary
from linrnn.analysis.verdict import LINEAR
from linrnn.baseline.baselines import Baselines
from tracking.model_colors import model_color

SMALLEST_SHOWN, LARGEST_SHOWN = 1e-6, 3.0  # losses beyond are drawn at the edge
LEGEND_COLUMNS = 6  # entries side by side


def baselines_figure(baselines: Baselines) -> bytes:
    """Draw a task's baselines and bounds as PNG, with the losses of least squares by number of lags."""
    with rc_context(STYLE):
        figure, axes = single_axes()
        lags, val, test = (np.array(column) for column in zip(*baselines.curve, strict=True))
        for losses, label, color in ((val, "val", FAINT), (test, "test", model_color(LINEAR))):
            axes.plot(
                lags, np.maximum(losses, SMALLEST), "o-", color=color, markersize=3, label=f"least squares, {label}"
            )
        axes.axvline(baselines.linear_lags, color=FAINT, linewidth=0.8, zorder=0)
        title = f"{baselines.task}: {baselines.linear_method}"
        axes.set_title(title, loc="left", fontsize="medium")
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.3, 1.5 * max(lags[-1], 1))
        axes.set(yscale="log", xlabel="lags", ylabel=LOSS)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        draw_references(axes, baselines)
        draw_legend(figure, axes)
        return png(figure)


def suite_figure(summaries: Sequence[SweepSummary]) -> bytes:
    """Draw the sweeps of all tasks as PNG: a row for each task, with median and quartiles of each model type."""
    figure = Figure(figsize=(9, 0.34 * len(summaries) + 1.4), dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.13, 0.6 / figure.get_figheight(), 0.66, 1 - 1.3 / figure.get_figheight()))
    for row, summary in enumerate(summaries):
        draw_row(axes, row, summary)
    axes.set(
        xscale="log",
        xlim=(SMALLEST_SHOWN / 2, LARGEST_SHOWN),
        ylim=(len(summaries) - 0.5, -0.6),
        xlabel=LOSS,
    )
    axes.set_yticks(range(len(summaries)), [summary.task for summary in summaries])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    columns = min(len(unique), LEGEND_COLUMNS)
    figure.legend(unique.values(), unique.keys(), loc="upper center", ncols=columns, frameon=False, fontsize=9)
    return png(figure)


def draw_row(axes: Axes, row: int, summary: SweepSummary) -> None:
    """Draw one task: baselines as strokes, model types as dots with their quartiles, the verdict at the right."""
    losses = losses_by_label(summary.baselines)
    for label, style in (("linear baseline", "-"), ("nonlinear baseline", ":")):
        x = max(losses[label], SMALLEST_SHOWN)
        axes.plot([x, x], [row - 0.38, row + 0.38], color=INK, linewidth=1.6, linestyle=style, label=label)
    for k, confirmation in enumerate(summary.confirmations):
        low, middle, high = np.clip(confirmation.quartiles, SMALLEST_SHOWN, LARGEST_SHOWN)
        y = row + 0.24 * (k - (len(summary.confirmations) - 1) / 2)
        color = model_color(confirmation.model)
        axes.plot([low, high], [y, y], color=color, linewidth=1.5)
        axes.plot([middle], [y], model_marker(confirmation.model), color=color, markersize=5, label=confirmation.model)
    axes.annotate(summary.verdict.word, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)
