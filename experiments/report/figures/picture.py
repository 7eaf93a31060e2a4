"""A figure as a value: title, caption, numbers, and the function that draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.report.figures.canvas import STYLE, apply_layout, png, svg
from experiments.report.table import Table


@dataclass(frozen=True)
class Picture:
    """A figure as a value; the numbers that it draws are in its table, so that they can be published with it.

    Parameters
    ----------
    name : str
        Stem of the names of its files.
    title : str
        Title, above the figure in a report.
    caption : str
        How to read the figure.
    table : Table
        The numbers that it draws. A sweep's figure without rows is left out.
    draw : callable
        Function that draws the table and returns a matplotlib figure.
    """

    name: str
    title: str
    caption: str
    table: Table
    draw: Callable[[Table], Figure]

    @cached_property
    def figure(self) -> Figure:
        """The matplotlib figure, drawn at first use."""
        with rc_context(STYLE):
            return apply_layout(self.draw(self.table))

    def png(self) -> bytes:
        """Render the figure as PNG, on white."""
        return png(self.figure)

    def svg(self) -> str:
        """Render the figure as SVG, for a page."""
        return svg(self.figure, self.name)


Columns = dict[str, NDArray[np.object_]]


def group_by_model(table: Table) -> dict[str, Columns]:
    """Return the columns of each model type's rows; the first column of the table holds the model type."""
    models = dict.fromkeys(row[0] for row in table.rows)
    return {model: to_columns(table, [row for row in table.rows if row[0] == model]) for model in models}


def to_columns(table: Table, rows: list[tuple[object, ...]]) -> Columns:
    """Return the columns of some rows by name."""
    return {name: np.array([row[k] for row in rows], dtype=object) for k, name in enumerate(table.header)}


def to_floats(column: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return a column as numbers; nan where a cell is None."""
    return np.array([np.nan if cell is None else cell for cell in column], dtype=float)
