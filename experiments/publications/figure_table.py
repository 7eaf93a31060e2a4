"""Our figures beside the published ones, as a table and as a file of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from experiments.publications.literature_figures import LiteratureFigure
from experiments.publications.network_errors import ReplicaLosses
from linrnn.data.sequences import Sequences
from tracking.schema import Tag

COLUMNS = (
    "data",
    "error",
    "published, linear",
    "published, nonlinear",
    "least squares",
    "linear network",
    "tanh network",
    Tag.VERDICT.value,
)
MILLI = 1000  # of a volt


class FigureRow(NamedTuple):
    """Our errors on one test record beside the published ones; None or empty where they were not measured."""

    figure: LiteratureFigure
    least_squares: Mapping[str, float]  # by the name of the fit
    networks: Mapping[str, ReplicaLosses] = {}  # by model type
    verdict: str | None = None

    def cells(self) -> list[str | None]:
        """Return the texts of its row."""
        return [
            self.figure.data,
            self.figure.measure,
            name_errors(self.figure.linear, self.figure),
            name_errors(self.figure.nonlinear, self.figure),
            name_errors(self.least_squares, self.figure),
            *(self.network_text(model) for model in ("linear", "tanh")),
            self.verdict,
        ]

    def network_text(self, model: str) -> str | None:
        """Return the error of the median replica and, in parentheses, of the best on the validation split."""
        if model not in self.networks:
            return None
        median, best = (format_error(error, self.figure) for error in self.networks[model])
        return f"{median} ({best})"


def name_errors(errors: Mapping[str, float], figure: LiteratureFigure) -> str | None:
    """Return errors with their names; None without any."""
    return ", ".join(f"{name} {format_error(error, figure)}" for name, error in errors.items()) or None


def format_error(error: float, figure: LiteratureFigure) -> str:
    """Return an error with as many digits as the publication has."""
    return f"{error:.3f}" if figure.measure == "MSE" else f"{error:.2f}"


def to_error(loss: float, sequences: Sequences, figure: LiteratureFigure) -> float:
    """Return a normalized loss as the measure of a publication.

    The MSE is that of values standardized by the training part; the RMSE is in mV where the unit of the file is V.
    """
    mse = loss * sequences.scale
    return mse if figure.measure == "MSE" else MILLI * (sequences.unit or np.nan) * mse**0.5


def results_file(rows: Sequence[FigureRow]) -> bytes:
    """Return columns and rows as docs/results has them."""
    content: dict[str, Any] = {
        "columns": [{"name": name} for name in COLUMNS],
        "rows": [row.cells() for row in rows],
    }
    return (json.dumps(content, indent=1) + "\n").encode()
