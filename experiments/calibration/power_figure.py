"""The power curve: which verdicts series have, by their true gain and length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.calibration.rates import VERDICTS
from experiments.report.figures.canvas import FAINT, INK, empty_figure
from experiments.report.figures.picture import Picture
from experiments.report.table import Table

COLORS = dict(zip(VERDICTS, ("#D55E00", "#D9D9DE", "#9A9AA2", "#0072B2"), strict=True))
CAPTION = (
    "The share of each verdict. To the right: how much lower the squared error of the best predictor is than that of "
    "the best linear one. First bar: series that are linear, or noise. Above each bar: number of series."
)


def power_picture(table: Table) -> Picture:
    """Return the figure of a power table."""
    return Picture("calibration", "Verdicts by true gain", CAPTION, table, draw_power)


def draw_power(table: Table) -> Figure:
    """Draw stacked bars of the shares of the verdicts, a panel for each length."""
    lengths = list(dict.fromkeys(row[0] for row in table.rows))
    figure = empty_figure(0.4 + 1.35 * len(lengths))
    panels: list[Axes] = list(figure.subplots(len(lengths), 1, sharex=True, sharey=True, squeeze=False)[:, 0])
    for axes, rows in zip(panels, lengths, strict=True):
        draw_panel(axes, [row for row in table.rows if row[0] == rows])
        axes.set_title(f"{rows} rows", loc="left", fontsize=9, pad=12)
        axes.set(ylim=(0, 1), yticks=(0, 0.5, 1))
    bins = [row[1:3] for row in table.rows if row[0] == lengths[0]]
    panels[-1].set_xticks(range(len(bins)), [bin_label(*ends) for ends in bins])
    panels[-1].set_xlabel("true gain of the best predictor over the best linear one, %")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=7)
    return figure


def draw_panel(axes: Axes, rows: Sequence[tuple[Any, ...]]) -> None:
    """Draw the bars of one length, with the number of series above each."""
    bottoms = [0.0] * len(rows)
    for place, verdict in enumerate(VERDICTS, 4):
        heights = [row[place] / row[3] if row[3] else 0.0 for row in rows]
        axes.bar(range(len(rows)), heights, 0.8, bottoms, color=COLORS[verdict], label=verdict)
        bottoms = [low + height for low, height in zip(bottoms, heights, strict=True)]
    for place, row in enumerate(rows):
        axes.annotate(
            str(row[3]), (place, 1.03), ha="center", fontsize=7, color=INK if row[3] else FAINT, annotation_clip=False
        )


def bin_label(low: float, high: float) -> str:
    """Return the label of a range of true gains, in percent."""
    return "linear,\nnoise" if high == 0 else f"{100 * low:.0f} to {100 * high:.0f}"
