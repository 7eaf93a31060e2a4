"""Figure of one trial: its learning curves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from experiments.report.figures.canvas import FAINT, LOSS, SMALLEST, drawable, loss_range
from experiments.report.figures.raster_plot import POINT, SIZE, SMALL_TEXT, RasterPlot, Span
from experiments.report.figures.reference_lines import LABEL_POSITION, LINE_HEIGHT, MARGIN, separate
from experiments.report.reference_losses import losses_by_label
from experiments.search.search_space import describe_values
from linrnn.baseline.baselines import Baselines
from linrnn.training.result import TrialResult
from tracking.model_colors import model_color

PADDING = 0.05  # of an axis beyond the data, as a part of their range; decades on a logarithmic axis
HEIGHT = Span(0.13, 0.91)  # of the frame, in parts of the figure
LEFT, RIGHT, RIGHT_OF_NAMES = 0.12, 0.97, 0.72  # of the frame, where there are no names of baselines beside it
DASHES = 3.7, 1.6  # of baselines and bounds, in widths of their line


def learning_curves(result: TrialResult, baselines: Baselines | None = None) -> bytes:
    """Draw a trial's training and validation loss by epoch as PNG: a line for each replica, the median bold."""
    history = result.history
    epochs = np.array(history.evaluation_epochs)
    curves = {"train": history.train_loss[epochs - 1], "val": history.val_loss}
    colors = {"train": FAINT, "val": model_color(result.config.model.name)}
    references = losses_by_label(baselines) if baselines else {}
    width = Span(LEFT, RIGHT_OF_NAMES if references else RIGHT)
    limits = padded_losses(loss_range(*curves.values()) or (1.0, 1.0))
    visible = [loss for loss in references.values() if limits.low / MARGIN <= loss <= limits.high * MARGIN]
    limits = Span(min([limits.low, *visible]), max([limits.high, *visible]))
    plot = RasterPlot(width, HEIGHT, padded_epochs(epochs), limits)
    for loss in visible:
        plot.draw_curve([*plot.epochs], [loss, loss], FAINT, 0.9, dashes=DASHES)
    for label, losses in curves.items():
        draw_losses(plot, epochs, losses, colors[label])
    plot.draw_frame("epoch", LOSS)
    draw_names(plot, references)
    draw_legend(plot, colors)
    plot.write(LEFT * SIZE[0], 0.94 * SIZE[1], trial_title(result), anchor="ls")
    return plot.png()


def draw_losses(plot: RasterPlot, epochs: NDArray[np.int64], losses: NDArray[np.float64], color: str) -> None:
    """Draw the losses `(V, S)` of all replicas as thin lines, and their median."""
    positive = np.where(losses > 0, drawable(losses), np.nan)
    gap = np.full((1, losses.shape[1]), np.nan)  # all replicas as one line with gaps, which is faster to draw
    line = np.concatenate([positive, gap]).ravel(order="F")
    plot.draw_curve(np.tile(np.append(epochs, epochs[-1]), losses.shape[1]), line, color, 0.6, alpha=0.25)
    median = np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    plot.draw_curve(epochs, drawable(median), color, 2)


def draw_names(plot: RasterPlot, references: dict[str, float]) -> None:
    """Write names and losses of baselines and bounds at the right of the frame, ascending, with lines to their losses.

    Those that are far outside the limits have an arrow before their name in place of a line.
    """
    ranked = sorted(references.items(), key=lambda reference: reference[1])
    heights = [float(Span(*np.log10(plot.losses)).place(np.log10(max(loss, SMALLEST)))) for _, loss in ranked]
    (left, right), (bottom, top) = plot.width, plot.height
    positions = separate(heights, LINE_HEIGHT * POINT / (top - bottom))
    x = left + LABEL_POSITION * (right - left)
    for (label, loss), height, position in zip(ranked, heights, positions, strict=True):
        arrow = "↓ " if height < 0 else "↑ " if height > 1 else ""
        y = bottom + position * (top - bottom)
        plot.write(x, y, f"{arrow}{label} {loss:.3g}", SMALL_TEXT)
        if not arrow:
            plot.stroke([(right, bottom + height * (top - bottom)), (x - 2 * POINT, y)], FAINT, 0.6)


def draw_legend(plot: RasterPlot, colors: dict[str, str]) -> None:
    """Draw the names of the curves in the upper right corner of the frame."""
    right, top = plot.width.high, plot.height.high
    for row, (label, color) in enumerate(colors.items()):
        y = top - (12 + 15 * row) * POINT
        plot.stroke([(right - 62 * POINT, y), (right - 42 * POINT, y)], color, 2)
        plot.write(right - 34 * POINT, y, label)


def padded_epochs(epochs: NDArray[np.int64]) -> Span:
    """Limits around the epochs."""
    first, last = float(epochs[0]), float(epochs[-1])
    beside = PADDING * max(last - first, 1)
    return Span(first - beside, last + beside)


def padded_losses(losses: tuple[float, float]) -> Span:
    """Limits around the losses."""
    low, high = np.log10(losses)
    above = PADDING * max(high - low, 1.0)
    return Span(float(10 ** (low - above)), float(10 ** (high + above)))


def trial_title(result: TrialResult) -> str:
    """Write task, model type, searched settings and number of replicas in one line."""
    config = result.config
    values = describe_values(config)
    return f"{config.task.label}, {config.model.name}: {values}, {config.training.replicas} replicas"
