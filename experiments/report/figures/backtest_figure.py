"""Figure of a backtest: errors by number of rows ahead."""

from __future__ import annotations

from functools import partial

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.report.backtest_table import AHEAD, ErrorTable
from experiments.report.figures.canvas import FAINT, INK, draw_legend, model_marker, single_axes
from experiments.report.figures.picture import Picture, group_by_model, to_floats
from experiments.report.table import Table
from linrnn.models import MODELS
from tracking.model_colors import model_color

CAPTION = (
    "Root mean square error on the test part, in the data's own unit, by the number of rows ahead. Networks read their "
    "own predictions beyond their horizon; baselines are fitted for each number of rows ahead."
)


def backtest_figure(errors: ErrorTable, column: str) -> Picture:
    """Return the figure of a backtest."""
    return Picture("backtest", "Errors by rows ahead", CAPTION, errors.numbers(), partial(draw_backtest, column))


def draw_backtest(column: str, table: Table) -> Figure:
    """Draw a line for each predictor: baselines dashed and dotted, networks in the color of their model type."""
    figure, axes = single_axes()
    styles = iter(((INK, ":"), (FAINT, "--")))
    for name, columns in group_by_model(table).items():
        ahead, rmse = to_floats(columns["ahead"]), to_floats(columns["rmse"])
        if name in MODELS:
            axes.plot(ahead, rmse, marker=model_marker(name), markersize=3.5, color=model_color(name), label=name)
        else:
            color, style = next(styles)
            axes.plot(ahead, rmse, style, color=color, linewidth=1.1, label=name)
    axes.set(xlabel=AHEAD, ylabel=f"RMSE of {column}")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    draw_legend(figure, axes)
    return figure
