"""Figure of the best loss by number of parameters."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from experiments.report.figures.canvas import draw_legend, drawable, model_marker, single_axes
from experiments.report.figures.picture import Picture, group_by_model, to_floats
from experiments.report.figures.reference_lines import draw_references
from experiments.report.figures.search_figures import OBJECTIVE_COLUMN, VAL_LOSS, finite_loss
from experiments.report.size_comparison import PARAMETERS, measure_sizes
from experiments.report.sweep_record import SearchTrial, SweepRecord
from experiments.report.table import Table
from linrnn.baseline.baselines import Baselines
from tracking.model_colors import model_color


def size_figure(record: SweepRecord) -> Picture:
    """Return the figure of the best objective by number of parameters."""
    sizes = measure_sizes(record, PARAMETERS)
    rows: list[tuple[object, ...]] = []
    for model in record.models:
        best = math.inf
        for trial in sorted(record.study(model), key=lambda each: sizes[each.run_id]):
            best = min(best, rank_loss(trial))
            losses = (finite_loss(trial.objective), finite_loss(best))
            rows.append((model, trial.run_id, sizes[trial.run_id], trial.outcome, *losses))
    caption = (
        "The lowest objective of each model type by the number of parameters of one network: what a comparison at "
        "equal size tells, as far as the trials of the studies go; small marks are the trials. Trials with diverged "
        "replicas do not lower the line. Baselines and bounds are losses on the test split."
    )
    header = ("model", "run_id", "parameters", "outcome", OBJECTIVE_COLUMN, "best_objective")
    baselines = record.baselines
    return Picture(
        "parameters",
        "Best loss by number of parameters",
        caption,
        Table(header, rows if any(best is not None for *_, best in rows) else []),
        lambda table: draw_sizes(table, baselines),
    )


def rank_loss(trial: SearchTrial) -> float:
    """Return the objective of a trial; inf if it is not complete or a replica diverged."""
    return trial.objective if trial.outcome == "complete" and not trial.has_diverged else math.inf


def draw_sizes(table: Table, baselines: Baselines) -> Figure:
    """Draw a line for each model type."""
    figure, axes = single_axes()
    for model, columns in group_by_model(table).items():
        sizes, losses, best = (to_floats(columns[name]) for name in ("parameters", OBJECTIVE_COLUMN, "best_objective"))
        color, marker = model_color(model), model_marker(model)
        axes.plot(sizes, drawable(losses), marker, color=color, markersize=3.5, alpha=0.45, linewidth=0)
        axes.step(sizes, drawable(best), where="post", color=color, linewidth=1.8, label=model)
    axes.set(xscale="log", yscale="log", xlabel="parameters of a network", ylabel=VAL_LOSS)
    draw_references(axes, baselines)
    draw_legend(figure, axes)
    return figure
