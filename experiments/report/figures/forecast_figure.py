"""Figure of a forecast: the last known values, the median, and its intervals."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import INK, draw_legend, single_axes
from experiments.report.figures.picture import Picture, to_columns, to_floats
from experiments.report.forecast_table import level_text
from experiments.report.table import Table
from linrnn.analysis.conformal import LEVELS
from linrnn.analysis.series_forecast import SeriesForecast
from linrnn.data.sequences import Array
from tracking.model_colors import model_color

MOST_LABELS = 5  # on the axis of rows
CAPTION = (
    "The last known values, the median of the networks' forecasts, and intervals that hold the value with the "
    "probabilities stated."
)


def forecast_figure(
    result: SeriesForecast, rows: Sequence[str], recent: Array, recent_rows: Sequence[str], model: str, column: str
) -> Picture:
    """Return the figure of the forecast of the first sequence, after its last known values `(time,)`."""
    ends = [f"{end}_{100 * level:g}" for level in LEVELS for end in ("low", "high")]
    known = [(row, float(value), *[None] * (1 + len(ends))) for row, value in zip(recent_rows, recent, strict=True)]
    later = [
        (
            rows[k],
            None,
            float(result.median[0, k]),
            *(float(end[0, k]) for each in result.intervals for end in (each.low, each.high)),
        )
        for k in range(result.steps)
    ]
    table = Table(("row", "value", "median", *ends), [*known, *later])
    return Picture("forecast", f"Forecast of {column}", CAPTION, table, partial(draw_forecast, model, column))


def draw_forecast(model: str, column: str, table: Table) -> Figure:
    """Draw the figure."""
    figure, axes = single_axes()
    columns = to_columns(table, list(table.rows))
    value, median = to_floats(columns["value"]), to_floats(columns["median"])
    start = int(np.argmax(np.isfinite(median)))
    steps, color = np.arange(len(median)), model_color(model)
    for level, alpha in zip(reversed(LEVELS), (0.18, 0.3), strict=True):
        low, high = (join_last(to_floats(columns[f"{end}_{100 * level:g}"]), value, start) for end in ("low", "high"))
        axes.fill_between(steps, low, high, color=color, alpha=alpha, linewidth=0, label=level_text(level))
    axes.plot(steps, value, color=INK, linewidth=1.2, label=column)
    axes.plot(steps, join_last(median, value, start), ".-", color=color, linewidth=1.4, markersize=4, label=model)
    label_rows(axes, columns["row"].tolist())
    axes.set_ylabel(column)
    draw_legend(figure, axes)
    return figure


def join_last(later: NDArray[np.float64], value: NDArray[np.float64], start: int) -> NDArray[np.float64]:
    """Return later values with the last known one before them, so that a line has no gap."""
    joint = later.copy()
    if start and np.isfinite(value[start - 1]):
        joint[start - 1] = value[start - 1]
    return joint


def label_rows(axes: Axes, rows: Sequence[str]) -> None:
    """Write some of the rows' names on the axis."""
    positions = np.unique(np.linspace(0, len(rows) - 1, min(MOST_LABELS, len(rows))).round().astype(int))
    axes.set_xticks(positions, [rows[k] for k in positions.tolist()], fontsize=8)
    axes.set_xlim(-0.5, len(rows) - 0.5)
