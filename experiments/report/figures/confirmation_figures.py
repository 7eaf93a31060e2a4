"""Figures of a sweep's confirmation: its curves, and the test losses of its replicas."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import (
    LOSS,
    NOTHING,
    colour,
    draw_baselines,
    drawable,
    legend_above,
    loss_range,
    marker,
    single_axes,
)
from experiments.report.figures.picture import Picture, by_model, floats
from experiments.report.sweep_record import Findings
from experiments.report.table import Table
from linrnn.analysis.statistics import quartiles
from linrnn.baseline.baselines import Baselines

SPLITS = ("train", "val")
QUARTILES = ("first_quartile", "median", "third_quartile")


def curves(found: Findings) -> Picture:
    """Train and val loss by epoch, over the replicas of the confirmation."""
    rows: list[tuple[object, ...]] = []
    for model, of in found.curves.items():
        for k, epoch in enumerate(of["evaluated"].tolist()):
            train, val = (
                quartiles(np.nan_to_num(each, nan=np.inf)) for each in (of["train_loss"][epoch - 1], of["val_loss"][k])
            )
            rows.append((model, epoch, *train, *val))
    header = ("model", "epoch", *(f"{split}_{name}" for split in SPLITS for name in QUARTILES))
    caption = (
        "Val loss of the best config of each model type, trained again on fresh seeds: the median over the replicas, "
        "and from the first to the third quartile, which reaches the top where it diverged. Dotted: the median train "
        "loss. What is tested are each replica's weights of its lowest val loss, not those at the end."
    )
    floors = found.summary.floors
    return Picture("curves", "Learning curves", caption, Table(header, rows), lambda table: draw_curves(table, floors))


def draw_curves(table: Table, floors: Baselines) -> Figure:
    """A line and a band a model type."""
    figure, axes = single_axes()
    models = by_model(table)
    top = ceiling(floats(of[f"{split}_{name}"]) for of in models.values() for split in SPLITS for name in QUARTILES)
    axes.set(yscale="log", xlabel="epoch", ylabel=LOSS)
    for model, of in models.items():
        epochs, ink = floats(of["epoch"]), colour(model)
        low, middle, high = (drawable(floats(of[f"val_{name}"])) for name in QUARTILES)
        axes.fill_between(epochs, low, np.where(np.isnan(high), top, high), color=ink, alpha=0.2, linewidth=0)
        axes.plot(epochs, middle, color=ink, linewidth=1.8, label=f"{model}, val")
        train = drawable(floats(of["train_median"]))
        axes.plot(epochs, train, ":", color=ink, linewidth=1.1, label=f"{model}, train")
    draw_baselines(axes, floors)
    legend_above(figure, axes)
    return figure


def ceiling(losses: Iterable[NDArray[np.float64]]) -> float:
    """Above all losses that can be drawn: where infinity is."""
    found = loss_range(*losses)
    return 1.6 * found[1] if found else 1.0


def distributions(found: Findings) -> Picture:
    """The test loss of every replica of the confirmation."""
    rows = [
        (each.model, each.run_id, replica, loss if np.isfinite(loss) else None)
        for each in found.summary.confirmations
        for replica, loss in enumerate(each.test_loss.tolist())
    ]
    summary = found.summary
    caption = (
        "Test loss of each replica of the confirmation: networks of the best config, trained on fresh seeds, with "
        "their weights of the lowest val loss. The bar is the median, the box its 95 % interval, the line from the "
        "first to the third quartile; an arrow goes on to infinity, as replicas diverged."
    )
    table = Table(("model", "run_id", "replica", "test_loss"), rows)
    intervals = {each.model: (each.median.low, each.median.high) for each in summary.confirmations}
    return Picture(
        "confirmation",
        "The confirmation",
        caption,
        table,
        lambda table: draw_distributions(table, summary.floors, intervals),
    )


def draw_distributions(table: Table, floors: Baselines, intervals: dict[str, tuple[float, float]]) -> Figure:
    """A column a model type."""
    figure, axes = single_axes()
    models = by_model(table)
    top = ceiling(floats(of["test_loss"]) for of in models.values())
    axes.set(yscale="log", xlim=(-0.7, len(models) - 0.4), ylabel=f"test {LOSS}")
    for k, (model, of) in enumerate(models.items()):
        losses = np.array([np.inf if cell is None else cell for cell in of["test_loss"]], dtype=float)
        draw_column(axes, k, losses, intervals[model], model, top)
    axes.set_xticks(range(len(models)), [label_models(model, floats(of["test_loss"])) for model, of in models.items()])
    draw_baselines(axes, floors)
    return figure


def label_models(model: str, losses: NDArray[np.float64]) -> str:
    """A model type, and how many of its replicas diverged."""
    diverged = int(np.isnan(losses).sum())
    return f"{model}\n({diverged} of {len(losses)} diverged)" if diverged else model


def draw_column(
    axes: Axes, x: int, losses: NDArray[np.float64], interval: tuple[float, float], model: str, top: float
) -> None:
    """One model type's replicas as marks, beside their median, its interval and the quartiles; infinity at `top`."""
    ink, finite = colour(model), drawable(losses)
    finite = finite[np.isfinite(finite)]
    places = x + 0.12 + 0.16 * np.modf(np.arange(len(finite)) * 0.618)[0]  # spread out, the same at every drawing
    axes.plot(places, finite, marker(model), color=ink, alpha=0.6, markersize=4.5, linewidth=0)
    first, middle, third = quartiles(losses)
    if first < top:
        line = np.clip([first, third], NOTHING, top)
        axes.plot([x - 0.1] * 2, line, color=ink, linewidth=1.4, marker="^", markevery=[1] if third > top else [])
    if interval[0] < top and len(losses) > 1:
        axes.fill_between([x - 0.18, x - 0.02], *np.clip(interval, NOTHING, top), color=ink, alpha=0.35, linewidth=0)
    if middle < top:
        axes.plot([x - 0.2, x], [max(middle, NOTHING)] * 2, color=ink, linewidth=2.6)
