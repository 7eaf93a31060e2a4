"""Baselines and bounds in a figure: dashed lines, with their names beside the axes, one above another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.axes import Axes

from experiments.report.figures.canvas import FAINT, SMALLEST, plain_ticks
from experiments.report.reference_losses import losses_by_label
from linrnn.baseline.baselines import Baselines

MARGIN = 10  # factor beyond the limits of an axis within which a baseline or bound has a line
FONT_SIZE = 7.5  # points
LINE_HEIGHT = 1.4 * FONT_SIZE  # points from one label to the next
LABEL_POSITION = 1.06  # in widths of the axes
AXES_SHARE = 0.7  # of the height of a figure: the least that its axes have


def draw_references(axes: Axes, baselines: Baselines) -> None:
    """Draw baselines and bounds as lines, and their names and losses at the right of some logarithmic axes.

    Those that are far outside the limits have no line, and an arrow before their name. Call it after everything else
    is drawn; it sets limits and ticks.
    """
    references = sorted(losses_by_label(baselines).items(), key=lambda reference: reference[1])
    low, high = axes.get_ylim()
    for _, loss in references:
        if low / MARGIN <= loss <= high * MARGIN:
            axes.axhline(loss, color=FAINT, linewidth=0.9, linestyle="--", zorder=0)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high)
    plain_ticks(axes.yaxis, low, high)
    heights = [float(np.log(max(loss, SMALLEST) / low) / np.log(high / low)) for _, loss in references]
    figure = axes.get_figure(root=True)
    assert figure
    gap = LINE_HEIGHT / (72 * AXES_SHARE * figure.get_figheight())
    leaders: list[tuple[float, float]] = []
    for (label, loss), height, position in zip(references, heights, separate(heights, gap), strict=True):
        arrow = "↓ " if height < 0 else "↑ " if height > 1 else ""
        text = f"{arrow}{label} {loss:.3g}"
        axes.text(LABEL_POSITION, position, text, transform=axes.transAxes, fontsize=FONT_SIZE, va="center")
        leaders += [] if arrow else [(1, height), (LABEL_POSITION - 0.01, position), (np.nan, np.nan)]
    if leaders:  # all as one line with gaps, which is faster to draw
        axes.plot(*zip(*leaders, strict=True), color=FAINT, linewidth=0.6, transform=axes.transAxes, clip_on=False)


def separate(heights: Iterable[float], gap: float) -> list[float]:
    """Move ascending heights apart, so that they are between 0 and 1, and neighbors at least `gap` apart.

    Where they do not fit between 0 and 1, the lowest ones are below 0.
    """
    positions: list[float] = []
    for height in heights:
        positions.append(max([min(max(height, 0.0), 1.0), *(each + gap for each in positions[-1:])]))
    ceiling = 1.0
    for k in reversed(range(len(positions))):
        positions[k] = min(positions[k], ceiling)
        ceiling = positions[k] - gap
    return positions
