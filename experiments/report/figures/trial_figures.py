"""Figures of one trial: its curves, and what it says on the test split."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from numpy.typing import NDArray

from experiments.report.figures.canvas import FAINT, LOSS, colour, draw_baselines, drawable, png
from linrnn.baseline.baselines import Baselines
from linrnn.training.result import TrialResult


def learning_curves(trained: TrialResult, floors: Baselines | None = None) -> bytes:
    """PNG of a trial's train and val loss by epoch: a line a replica, the median bold; its task's floors as lines."""
    progress = trained.history
    figure = Figure(figsize=(6.4, 4.0), dpi=80)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.78))  # a layout engine would draw everything twice
    epochs = np.array(progress.evaluation_epochs)
    draw(axes, epochs, progress.train_loss[epochs - 1], "train", FAINT)
    draw(axes, epochs, progress.val_loss, "val", colour(trained.config.model.name))
    figure.text(0.12, 0.94, title(trained))
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    plain_axes(axes)
    if floors:
        draw_baselines(axes, floors)
    axes.legend(frameon=False, loc="upper right")
    return png(figure)


def draw(axes: Axes, epochs: NDArray[np.int64], losses: NDArray[np.float64], label: str, colour: str) -> None:
    """The losses `(V, S)` of all replicas, thin, and their median."""
    finite = np.where(losses > 0, drawable(losses), np.nan)
    gap = np.full((1, losses.shape[1]), np.nan)  # all replicas as one line, with gaps: quicker drawn
    together = np.concatenate([finite, gap]).ravel(order="F")
    axes.plot(
        np.tile(np.append(epochs, epochs[-1]), losses.shape[1]), together, color=colour, alpha=0.25, linewidth=0.6
    )
    middle = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    axes.plot(epochs, drawable(middle), color=colour, linewidth=2, label=label)


def plain_axes(axes: Axes) -> None:
    """Fixed places for labels and few ticks: laying them out would take longer than training a trial."""
    axes.xaxis.set_label_coords(0.5, -0.09)
    axes.yaxis.set_label_coords(-0.1, 0.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0e}"))
    axes.yaxis.set_minor_locator(NullLocator())


def title(trained: TrialResult) -> str:
    """What the trial was, in a line."""
    config = trained.config
    return (
        f"{config.task.label}, {config.model.name}: hidden size {config.model.hidden_size}, "
        f"learning rate {config.training.learning_rate:.3g}, {config.training.replicas} replicas"
    )
