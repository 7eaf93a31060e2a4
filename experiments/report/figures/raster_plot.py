"""A plot as pixels: lines drawn by matplotlib's renderer, text by Pillow.

matplotlib's Axes draw the same in six times as long, most of it for text, letter by letter; each trial has a figure.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import findfont
from matplotlib.path import Path
from matplotlib.ticker import LogLocator, MaxNLocator
from matplotlib.transforms import Bbox, IdentityTransform
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFont

from experiments.report.figures.canvas import COMPRESSION, INK, PLAIN_RANGE, power_text

DPI = 80
SIZE = 512, 320  # pixels: 6.4 by 4 inches
POINT = DPI / 72  # pixels
FRAME_WIDTH, TICK_LENGTH, TICK_GAP = 0.8, 3.5, 3.5  # points
TEXT, SMALL_TEXT = 10.0, 7.5  # points
BACKGROUND: Any = (1.0, 1.0, 1.0)


class Span(NamedTuple):
    """Limits of an axis in the units of the data, or of its place in a figure in parts of that."""

    low: float
    high: float

    def place(self, values: ArrayLike) -> Any:
        """Where values lie between the limits, from 0 to 1."""
        return (np.asarray(values, float) - self.low) / (self.high - self.low)


class RasterPlot:
    """Lines over a linear and a logarithmic axis in a frame.

    Parameters
    ----------
    width, height : Span
        Place of the frame in the figure, in parts of the figure's width and height.
    epochs : Span
        Limits of the linear axis.
    losses : Span
        Limits of the logarithmic axis.
    """

    def __init__(self, width: Span, height: Span, epochs: Span, losses: Span) -> None:
        untyped: Any = RendererAgg
        self.renderer = untyped(*SIZE, DPI)
        self.width, self.height = (
            Span(span.low * side, span.high * side) for span, side in zip((width, height), SIZE, strict=True)
        )
        self.epochs, self.losses = epochs, losses
        self.texts: list[tuple[float, float, str, float, str]] = []
        self.fill(0, SIZE[0], 0, SIZE[1])

    def fill(self, left: float, right: float, bottom: float, top: float) -> None:
        """Fill a rectangle with the background."""
        corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        style = self.renderer.new_gc()
        style.set_linewidth(0)
        self.renderer.draw_path(style, Path(corners), IdentityTransform(), BACKGROUND)

    def to_pixels(self, epochs: ArrayLike, losses: ArrayLike) -> Any:
        """Pixels (N, 2) of points; nan where a loss is nan."""
        logarithms = Span(*np.log10(self.losses)).place(np.log10(losses))
        places = self.epochs.place(epochs), logarithms
        lengths = (
            span.low + place * (span.high - span.low)
            for span, place in zip((self.width, self.height), places, strict=True)
        )
        return np.column_stack(np.broadcast_arrays(*lengths))

    def stroke(
        self,
        pixels: Any,
        color: str,
        width: float,
        alpha: float = 1.0,
        dashes: Iterable[float] = (),
        clip: bool = False,
    ) -> None:
        """Draw a line of a width in points through pixels, with gaps at nan; dashes in widths of the line."""
        style, lengths = self.renderer.new_gc(), [each * width * POINT for each in dashes]
        style.set_foreground(color)
        style.set_alpha(alpha)
        style.set_linewidth(width * POINT)
        style.set_capstyle("butt" if lengths else "projecting")
        style.set_joinstyle("round")
        if lengths:
            style.set_dashes(0, lengths)
        if clip:
            style.set_clip_rectangle(Bbox([*zip(self.width, self.height, strict=True)]))
        self.renderer.draw_path(style, Path(pixels), IdentityTransform(), None)

    def draw_curve(
        self, epochs: ArrayLike, losses: ArrayLike, color: str, width: float, alpha: float = 1.0, dashes: Any = ()
    ) -> None:
        """Draw losses by epoch, as far as they lie in the frame."""
        self.stroke(self.to_pixels(epochs, losses), color, width, alpha, dashes, clip=True)

    def write(self, x: float, y: float, text: str, size: float = TEXT, anchor: str = "lm") -> None:
        """Write a text at a pixel; the anchor is Pillow's, and `up` writes it upwards, centered."""
        self.texts.append((x, y, text, size, anchor))

    def draw_frame(self, x_label: str, y_label: str) -> None:
        """Draw the frame, ticks with their labels, and the names of the axes."""
        (left, right), (bottom, top) = self.width, self.height
        tick, gap = TICK_LENGTH * POINT, (TICK_LENGTH + TICK_GAP) * POINT
        corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        self.stroke(np.round(corners), INK, FRAME_WIDTH)
        epochs, losses = epoch_ticks(self.epochs), loss_ticks(self.losses)
        for x, _ in self.to_pixels(epochs, self.losses.low):
            self.stroke(np.round([(x, bottom), (x, bottom - tick)]), INK, FRAME_WIDTH)
        for _, y in self.to_pixels(self.epochs.low, losses):
            self.stroke(np.round([(left, y), (left - tick, y)]), INK, FRAME_WIDTH)
        for epoch, (x, _) in zip(epochs, self.to_pixels(epochs, self.losses.low), strict=True):
            self.write(x, bottom - gap, f"{epoch:.0f}", anchor="ma")
        for loss, (_, y) in zip(losses, self.to_pixels(self.epochs.low, losses), strict=True):
            self.write(left - gap, y, loss_text(loss, self.losses), anchor="rm")
        self.write((left + right) / 2, bottom - 0.09 * (top - bottom), x_label, anchor="ma")
        self.write(left - 0.115 * (right - left), (bottom + top) / 2, y_label, anchor="up")

    def png(self) -> bytes:
        """Render all as PNG."""
        pixels = np.asarray(self.renderer.buffer_rgba())
        image = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
        draw = ImageDraw.Draw(image)
        for x, y, text, size, anchor in self.texts:
            if anchor == "up":
                write_upwards(image, x, SIZE[1] - y, text, size)
            else:
                draw.text((x, SIZE[1] - y), text, fill=INK, font=font(size), anchor=anchor)
        buffer = io.BytesIO()
        image.save(buffer, "png", compress_level=COMPRESSION)
        return buffer.getvalue()


