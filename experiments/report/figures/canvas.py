"""What all figures share: sizes, the colour of each model type, axes, floors as lines, and files."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from linrnn.baseline.baselines import Baselines
from linrnn.models import MODELS

# told apart by the colour-blind too (Wong 2011; the last two Tol 2021), one a model type in the table's order
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933")
MARKERS = "osD^vP*X"
INK, FAINT = "#1b1b1e", "#7a7a80"  # lines and words; read on white and on black
LOSS = "loss (1: the best constant)"
HUGE = 1e30  # a loss from here on is drawn as if it were infinite
MANY = 30  # a range of more than so many times is told in powers of 10
NOTHING = 1e-12  # stands for a loss of 0 on a logarithmic axis
FAR = 10  # times what is drawn, where a floor is only named
WIDTH = 4.8  # inches: a column of print; on a phone, words keep their size
PRINT = 200  # dots an inch
STYLE: Any = {
    "font.size": 9,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def colour(model: str) -> str:
    """The colour of a model type, the same in every figure."""
    return PALETTE[place(model) % len(PALETTE)]


def marker(model: str) -> str:
    """The mark of a model type, the same in every figure."""
    return MARKERS[place(model) % len(MARKERS)]


def place(model: str) -> int:
    """Where a model type is in the table."""
    return list(MODELS).index(model)


def empty_figure(height: float = 3.2) -> Figure:
    """An empty figure of the usual width, laid out by itself."""
    figure = Figure(figsize=(WIDTH, height), dpi=PRINT, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def single_axes() -> tuple[Figure, Axes]:
    """The same with one pair of axes."""
    figure = empty_figure()
    return figure, figure.add_subplot()


def apply_layout(figure: Figure) -> Figure:
    """The figure with its parts where the layout puts them, once for all its files."""
    engine = figure.get_layout_engine()
    if engine:
        engine.execute(figure)
    figure.set_layout_engine("none")
    return figure


def legend_above(figure: Figure, axes: Axes) -> None:
    """The legend of some axes, above them, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=len(labels))


def png(figure: Figure) -> bytes:
    """The figure as a file, on white."""
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(buffer)  # savefig would draw everything twice
    return buffer.getvalue()


def svg(figure: Figure, name: str) -> str:
    """The figure as a part of a page, in the page's own ink on its ground; `name` sets its ids apart from others'."""
    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    figure.patch.set_visible(True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)


def plain_ticks(axis: Axis, low: float, high: float) -> None:
    """Ticks of a logarithmic axis as plain numbers, where it has few powers of 10."""
    if high > MANY * low:
        return
    axis.set_major_locator(MaxNLocator(4) if high < 3 * low else LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def loss_range(*losses: NDArray[np.float64]) -> tuple[float, float] | None:
    """The least and the largest of some losses that can be drawn; None where there is none."""
    found = drawable(np.concatenate([np.ravel(each) for each in losses]))
    found = found[np.isfinite(found)]
    return (float(found.min()), float(found.max())) if len(found) else None


def drawable(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Losses as a logarithmic axis holds them: nan where they are not finite, or as good as that."""
    return np.where(np.isfinite(losses) & (losses < HUGE), np.maximum(losses, NOTHING), np.nan)


def draw_baselines(axes: Axes, floors: Baselines) -> None:
    """The floors as lines with their names, over all else; of those far from it, only their names. Then the ticks."""
    low, high = axes.get_ylim()
    low, high = low / FAR, high * FAR
    lines = merge_equal_losses(floors.lines)
    for loss, names in lines.items():
        if low <= loss <= high:
            axes.axhline(loss, color=FAINT, linewidth=0.9, linestyle="--", zorder=0)
            axes.annotate(f"floor: {names}", (0.01, loss), xycoords=("axes fraction", "data"), fontsize=7, va="bottom")
    far = {
        "below": [names for loss, names in lines.items() if loss < low],
        "above": [names for loss, names in lines.items() if loss > high],
    }
    words = "; ".join(f"floors far {where}: {', '.join(names)}" for where, names in far.items() if names)
    plain_ticks(axes.yaxis, *axes.get_ylim())
    axes.annotate(words, (0.99, 0.01), xycoords="axes fraction", fontsize=7, va="bottom", ha="right")


def merge_equal_losses(losses: Mapping[str, float]) -> dict[float, str]:
    """Loss -> names of those that are as good as equal."""
    named: dict[float, str] = {}
    for name, loss in losses.items():
        near = next((other for other in named if abs(np.log10(max(loss, NOTHING) / max(other, NOTHING))) < 0.02), None)
        if near is None:
            named[loss] = name
        else:
            named[near] += f", {name}"
    return named
