"""What all figures share: sizes, the color of each model type, axes, files."""

from __future__ import annotations

import io
import re
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

from linrnn.models import MODELS

MARKERS = "osD^vP*X"
INK, FAINT = "#1b1b1e", "#7a7a80"  # lines and text; readable on white and on black
LOSS = "loss (1: best constant)"
LARGEST = 1e30  # larger losses are drawn as if they were infinite
PLAIN_RANGE = 30  # largest ratio of an axis' limits that has plain numbers as ticks instead of powers of 10
SMALLEST = 1e-12  # drawn in place of a loss of 0 on a logarithmic axis
WIDTH = 4.8  # inches: one column of print; text keeps its size on a phone
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEGEND_COLUMNS = 4  # entries side by side
LEGEND_LINE = 0.19  # inches between lines of entries
RESOLUTION = 200  # dots per inch
COMPRESSION = 1  # of PNG, from 0 to 9: a file is a tenth larger than at 6, in half the time
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


def model_marker(model: str) -> str:
    """Return the marker of a model type, the same in every figure."""
    return MARKERS[list(MODELS).index(model) % len(MARKERS)]


def empty_figure(height: float = 3.2) -> Figure:
    """Create an empty figure of the usual width with automatic layout."""
    figure = Figure(figsize=(WIDTH, height), dpi=RESOLUTION, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def single_axes() -> tuple[Figure, Axes]:
    """Create an empty figure with one pair of axes."""
    figure = empty_figure()
    return figure, figure.add_subplot()


def apply_layout(figure: Figure) -> Figure:
    """Apply the layout of a figure once, for all its files."""
    engine = figure.get_layout_engine()
    if engine:
        engine.execute(figure)
    figure.set_layout_engine("none")
    return figure


def draw_legend(figure: Figure, axes: Axes) -> None:
    """Place the legend of some axes above them, in rows of four."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=min(len(labels), LEGEND_COLUMNS))


def png(figure: Figure) -> bytes:
    """Render a figure as PNG, on white."""
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(buffer, pil_kwargs={"compress_level": COMPRESSION})  # savefig would draw the figure twice
    return buffer.getvalue()


def svg(figure: Figure, name: str) -> str:
    """Render a figure as SVG for a page, in the page's text color; `name` makes its ids unique in the page."""
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
    """Set plain numbers as ticks of a logarithmic axis that spans few powers of 10, and powers of 10 on others.

    Powers are text, as the layout of a formula takes a tenth of a figure's time.
    """
    if high > PLAIN_RANGE * low:
        axis.set_major_locator(LogLocator(numticks=7))
        axis.set_major_formatter(FuncFormatter(lambda value, _: power_text(value)))
        axis.set_minor_locator(NullLocator())
        return
    axis.set_major_locator(MaxNLocator(4) if high < 3 * low else LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def power_text(value: float) -> str:
    """Write a power of 10."""
    exponent = round(float(np.log10(value)))
    return f"10{str(exponent).translate(SUPERSCRIPTS)}"


def loss_range(*losses: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the smallest and the largest of the losses that can be drawn; None if there are none."""
    values = drawable(np.concatenate([np.ravel(each) for each in losses]))
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else None


def drawable(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return losses for a logarithmic axis: nan where not finite or too large, SMALLEST where 0."""
    return np.where(np.isfinite(losses) & (losses < LARGEST), np.maximum(losses, SMALLEST), np.nan)
