"""Figure of the test loss of each step of a forecast of several steps."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report.figures.canvas import LOSS, draw_legend, drawable, model_marker, single_axes
from experiments.report.figures.picture import Picture, group_by_model, to_floats
from experiments.report.figures.reference_lines import draw_references
from experiments.report.summary import SweepSummary
from experiments.report.sweep_record import SweepRecord
from experiments.report.table import Table
from linrnn.baseline.baselines import Baselines
from linrnn.tasks.series import Series
from tracking.model_colors import model_color

CAPTION = (
    "The loss on the test split of each row that is predicted at once, by how many rows it is ahead: of the median "
    "replica of each confirmation, whose test loss is the mean over all of them. Dashed lines: baselines and bounds, "
    "which are recorded as means over all steps alone."
)
MOST_MARKERS = 30  # of a line


def step_figure(record: SweepRecord, summary: SweepSummary) -> Picture:
    """Return the figure of the loss by step; without rows where the task predicts one."""
    task = record.config.bases[0].task
    rows: list[tuple[object, ...]] = []
    if isinstance(task, Series) and task.steps > 1:
        for each in summary.confirmations:
            losses = np.reshape(each.output_losses, (task.steps, -1)) if each.output_losses else np.empty((0, 1))
            rows += [(each.model, task.horizon + k, loss) for k, loss in enumerate(losses.mean(axis=1).tolist())]
    baselines = summary.baselines
    table = Table(("model", "rows_ahead", "test_loss"), rows)
    return Picture("steps", "Test loss by step", CAPTION, table, lambda table: draw_steps(table, baselines))


def draw_steps(table: Table, baselines: Baselines) -> Figure:
    """Draw a line for each model type."""
    figure, axes = single_axes()
    axes.set(yscale="log", xlabel="rows ahead", ylabel=f"test {LOSS}")
    for model, columns in group_by_model(table).items():
        steps, losses = to_floats(columns["rows_ahead"]), drawable(to_floats(columns["test_loss"]))
        marker = model_marker(model) if len(steps) <= MOST_MARKERS else ""
        axes.plot(steps, losses, marker=marker, color=model_color(model), markersize=3.5, linewidth=1.6, label=model)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_references(axes, baselines)
    draw_legend(figure, axes)
    return figure
