"""`python -m docs.figures` draws the figures of the documentation that show results, from the files in docs/results."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from docs.record import SYSTEMS
from docs.tables import DOCS, RESULTS, read_result
from experiments.calibration.power_figure import power_picture
from experiments.claims.catalog import CLAIMS
from experiments.report.figures.canvas import INK, LOSS, STYLE, model_marker
from experiments.report.figures.characterisation_figures import (
    draw_linearity,
    draw_memory,
    draw_poles,
    draw_responses,
)
from experiments.report.table import Table
from tracking.model_colors import model_color

DRAWINGS = {"poles": draw_poles, "responses": draw_responses, "memory": draw_memory, "linearity": draw_linearity}
LOWEST = 1e-6  # smaller losses are drawn there
SOURCE = "Source"  # key of the PNG's metadata that holds the digest of the results


def draw_suite(result: dict[str, Any]) -> Figure:
    """Draw the test losses of all tasks: baselines as strokes, medians of the networks as dots, verdicts."""
    rows = result["rows"]
    figure = Figure(figsize=(9, 0.32 * len(rows) + 1.3), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for place, (_, _, linear, nonlinear, *medians, _, verdict) in enumerate(rows):
        for loss, style, label in ((linear, "-", "linear baseline"), (nonlinear, ":", "nonlinear baseline")):
            x = max(loss, LOWEST)
            axes.plot([x, x], [place - 0.38, place + 0.38], style, color=INK, label=label if place == 0 else None)
        for model, loss in zip(("linear", "tanh"), medians, strict=True):
            y = place - 0.14 if model == "linear" else place + 0.14
            label = model if place == 0 else None
            axes.plot([loss], [y], model_marker(model), color=model_color(model), markersize=5, label=label)
        axes.annotate(verdict, (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=9)
    axes.set(xscale="log", xlim=(LOWEST / 2, 3), ylim=(len(rows) - 0.5, -0.6), xlabel=f"test {LOSS}")
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    return figure


def draw_calibration(result: dict[str, Any]) -> Figure:
    """Draw the verdicts of generated series by their true gain."""
    power = result["power"]
    return power_picture(Table(tuple(power["header"]), [tuple(row) for row in power["rows"]])).figure


def draw_system(result: dict[str, Any], name: str) -> Figure:
    """Draw a figure of a trained network as a dynamical system."""
    table = result["figures"][name]
    with rc_context(STYLE):
        return DRAWINGS[name](Table(tuple(table["header"]), [tuple(row) for row in table["rows"]]))


def draw_claim(result: dict[str, Any], letter: str) -> Figure:
    """Draw the figure of one claim."""
    claim = next(each for each in result["claims"] if each["id"] == letter)
    header, rows = claim["figure"].values()
    return CLAIMS[letter].picture(Table(tuple(header), [tuple(row) for row in rows])).figure


def digest_result(name: str) -> str:
    """Return the SHA-256 of a result's file."""
    return sha256((RESULTS / f"{name}.json").read_bytes()).hexdigest()


def write_figure(name: str, figure: Figure, folder: Path = DOCS / "images", part: str = "") -> None:
    """Write a figure, or a part of a result, with the digest of its numbers."""
    file = f"{name}-{part}.png" if part else f"{name}.png"
    figure.savefig(folder / file, metadata={SOURCE: digest_result(name)})


if __name__ == "__main__":
    write_figure("suite", draw_suite(read_result("suite")))
    write_figure("calibration", draw_calibration(read_result("calibration")))
    for system in SYSTEMS:
        content = read_result(system)
        for each in content.get("figures", ()):
            write_figure(system, draw_system(content, each), part=each)
    for letter in CLAIMS:
        write_figure("claims", draw_claim(read_result("claims"), letter), part=letter)
