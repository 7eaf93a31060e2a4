"""Figures of a sweep's studies: trials in the search space, best loss by budget, importance of the settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    draw_legend,
    drawable,
    empty_figure,
    loss_range,
    model_marker,
    plain_ticks,
    single_axes,
)
from experiments.report.figures.picture import Columns, Picture, group_by_model, to_floats
from experiments.report.figures.reference_lines import draw_references
from experiments.report.sweep_record import SearchTrial, SweepRecord
from experiments.report.table import Table
from experiments.search.optuna_adapter import apply_params, importances
from experiments.search.search_space import setting_label, short_names
from linrnn.baseline.baselines import Baselines
from linrnn.config.settings import Choice
from linrnn.training.result import TrialSummary
from tracking.model_colors import model_color

MARKS = {"complete": ("o", 46), "pruned": ("v", 24), "diverged": ("x", 34), "failed": ("+", 40)}  # marker, size
MOST_TICKS = 6  # of a setting that has few values
VAL_LOSS = "objective: val loss (1: best constant)"
OBJECTIVE_COLUMN = "objective"


def search_figure(record: SweepRecord) -> Picture:
    """Return the figure of every trial by the first two settings that were searched, or by the only one."""
    best = {trial.run_id for model in record.models if (trial := record.best_trial(model))}
    names = short_names(dict.fromkeys(name for trial in record.trials for name in trial.settings))
    numeric = [
        {name for name, each in space.items() if not isinstance(each, Choice)} for space in record.spaces.values()
    ]
    axes = [short for name, short in names.items() if all(name in space for space in numeric)][:2]
    rows = [
        (
            trial.model,
            trial.number,
            trial.run_id,
            trial.outcome,
            *(trial.settings.get(name) for name in names),
            finite_loss(trial.objective),
            trial.seconds,
            "yes" if trial.run_id in best else "",
        )
        for trial in (record.trials if axes else ())
    ]
    header = ("model", "trial", "run_id", "outcome", *names.values(), OBJECTIVE_COLUMN, "seconds", "best")
    caption = (
        "Each mark is a trial of the search, at the settings that it tried: dark ones have a low loss on the "
        f"validation split (the {record.objective_name} over replicas of the lowest one), and the best of each "
        "model type has a ring. Triangles were stopped early, as they were worse than the others; crosses diverged."
    )
    title = f"Loss over {' and '.join(map(setting_label, axes))}"
    return Picture("search", title, caption, Table(header, rows), lambda table: draw_search(table, axes))


def finite_loss(loss: float) -> float | None:
    """Return a loss; None if it is not finite."""
    return loss if math.isfinite(loss) else None


def draw_search(table: Table, settings: Sequence[str]) -> Figure:
    """Draw a panel for each model type, two in a row; the second axis is the loss if one setting was searched."""
    models = group_by_model(table)
    vertical, horizontal = (*settings, OBJECTIVE_COLUMN)[:2]
    if len(settings) == 1:
        vertical, horizontal = horizontal, vertical
    width = min(2, len(models))
    height = -(-len(models) // width)
    figure = empty_figure(0.8 + 2.2 * height)
    panels = figure.subplots(height, width, sharex=True, sharey=True, squeeze=False)
    limits = loss_range(*(to_floats(columns[OBJECTIVE_COLUMN]) for columns in models.values()))
    low, high = limits or (1.0, 1.0)
    colors = ScalarMappable(LogNorm(low, max(high, 1.01 * low), clip=True), "cividis")
    for axes, (model, columns) in zip(panels.flat, models.items(), strict=False):
        draw_trials(axes, columns, horizontal, vertical, colors)
        axes.set_title(model, loc="left", color=model_color(model), fontweight="bold")
    for axes in panels.flat[len(models) :]:
        axes.set_visible(False)
    set_search_axes(panels.flat[0], models, horizontal, vertical)
    figure.supxlabel(setting_label(horizontal), fontsize="medium")
    figure.supylabel(setting_label(vertical), fontsize="medium")
    marks = {label: mark for axes in panels.flat for mark, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    figure.legend(marks.values(), marks.keys(), loc="outside upper right", ncols=len(marks))
    if limits:
        bar = figure.colorbar(colors, ax=panels, label=VAL_LOSS, aspect=30)
        bar.outline.set_visible(False)
        plain_ticks(bar.ax.yaxis, low, high)
    return figure


def draw_trials(axes: Axes, columns: Columns, horizontal: str, vertical: str, colors: ScalarMappable) -> None:
    """Draw the trials of a model type, marked by outcome."""
    x, y, losses = (to_floats(columns[name]) for name in (horizontal, vertical, OBJECTIVE_COLUMN))
    for outcome, (marker, size) in MARKS.items():
        rows = columns["outcome"] == outcome
        if not rows.any():
            continue
        if outcome in ("complete", "pruned"):
            style: Any = {"color": colors.to_rgba(losses[rows]), "edgecolors": INK, "linewidths": 0.4}
        else:
            style = {"color": INK, "linewidths": 1.2}
        axes.scatter(x[rows], y[rows], size, marker=marker, label=outcome, **style)
    best = columns["best"] == "yes"
    if best.any():
        axes.scatter(x[best], y[best], 150, facecolors="none", edgecolors=INK, linewidths=1.4, label="best")


def set_search_axes(axes: Axes, models: Mapping[str, Columns], horizontal: str, vertical: str) -> None:
    """Set the logarithmic axes that all panels share."""
    axes.set(xscale="log", yscale="log")
    axes.margins(0.09)
    for axis, name in ((axes.xaxis, horizontal), (axes.yaxis, vertical)):
        cells = [cell for columns in models.values() for cell in columns[name]]
        if all(cell is None for cell in cells):
            axis.set_view_interval(0.1, 10.0, ignore=True)  # no trial has a finite loss
        elif all(isinstance(cell, int) for cell in cells):
            set_integer_ticks(axis, np.unique(np.array(cells, dtype=float)))
        else:
            plain_ticks(axis, *axis.get_view_interval())


def set_integer_ticks(axis: Any, values: NDArray[np.float64]) -> None:
    """Set powers of 2 as ticks, or some of the values where there are few powers of 2 among them."""
    powers = 2.0 ** np.arange(np.ceil(np.log2(values.min())), np.floor(np.log2(values.max())) + 1)
    ticks = list(values[:1])
    for value in values[1:]:
        if np.log(value / ticks[-1]) > np.log(values[-1] / values[0]) / MOST_TICKS:
            ticks.append(value)
    axis.set_major_locator(FixedLocator(list(powers) if len(powers) > 2 else ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def budget_figure(record: SweepRecord) -> Picture:
    """Return the figure of the best objective by number of trials."""
    rows = [row for model in record.models for row in budget_rows(model, record.study(model))]
    caption = (
        "What the search had found after a number of trials: the lowest loss on the validation split (the "
        f"{record.objective_name} over replicas). Small marks are the trials themselves. Where a line still falls at "
        "its end, more trials (--trials) may find a lower loss. Baselines and bounds are losses on the test split."
    )
    table = Table(("model", "trials", "outcome", OBJECTIVE_COLUMN, "best_objective", "seconds"), rows)
    baselines = record.baselines
    return Picture(
        "budget", "Best loss by number of trials", caption, table, lambda table: draw_budget(table, baselines)
    )


def budget_rows(model: str, trials: Sequence[SearchTrial]) -> list[tuple[object, ...]]:
    """Return the rows of one model type: losses and seconds of training up to each trial."""
    rows: list[tuple[object, ...]] = []
    best, seconds = math.inf, 0.0
    for count, trial in enumerate(trials, 1):
        seconds += trial.seconds
        best = min(best, trial.objective) if trial.outcome == "complete" else best
        rows.append((model, count, trial.outcome, finite_loss(trial.objective), finite_loss(best), seconds))
    return rows


def draw_budget(table: Table, baselines: Baselines) -> Figure:
    """Draw a line for each model type."""
    figure, axes = single_axes()
    for model, columns in group_by_model(table).items():
        trials, losses, best = (to_floats(columns[name]) for name in ("trials", OBJECTIVE_COLUMN, "best_objective"))
        color, marker = model_color(model), model_marker(model)
        axes.plot(trials, drawable(losses), marker, color=color, markersize=3.5, alpha=0.45, linewidth=0)
        axes.step(trials, drawable(best), where="post", color=color, linewidth=1.8, label=model)
    axes.set(yscale="log", xlabel="number of trials", ylabel=VAL_LOSS)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_references(axes, baselines)
    draw_legend(figure, axes)
    return figure


def setting_importances(record: SweepRecord) -> dict[str, dict[str, float]]:
    """Return the importance of each searched setting by model type; model types with too few trials have no entry."""
    weights = {}
    for base in record.config.bases:
        results = [
            TrialSummary(apply_params(base, trial.settings), trial.outcome, trial.objective, {}, 0.0, trial.seconds)
            for trial in record.study(base.model.name)
            if trial.outcome == "complete"
        ]
        weights[base.model.name] = importances(record.config.space(base), results)
    return {model: each for model, each in weights.items() if each}


def importance_figure(record: SweepRecord) -> Picture:
    """Return the figure of the importance of each searched setting."""
    rows = [
        (model, setting, weight)
        for model, weights in setting_importances(record).items()
        for setting, weight in sorted(weights.items())
    ]
    caption = (
        "How much each searched setting matters: the part of the variance of the complete trials' validation losses "
        "(log10) that it accounts for, by Optuna's functional ANOVA (Hutter, Hoos & Leyton-Brown 2014). With few "
        "trials it is a rough estimate."
    )
    table = Table(("model", "setting", "importance"), rows)
    return Picture("importances", "Importance of the settings", caption, table, draw_importances)


def draw_importances(table: Table) -> Figure:
    """Draw a group of bars for each setting, a bar for each model type."""
    models = group_by_model(table)
    settings = sorted({str(row[1]) for row in table.rows}, reverse=True)
    figure = empty_figure(0.9 + 0.28 * len(models) * len(settings))
    axes, thickness = figure.add_subplot(), 0.8 / len(models)
    for k, (model, columns) in enumerate(models.items()):
        groups = np.array([settings.index(name) for name in columns["setting"]])
        y = groups + 0.4 - thickness * (k + 0.5)
        bars = axes.barh(y, to_floats(columns["importance"]), 0.9 * thickness, color=model_color(model), label=model)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8, color=INK)
    axes.set_yticks(range(len(settings)), settings)
    axes.set(xlim=(0, 1.1), xlabel="importance (sum 1)")
    draw_legend(figure, axes)
    return figure