def write_upwards(image: Image.Image, x: float, y: float, text: str, size: float) -> None:
    """Write a text upwards; its center is at (0, y), and its right side at x."""
    left, top, right, bottom = (round(edge) for edge in font(size).getbbox(text))
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=font(size))
    mask = mask.transpose(Image.Transpose.ROTATE_90)
    image.paste(INK, (round(x) - mask.width, round(y - mask.height / 2)), mask)


@lru_cache
def font(size: float) -> ImageFont.FreeTypeFont:
    """matplotlib's own font at a size in points."""
    return ImageFont.truetype(findfont("DejaVu Sans"), size * POINT, layout_engine=ImageFont.Layout.BASIC)


def epoch_ticks(limits: Span) -> list[float]:
    """At most five whole numbers between the limits."""
    return crop(MaxNLocator(4, steps=(1, 2, 2.5, 5, 10), integer=True).tick_values(*limits), limits)


def loss_ticks(limits: Span) -> list[float]:
    """Powers of 10 between the limits; plain numbers where those span few."""
    if limits.high > PLAIN_RANGE * limits.low:
        return crop(LogLocator(numticks=7).tick_values(*limits), limits)
    locator = MaxNLocator(4) if limits.high < 3 * limits.low else LogLocator(subs=(1, 2, 5), numticks=9)
    return crop(locator.tick_values(*limits), limits)


def loss_text(loss: float, limits: Span) -> str:
    """A tick of the logarithmic axis in words."""
    return power_text(loss) if limits.high > PLAIN_RANGE * limits.low else f"{loss:g}"


def crop(values: ArrayLike, limits: Span) -> list[float]:
    """The values between the limits."""
    return [float(value) for value in np.asarray(values) if limits.low <= value <= limits.high]
