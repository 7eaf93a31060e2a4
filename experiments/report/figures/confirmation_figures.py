"""Figures of a sweep's confirmations: learning curves and test losses of the replicas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import (
    LOSS,
    SMALLEST,
    draw_legend,
    drawable,
    loss_range,
    model_marker,
    single_axes,
)
from experiments.report.figures.picture import Picture, group_by_model, to_floats
from experiments.report.figures.reference_lines import draw_references
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import SweepRecord
from experiments.report.table import Table
from linrnn.analysis.statistics import quartiles
from linrnn.baseline.baselines import Baselines
from tracking.model_colors import model_color
from tracking.schema import CurveArray

SPLITS = ("train", "val")
MOST_LEVEL = 4  # columns whose labels have room side by side
QUARTILES = ("first_quartile", "median", "third_quartile")


def curves_figure(record: SweepRecord) -> Picture:
    """Return the figure of training and validation loss by epoch, over the replicas of each confirmation."""
    rows: list[tuple[object, ...]] = []
    for trial in record.complete_confirmations:
        curves = trial.curves
        for k, epoch in enumerate(curves[CurveArray.EVALUATION_EPOCHS].tolist()):
            losses = (curves[CurveArray.TRAIN_LOSS][epoch - 1], curves[CurveArray.VAL_LOSS][k])
            train, val = (quartiles(np.nan_to_num(each, nan=np.inf)) for each in losses)
            rows.append((trial.model, epoch, *train, *val))
    header = ("model", "epoch", *(f"{split}_{name}" for split in SPLITS for name in QUARTILES))
    caption = (
        "How the loss falls while the networks of the confirmation are trained. Lines: the median of their losses on "
        "the validation split, in a band that half of the networks are in; it reaches the top where some diverge. "
        "Dotted: the median loss on the training split. The test loss is that of the weights with "
        "the lowest validation loss."
    )
    baselines = record.baselines
    return Picture(
        "curves", "Learning curves", caption, Table(header, rows), lambda table: draw_curves(table, baselines)
    )


def draw_curves(table: Table, baselines: Baselines) -> Figure:
    """Draw a line and a band for each model type."""
    figure, axes = single_axes()
    models = group_by_model(table)
    top = infinity_position(
        to_floats(columns[f"{split}_{name}"]) for columns in models.values() for split in SPLITS for name in QUARTILES
    )
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    few = len(models) < MOST_LEVEL
    for model, columns in models.items():
        epochs, color = to_floats(columns["epoch"]), model_color(model)
        low, middle, high = (drawable(to_floats(columns[f"val_{name}"])) for name in QUARTILES)
        axes.fill_between(epochs, low, np.where(np.isnan(high), top, high), color=color, alpha=0.2, linewidth=0)
        axes.plot(epochs, middle, color=color, linewidth=1.8, label=f"{model}, val" if few else model)
        train = drawable(to_floats(columns["train_median"]))
        axes.plot(epochs, train, ":", color=color, linewidth=1.1, label=f"{model}, train" if few else None)
    draw_references(axes, baselines)
    draw_legend(figure, axes)
    return figure


def infinity_position(losses: Iterable[NDArray[np.float64]]) -> float:
    """Return a value above all losses that can be drawn, at which infinity is drawn."""
    limits = loss_range(*losses)
    return 1.6 * limits[1] if limits else 1.0


def confirmation_figure(summary: SweepSummary) -> Picture:
    """Return the figure of the test loss of every replica of each confirmation."""
    rows = [
        (each.model, each.run_id, replica, loss if np.isfinite(loss) else None)
        for each in summary.confirmations
        for replica, loss in enumerate(each.test_loss.tolist())
    ]
    caption = (
        "Lower is better. Each point is a network of the model type's best config, trained on a fresh seed; the bar is "
        "their median, the box its 95 % interval, and half of the networks are along the thin line, which ends in an "
        "arrow where networks diverge. Dashed lines: baselines, predictors without a network, which can be beaten, and "
        "bounds, which cannot. A loss of 1 is the best constant predictor's."
    )
    table = Table(("model", "run_id", "replica", "test_loss"), rows)
    intervals = {each.model: (each.median.low, each.median.high) for each in summary.confirmations}
    baselines = summary.baselines
    return Picture(
        "confirmation",
        "Losses on the test split",
        caption,
        table,
        lambda table: draw_confirmation(table, baselines, intervals),
    )


def draw_confirmation(table: Table, baselines: Baselines, intervals: Mapping[str, tuple[float, float]]) -> Figure:
    """Draw a column of points for each model type."""
    figure, axes = single_axes()
    models = group_by_model(table)
    top = infinity_position(to_floats(columns["test_loss"]) for columns in models.values())
    axes.set(yscale="log", xlim=(-0.7, len(models) - 0.4), ylabel=f"test {LOSS}")
    labels = []
    for k, (model, columns) in enumerate(models.items()):
        losses = np.array([np.inf if cell is None else cell for cell in columns["test_loss"]], dtype=float)
        draw_replicas(axes, k, losses, intervals[model], model, top)
        labels.append(column_label(model, losses))
    slant: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if len(models) > MOST_LEVEL else {}
    axes.set_xticks(range(len(models)), labels, **slant)
    draw_references(axes, baselines)
    return figure


def column_label(model: str, losses: NDArray[np.float64]) -> str:
    """Return the label of a model type's column: its name, and the number of replicas that diverged."""
    diverged = int(np.isinf(losses).sum())
    return f"{model}\n({diverged} of {len(losses)} diverged)" if diverged else model


def draw_replicas(
    axes: Axes, x: int, losses: NDArray[np.float64], interval: tuple[float, float], model: str, top: float
) -> None:
    """Draw one model type's replicas as points, beside their median, its interval and the quartiles; inf at `top`."""
    color, finite = model_color(model), drawable(losses)
    finite = finite[np.isfinite(finite)]
    positions = x + 0.12 + 0.16 * np.modf(np.arange(len(finite)) * 0.618)[0]  # spread, the same in every drawing
    axes.plot(positions, finite, model_marker(model), color=color, alpha=0.6, markersize=4.5, linewidth=0)
    first, middle, third = quartiles(losses)
    if first < top:
        line = np.clip([first, third], SMALLEST, top)
        axes.plot([x - 0.1] * 2, line, color=color, linewidth=1.4, marker="^", markevery=[1] if third > top else [])
    if interval[0] < top and len(losses) > 1:
        axes.fill_between([x - 0.18, x - 0.02], *np.clip(interval, SMALLEST, top), color=color, alpha=0.35, linewidth=0)
    if middle < top:
        axes.plot([x - 0.2, x], [max(middle, SMALLEST)] * 2, color=color, linewidth=2.6)
