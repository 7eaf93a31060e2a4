"""A figure as a value: what it shows, the numbers behind it, and how they are drawn."""

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
    """A figure of a sweep; all that it draws is in its table."""

    name: str  # of its files
    title: str
    caption: str  # how to read it
    table: Table
    draw: Callable[[Table], Figure]

    @cached_property
    def figure(self) -> Figure:
        """The figure, drawn when it is first asked for."""
        with rc_context(STYLE):
            return apply_layout(self.draw(self.table))

    def png(self) -> bytes:
        """The figure as a file, on white."""
        return png(self.figure)

    def svg(self) -> str:
        """The figure as a part of a page."""
        return svg(self.figure, self.name)


Columns = dict[str, NDArray[np.object_]]


def by_model(table: Table) -> dict[str, Columns]:
    """Model type -> the columns of its rows, from a table whose first column tells the model type."""
    models = dict.fromkeys(row[0] for row in table.rows)
    return {model: columns(table, [row for row in table.rows if row[0] == model]) for model in models}


def columns(table: Table, rows: list[tuple[object, ...]]) -> Columns:
    """Name -> column of some rows."""
    return {name: np.array([row[k] for row in rows], dtype=object) for k, name in enumerate(table.header)}


def floats(column: NDArray[np.object_]) -> NDArray[np.float64]:
    """A column as numbers; nan for what is missing."""
    return np.array([np.nan if cell is None else cell for cell in column], dtype=float)
