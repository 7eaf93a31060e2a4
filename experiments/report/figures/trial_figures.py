"""Figure of one trial: its learning curves."""

from __future__ import annotations

from functools import cache
from threading import Lock

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from experiments.report.figures.canvas import FAINT, LOSS, drawable, loss_range, png
from experiments.report.figures.reference_lines import draw_references
from experiments.search.search_space import describe_values
from linrnn.baseline.baselines import Baselines
from linrnn.training.result import TrialResult
from tracking.model_colors import model_color

PADDING = 0.05  # of an axis beyond the data, as a part of their range; decades on a logarithmic axis
_lock = Lock()  # held while the one figure of this process is drawn


def learning_curves(result: TrialResult, baselines: Baselines | None = None) -> bytes:
    """Draw a trial's training and validation loss by epoch as PNG: a line for each replica, the median bold."""
    history = result.history
    epochs = np.array(history.evaluation_epochs)
    curves = {"train": history.train_loss[epochs - 1], "val": history.val_loss}
    colors = {"train": FAINT, "val": model_color(result.config.model.name)}
    with _lock:
        figure, axes, title = empty_axes()
        for label, losses in curves.items():
            draw_losses(axes, epochs, losses, label, colors[label])
        title.set_text(trial_title(result))
        set_axes(axes, epochs, loss_range(*curves.values()) or (1.0, 1.0))
        axes.set_position((0.12, 0.13, 0.6 if baselines else 0.85, 0.78))
        if baselines:
            draw_references(axes, baselines)
        legend = axes.legend(frameon=False, loc="upper right")
        try:
            return png(figure)
        finally:
            for artist in (*axes.lines, *axes.texts, legend):
                artist.remove()


@cache
def empty_axes() -> tuple[Figure, Axes, Text]:
    """Create the figure of all trials of this process without lines; to create it takes as long as to draw it."""
    figure = Figure(figsize=(6.4, 4.0), dpi=80)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.78))  # a layout engine would draw the figure twice
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    axes.xaxis.set_label_coords(0.5, -0.09)
    axes.yaxis.set_label_coords(-0.1, 0.5)
    return figure, axes, figure.text(0.12, 0.94, "")


def draw_losses(axes: Axes, epochs: NDArray[np.int64], losses: NDArray[np.float64], label: str, color: str) -> None:
    """Draw the losses `(V, S)` of all replicas as thin lines, and their median."""
    positive = np.where(losses > 0, drawable(losses), np.nan)
    gap = np.full((1, losses.shape[1]), np.nan)  # all replicas as one line with gaps, which is faster to draw
    line = np.concatenate([positive, gap]).ravel(order="F")
    axes.plot(np.tile(np.append(epochs, epochs[-1]), losses.shape[1]), line, color=color, alpha=0.25, linewidth=0.6)
    median = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    axes.plot(epochs, drawable(median), color=color, linewidth=2, label=label)


def set_axes(axes: Axes, epochs: NDArray[np.int64], losses: tuple[float, float]) -> None:
    """Set limits around the data, and few ticks, whatever was drawn before."""
    first, last = epochs[[0, -1]]
    low, high = np.log10(losses)
    beside, above = PADDING * max(last - first, 1), PADDING * max(high - low, 1.0)
    axes.set_xlim(first - beside, last + beside)
    axes.set_ylim(10 ** (low - above), 10 ** (high + above))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10), integer=True))
    axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.yaxis.set_minor_locator(NullLocator())


def trial_title(result: TrialResult) -> str:
    """Write task, model type, searched settings and number of replicas in one line."""
    config = result.config
    values = describe_values(config)
    return f"{config.task.label}, {config.model.name}: {values}, {config.training.replicas} replicas"
