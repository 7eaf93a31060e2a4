"""Figures, drawn without a screen."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from experiments.summary import SweepSummary
from linrnn.floors import Floors
from tracking.trained import Trained

TRAIN, VAL, TEST = "#0072B2", "#D55E00", "#009E73"  # told apart by the colour-blind too (Wong 2011)
MODEL_COLOURS, MARKERS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"), "osD^vP"
LEAST_SHOWN = 1e-6  # losses below it are drawn there
LOSS = "loss (1: the best constant)"
NOTHING = 1e-12  # stands for a loss of 0 on a logarithmic axis


def learning_curves(trained: Trained, floors: Floors | None = None) -> bytes:
    """PNG of a trial's train and val loss by epoch: a line a replica, the median bold; its task's floors as lines."""
    progress = trained.progress
    figure, axes = blank()
    epochs = np.array(progress.evaluated)
    draw(axes, epochs, progress.train_loss[epochs - 1], "train", TRAIN)
    draw(axes, epochs, progress.val_loss, "val", VAL)
    figure.text(0.12, 0.94, title(trained))
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    plain_axes(axes)
    if floors:
        draw_floors(axes, floors)
    axes.legend(frameon=False, loc="upper right")
    return png(figure)


def floors_by_lags(floors: Floors) -> bytes:
    """PNG of a task's floors: the linear predictor's val and test loss by its number of lags, the others as lines."""
    figure, axes = blank()
    lags, val, test = (np.array(column) for column in zip(*floors.curve, strict=True))
    for losses, label, colour in ((val, "val", VAL), (test, "test", TEST)):
        axes.plot(lags, np.maximum(losses, NOTHING), "o-", color=colour, markersize=3, label=f"linear, {label}")
    axes.axvline(floors.linear_lags, color="0.8", linewidth=1, zorder=0)
    figure.text(0.12, 0.94, f"{floors.task}: linear predictors; {floors.linear_lags} lags are chosen on val")
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(-0.3, 1.5 * max(lags[-1], 1))
    axes.set(yscale="log", xlabel="lags", ylabel=LOSS)
    plain_axes(axes)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    draw_floors(axes, floors)
    axes.legend(frameon=False, loc="upper right")
    return png(figure)


def of_suite(summaries: Sequence[SweepSummary]) -> bytes:
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
        axes.plot([x, x], [row - 0.38, row + 0.38], color="0.3", linewidth=1.6, linestyle=style, label=label)
    for k, confirmed in enumerate(summary.confirmations):
        low, middle, high = (min(max(value, LEAST_SHOWN), 3.0) for value in confirmed.quartiles)
        y = row + 0.24 * (k - (len(summary.confirmations) - 1) / 2)
        colour = MODEL_COLOURS[k % len(MODEL_COLOURS)]
        axes.plot([low, high], [y, y], color=colour, linewidth=1.5)
        axes.plot([middle], [y], MARKERS[k % len(MARKERS)], color=colour, markersize=5, label=confirmed.model)
    axes.annotate(summary.verdict.word, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=9)


def blank() -> tuple[Figure, Axes]:
    """A figure with one pair of axes and room for a title."""
    figure = Figure(figsize=(6.4, 4.0), dpi=80)
    FigureCanvasAgg(figure)
    return figure, figure.add_axes((0.12, 0.13, 0.85, 0.78))  # a layout engine would draw everything twice


def png(figure: Figure) -> bytes:
    """The figure as a file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def draw_floors(axes: Axes, floors: Floors) -> None:
    """The floors as lines with their names; of equal ones, one line, and of those far below all else, none."""
    low, high = axes.get_ylim()
    bottom = min(low, high * 1e-3)
    named: dict[float, str] = {}
    for name, loss in floors.lines.items():
        near = next((other for other in named if abs(np.log10(max(loss, NOTHING) / max(other, NOTHING))) < 0.02), None)
        if near is None:
            named[loss] = name
        else:
            named[near] += f", {name}"
    for loss, names in named.items():
        if loss >= bottom / 10:
            axes.axhline(loss, color="0.4", linewidth=0.8, linestyle="--", zorder=0)
            axes.annotate(names, (0.01, loss), xycoords=("axes fraction", "data"), fontsize=7, va="bottom")
    gone = [names for loss, names in named.items() if loss < bottom / 10]
    if gone:
        axes.annotate(f"far below: {', '.join(gone)}", (0.01, 0.01), xycoords="axes fraction", fontsize=7, va="bottom")


def draw(axes: Axes, epochs: NDArray[np.int64], losses: NDArray[np.float64], label: str, colour: str) -> None:
    """The losses `(V, S)` of all replicas, thin, and their median."""
    finite = np.where(np.isfinite(losses) & (losses > 0), losses, np.nan)
    gap = np.full((1, losses.shape[1]), np.nan)  # all replicas as one line, with gaps: quicker drawn
    together = np.concatenate([finite, gap]).ravel(order="F")
    axes.plot(
        np.tile(np.append(epochs, epochs[-1]), losses.shape[1]), together, color=colour, alpha=0.25, linewidth=0.6
    )
    middle = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    axes.plot(epochs, np.where(np.isfinite(middle), middle, np.nan), color=colour, linewidth=2, label=label)


def plain_axes(axes: Axes) -> None:
    """Fixed places for labels and few ticks: laying them out would take longer than training a trial."""
    axes.xaxis.set_label_coords(0.5, -0.09)
    axes.yaxis.set_label_coords(-0.1, 0.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.yaxis.set_minor_locator(NullLocator())


def title(trained: Trained) -> str:
    """What the trial was, in a line."""
    config = trained.config
    return (
        f"{config.task.label}, {config.model.name}: hidden size {config.model.hidden_size}, "
        f"learning rate {config.training.learning_rate:.3g}, {config.training.replicas} replicas"
    )
