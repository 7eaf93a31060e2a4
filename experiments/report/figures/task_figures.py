"""Figures of tasks: the floors of one, and of all what their sweeps came to."""

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
    NOTHING,
    STYLE,
    colour,
    draw_baselines,
    legend_above,
    marker,
    png,
    single_axes,
)
from experiments.report.summary import SweepSummary
from linrnn.analysis.verdict import LINEAR
from linrnn.baseline.baselines import Baselines

LEAST_SHOWN = 1e-6  # losses below it are drawn there


def baselines_figure(floors: Baselines) -> bytes:
    """PNG of a task's floors: the linear predictor's val and test loss by its number of lags, the others as lines."""
    with rc_context(STYLE):
        figure, axes = single_axes()
        lags, val, test = (np.array(column) for column in zip(*floors.curve, strict=True))
        for losses, label, ink in ((val, "val", FAINT), (test, "test", colour(LINEAR))):
            axes.plot(lags, np.maximum(losses, NOTHING), "o-", color=ink, markersize=3, label=f"linear, {label}")
        axes.axvline(floors.linear_lags, color=FAINT, linewidth=0.8, zorder=0)
        title = f"{floors.task}: linear predictors; {floors.linear_lags} lags are chosen on val"
        axes.set_title(title, loc="left", fontsize="medium")
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.3, 1.5 * max(lags[-1], 1))
        axes.set(yscale="log", xlabel="lags", ylabel=LOSS)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        draw_baselines(axes, floors)
        legend_above(figure, axes)
        return png(figure)


def suite_figure(summaries: Sequence[SweepSummary]) -> bytes:
    """PNG of what each task's model types came to, a row a task: medians and quartiles, beside the task's floors."""
    figure = Figure(figsize=(9, 0.34 * len(summaries) + 1.4), dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.13, 0.6 / figure.get_figheight(), 0.66, 1 - 1.3 / figure.get_figheight()))
    for row, summary in enumerate(summaries):
        draw_row(axes, row, summary)
    axes.set(xscale="log", xlim=(LEAST_SHOWN / 2, 3), ylim=(len(summaries) - 0.5, -0.6), xlabel=LOSS)
    axes.set_yticks(range(len(summaries)), [summary.task for summary in summaries])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="upper center", ncols=len(unique), frameon=False, fontsize=9)
    return png(figure)


def draw_row(axes: Axes, row: int, summary: SweepSummary) -> None:
    """One task: floors as strokes, model types as dots with their quartiles, the verdict beside them."""
    floors = summary.floors
    for loss, label, style in ((floors.linear, "linear floor", "-"), (floors.nonlinear, "nonlinear reference", ":")):
        x = max(loss, LEAST_SHOWN)
        axes.plot([x, x], [row - 0.38, row + 0.38], color=INK, linewidth=1.6, linestyle=style, label=label)
    for k, confirmed in enumerate(summary.confirmations):
        low, middle, high = (min(max(value, LEAST_SHOWN), 3.0) for value in confirmed.quartiles)
        y = row + 0.24 * (k - (len(summary.confirmations) - 1) / 2)
        ink = colour(confirmed.model)
        axes.plot([low, high], [y, y], color=ink, linewidth=1.5)
        axes.plot([middle], [y], marker(confirmed.model), color=ink, markersize=5, label=confirmed.model)
    axes.annotate(summary.verdict.word, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)
