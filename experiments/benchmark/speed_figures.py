"""The figures of the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from experiments.benchmark.grid import JAX, LINRNN, LOOP, TORCH_RNN, Cell
from experiments.benchmark.growth import BASE
from experiments.benchmark.shapes import Shape
from experiments.benchmark.targets import Grid
from linrnn.models import DEFAULT_MODELS

COLORS = {LINRNN: "#0072B2", TORCH_RNN: "#E69F00", JAX: "#009E73", LOOP: "#555555"}  # Wong 2011
MARKERS = {LINRNN: "o", TORCH_RNN: "s", JAX: "^"}
STYLES = {"linear": "-", "tanh": "--"}


def speed_ups(cells: Sequence[Cell], path: Path) -> None:
    """Draw the speed relative to the per-step loop: a panel per model type, a row per shape."""
    grid = Grid(cells)
    shapes = [shape for shape in grid.shapes if shape.model in DEFAULT_MODELS]
    models = list(dict.fromkeys(shape.model for shape in shapes))
    rows = sorted({shape._replace(model="") for shape in shapes}, reverse=True)
    figure = Figure(figsize=(10, 1.5 + 0.24 * len(rows)), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(models), sharex=True, sharey=True, squeeze=False)[0]
    for panel, model in zip(panels, models, strict=True):
        for side, marker in MARKERS.items():
            values = [grid.speed_up(side, row._replace(model=model)) for row in rows]
            finite = [(value, place) for place, value in enumerate(values) if value is not None]
            if finite:
                panel.plot(*zip(*finite, strict=True), marker, color=COLORS[side], markersize=7, label=side)
        panel.axvline(1, color=COLORS[LOOP], linewidth=1)
        panel.grid(True, alpha=0.3)
        panel.set(xscale="log", title=model, xlabel="speed, the per-step loop = 1")
    panels[0].set_yticks(range(len(rows)), [label(row) for row in rows], fontsize=8)
    panels[-1].legend(loc="lower right")
    figure.savefig(path)


def label(row: Shape) -> str:
    """Return the label of a shape without its model type."""
    return f"T={row.T}  B={row.B}  H={row.H}  S={row.S}"


def scaling(curves: Mapping[str, Sequence[Cell]], path: Path) -> None:
    """Draw the time of a step per replica against each size, on logarithmic axes."""
    figure = Figure(figsize=(10, 7.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    for panel, (axis, cells) in zip(figure.subplots(2, 2, sharey=True).flat, curves.items(), strict=True):
        for side, model in dict.fromkeys((cell.side, cell.shape.model) for cell in cells):
            line = [cell for cell in cells if (cell.side, cell.shape.model) == (side, model)]
            x, y = [getattr(cell.shape, axis) for cell in line], [cell.share.median for cell in line]
            name = f"{'per-step loop' if side == LOOP else side}, {model}"
            panel.plot(x, y, STYLES[model], marker=".", color=COLORS[side], label=name)
        others = ", ".join(f"{name}={size}" for name, size in other_sizes(axis).items())
        panel.set(xscale="log", yscale="log", xlabel=f"{axis}   ({others})", ylabel="ms a step and replica")
        panel.grid(True, which="major", alpha=0.3)
    panel.legend()
    figure.savefig(path)


def other_sizes(axis: str) -> dict[str, int]:
    """Return the label of the constant sizes."""
    return {name: size for name, size in BASE.items() if name != axis}
