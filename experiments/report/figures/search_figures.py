"""Figures of a sweep's search: where its trials were, how its budget was spent, which settings matter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from experiments.report.figures.canvas import (
    INK,
    colour,
    draw_baselines,
    drawable,
    empty_figure,
    legend_above,
    loss_range,
    marker,
    plain_ticks,
    single_axes,
)
from experiments.report.figures.picture import Columns, Picture, by_model, floats
from experiments.report.sweep_record import Findings
from experiments.report.table import Table
from linrnn.baseline.baselines import Baselines

MARKS = {"complete": ("o", 46), "pruned": ("v", 24), "diverged": ("x", 34), "failed": ("+", 40)}  # and their sizes
VAL_LOSS = "val loss (1: the best constant)"


def search_figure(found: Findings) -> Picture:
    """Every trial by its hidden size and learning rate."""
    best = {study.best_run for study in found.summary.studies}
    rows = [
        (
            trial.model,
            trial.number,
            trial.run_id,
            trial.result.outcome,
            trial.result.config.model.hidden_size,
            trial.result.config.training.learning_rate,
            trial.result.loss if math.isfinite(trial.result.loss) else None,
            trial.result.seconds,
            "yes" if trial.run_id in best else "",
        )
        for trial in found.trials
    ]
    header = ("model", "trial", "run_id", "outcome", "hidden_size", "learning_rate", "val_loss", "seconds", "best")
    caption = (
        "Every trial of the search, coloured by its val loss; the best of each model type is ringed. Triangles were "
        "pruned, as they were behind the others; crosses diverged."
    )
    return Picture("search", "Loss over hidden size and learning rate", caption, Table(header, rows), draw_search)


def draw_search(table: Table) -> Figure:
    """A panel a model type, two in a row."""
    models = by_model(table)
    wide = min(2, len(models))
    lines = -(-len(models) // wide)
    figure = empty_figure(0.8 + 2.2 * lines)
    panels = figure.subplots(lines, wide, sharex=True, sharey=True, squeeze=False)
    found = loss_range(*(floats(of["val_loss"]) for of in models.values()))
    low, high = found or (1.0, 1.0)
    colours = ScalarMappable(LogNorm(low, max(high, 1.01 * low), clip=True), "cividis")
    for axes, (model, of) in zip(panels.flat, models.items(), strict=False):
        draw_trials(axes, of, colours)
        axes.set_title(model, loc="left", color=colour(model), fontweight="bold")
    for axes in panels.flat[len(models) :]:
        axes.set_visible(False)
    ticks_of_search(panels.flat[0], np.unique(np.concatenate([floats(of["hidden_size"]) for of in models.values()])))
    figure.supxlabel("learning rate", fontsize="medium")
    figure.supylabel("hidden size", fontsize="medium")
    named = {name: mark for axes in panels.flat for mark, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(named.values(), named.keys(), loc="outside upper right", ncols=len(named))
    if found:
        bar = figure.colorbar(colours, ax=panels, label=VAL_LOSS, aspect=30)
        bar.outline.set_visible(False)
        plain_ticks(bar.ax.yaxis, low, high)
    return figure


def draw_trials(axes: Axes, of: Columns, colours: ScalarMappable) -> None:
    """The trials of a model type, marked by outcome."""
    rates, sizes, losses = (floats(of[name]) for name in ("learning_rate", "hidden_size", "val_loss"))
    for outcome, (mark, size) in MARKS.items():
        these = of["outcome"] == outcome
        if not these.any():
            continue
        if outcome in ("complete", "pruned"):
            look: Any = {"color": colours.to_rgba(losses[these]), "edgecolors": INK, "linewidths": 0.4}
        else:
            look = {"color": INK, "linewidths": 1.2}
        axes.scatter(rates[these], sizes[these], size, marker=mark, label=outcome, **look)
    best = of["best"] == "yes"
    if best.any():
        axes.scatter(rates[best], sizes[best], 150, facecolors="none", edgecolors=INK, linewidths=1.4, label="best")


def ticks_of_search(axes: Axes, sizes: NDArray[np.float64]) -> None:
    """Logarithmic axes that all panels share; hidden sizes by powers of 2, or as they are where those are few."""
    axes.set(xscale="log", yscale="log")
    axes.margins(0.09)
    plain_ticks(axes.xaxis, *axes.get_xlim())
    powers = 2.0 ** np.arange(np.ceil(np.log2(sizes.min())), np.floor(np.log2(sizes.max())) + 1)
    axes.yaxis.set_major_locator(FixedLocator(list(powers if len(powers) > 2 else sizes[:: -(-len(sizes) // 5)])))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def budget_figure(found: Findings) -> Picture:
    """The best val loss by the number of trials."""
    rows: list[tuple[object, ...]] = []
    for model in found.models:
        best, seconds = math.inf, 0.0
        for count, trial in enumerate((each for each in found.trials if each.model == model), 1):
            result = trial.result
            seconds += result.seconds
            best = min(best, result.loss) if result.outcome == "complete" else best
            losses = (value if math.isfinite(value) else None for value in (result.loss, best))
            rows.append((model, count, result.outcome, *losses, seconds))
    caption = (
        "The lowest val loss of each model type after so many trials of its search; small marks are the trials "
        "themselves. Where a line still falls at its end, a longer search (--trials) may find better. Floors are those "
        "of the test split."
    )
    table = Table(("model", "trials", "outcome", "val_loss", "best_val_loss", "seconds"), rows)
    floors = found.summary.floors
    return Picture("budget", "Best loss by budget spent", caption, table, lambda table: draw_spent(table, floors))


def draw_spent(table: Table, floors: Baselines) -> Figure:
    """A line a model type."""
    figure, axes = single_axes()
    models = by_model(table)
    for model, of in models.items():
        trials, losses, best = (floats(of[name]) for name in ("trials", "val_loss", "best_val_loss"))
        ink, look = colour(model), marker(model)
        axes.plot(trials, drawable(losses), look, color=ink, markersize=3.5, alpha=0.45, linewidth=0)
        axes.step(trials, drawable(best), where="post", color=ink, linewidth=1.8, label=model)
    axes.set(yscale="log", xlabel="trials of the search", ylabel=VAL_LOSS)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_baselines(axes, floors)
    legend_above(figure, axes)
    return figure


def importance_figure(found: Findings) -> Picture:
    """How much each searched setting decides the loss."""
    rows = [
        (model, setting, weight)
        for model, weights in found.importances.items()
        for setting, weight in sorted(weights.items())
    ]
    caption = (
        "How much of what sets the complete trials' val losses (log10) apart each setting that was searched accounts "
        "for, by Optuna's functional ANOVA. Few trials make it a rough guide."
    )
    table = Table(("model", "setting", "importance"), rows)
    return Picture("importances", "Which settings decide the loss", caption, table, draw_importances)


def draw_importances(table: Table) -> Figure:
    """A group of bars a setting, a bar a model type."""
    models = by_model(table)
    settings = sorted({str(row[1]) for row in table.rows}, reverse=True)
    figure = empty_figure(0.9 + 0.28 * len(models) * len(settings))
    axes, thick = figure.add_subplot(), 0.8 / len(models)
    for k, (model, of) in enumerate(models.items()):
        places = np.array([settings.index(name) for name in of["setting"]])
        y = places + 0.4 - thick * (k + 0.5)
        bars = axes.barh(y, floats(of["importance"]), 0.9 * thick, color=colour(model), label=model)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8, color=INK)
    axes.set_yticks(range(len(settings)), settings)
    axes.set(xlim=(0, 1.1), xlabel="importance (together 1)")
    figure.legend(loc="outside upper right", ncols=len(models))
    return figure
