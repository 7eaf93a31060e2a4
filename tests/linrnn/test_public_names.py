"""The public names of linrnn, and its baselines as a notebook calls them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import linrnn
from linrnn.baseline.baselines import compute_baselines
from linrnn.errors import ConfigError
from linrnn.tasks.sine import Sine


def test_public_names_are_listed_and_there() -> None:
    assert {*linrnn.__all__} <= {*dir(linrnn)}
    assert all(getattr(linrnn, name) is not None for name in linrnn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'floors'"):
        _ = linrnn.floors  # type: ignore[attr-defined]


def test_a_task_is_named_or_is_a_value() -> None:
    assert linrnn.baselines("sine") == linrnn.baselines(Sine()) == compute_baselines(linrnn.TASKS["sine"]())
    with pytest.raises(ConfigError, match=r"did you mean .xor."):
        linrnn.baselines("xorr")


def test_the_table_has_the_known_baselines_and_bounds() -> None:
    baselines = linrnn.baselines(linrnn.TASKS["xor"](length=60, test_sequences=2))
    table = baselines.table()
    assert table.index.tolist() == ["naive", "linear", "analytic", "nonlinear", "noise"]
    assert table["kind"].tolist() == ["baseline", "baseline", "bound", "baseline", "bound"]
    assert table.loc["linear", "loss"] == baselines.linear
    assert linrnn.baselines(linrnn.TASKS["logistic"](length=60, test_sequences=2)).table().index.tolist() == [
        "naive",
        "linear",
        "nonlinear",
        "noise",
    ]


def test_the_figure_has_the_curve_and_a_line_for_each() -> None:
    baselines = linrnn.baselines(linrnn.TASKS["delay"](delay=5, length=60, test_sequences=2))  # whose linear loss is 0
    (axes,) = baselines.plot().axes
    curve, *lines = axes.get_lines()
    assert np.array_equal(curve.get_xdata(), [point.lags for point in baselines.curve])
    assert len(lines) == len(baselines.lines)
    assert all(np.min(line.get_ydata()) > 0 for line in (curve, *lines))


def test_the_import_of_linrnn_loads_no_library() -> None:
    check = "import sys, linrnn; print([m for m in ('torch', 'numpy', 'pandas', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True).stdout == "[]\n"
