"""Figure of one trial: its learning curves."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from experiments.report.figures.canvas import FAINT, LOSS, draw_baselines, drawable, png
from experiments.search.search_space import describe_values
from linrnn.baseline.baselines import Baselines
from linrnn.training.result import TrialResult
from tracking.model_colors import model_color


def learning_curves(result: TrialResult, baselines: Baselines | None = None) -> bytes:
    """Draw a trial's training and validation loss by epoch as PNG: a line for each replica, the median bold."""
    history = result.history
    figure = Figure(figsize=(6.4, 4.0), dpi=80)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.78))  # a layout engine would draw the figure twice
    epochs = np.array(history.evaluation_epochs)
    draw_losses(axes, epochs, history.train_loss[epochs - 1], "train", FAINT)
    draw_losses(axes, epochs, history.val_loss, "val", model_color(result.config.model.name))
    figure.text(0.12, 0.94, trial_title(result))
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    set_fixed_axes(axes)
    if baselines:
        draw_baselines(axes, baselines)
    axes.legend(frameon=False, loc="upper right")
    return png(figure)


def draw_losses(axes: Axes, epochs: NDArray[np.int64], losses: NDArray[np.float64], label: str, color: str) -> None:
    """Draw the losses `(V, S)` of all replicas as thin lines, and their median."""
    positive = np.where(losses > 0, drawable(losses), np.nan)
    gap = np.full((1, losses.shape[1]), np.nan)  # all replicas as one line with gaps, which is faster to draw
    line = np.concatenate([positive, gap]).ravel(order="F")
    axes.plot(np.tile(np.append(epochs, epochs[-1]), losses.shape[1]), line, color=color, alpha=0.25, linewidth=0.6)
    median = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    axes.plot(epochs, drawable(median), color=color, linewidth=2, label=label)


def set_fixed_axes(axes: Axes) -> None:
    """Set fixed positions of labels and few ticks: an automatic layout would take longer than training a trial."""
    axes.xaxis.set_label_coords(0.5, -0.09)
    axes.yaxis.set_label_coords(-0.1, 0.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.yaxis.set_minor_locator(NullLocator())


def trial_title(result: TrialResult) -> str:
    """Write task, model type, searched settings and number of replicas in one line."""
    config = result.config
    values = describe_values(config)
    return f"{config.task.label}, {config.model.name}: {values}, {config.training.replicas} replicas"
