"""Comparison at equal size, and tables of many model types in 80 columns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from experiments.cli.terminal_table import WIDTH, plain_table, split_columns
from experiments.report.size_comparison import (
    HIDDEN_SIZE,
    PARAMETERS,
    compare_sizes,
    round_sizes,
    size_table,
    sizes_json,
)
from tests.experiments.report.records import build_record

RECORD = build_record()


@pytest.mark.parametrize("measure", [PARAMETERS, HIDDEN_SIZE])
def test_the_best_trial_of_at_most_a_size(measure: str) -> None:
    comparisons = compare_sizes(RECORD, measure)
    sizes = [each.size for each in comparisons]
    for comparison in comparisons:
        for model in RECORD.models:
            losses = []
            for trial in RECORD.study(model):
                h = int(trial.settings["model.hidden_size"])
                size = h * h + h + h + h + 1 if measure == PARAMETERS else h  # W, U, b, C, c: one input, one output
                losses.append(trial.objective if trial.outcome == "complete" and size <= comparison.size else math.inf)
            best = comparison.trials.get(model)
            assert (best.objective if best else math.inf) == min(losses)
    table = size_table(RECORD, measure)
    assert [row[0] for row in table.rows] == [str(size) for size in sizes]
    assert [each["at_most"] for each in sizes_json(RECORD, measure)["sizes"]] == sizes


def test_sizes_are_round_and_cover_all() -> None:
    assert round_sizes(11, 4225) == [20, 50, 100, 200, 500, 1000, 2000, 5000]
    assert round_sizes(2, 2) == [2]
    assert round_sizes(64, 64) == [100]


def test_many_columns_are_split_into_parts_that_fit() -> None:
    header = ["measure", *(f"type {k}" for k in range(8))]
    rows = [["a long name of a measure", *(f"{x:.3g} to {2 * x:.3g}" for x in np.linspace(0.1, 0.9, 8))]] * 3
    parts = split_columns(header, rows, WIDTH)
    assert [name for names, _ in parts for name in names[1:]] == header[1:]
    for names, cells in parts:
        lines = plain_table(names, cells).splitlines()
        assert (len(lines), max(map(len, lines)) <= WIDTH) == (4, True)  # none is wrapped
        assert {row[0] for row in cells} == {rows[0][0]}
    assert split_columns(header[:4], [row[:4] for row in rows], 20) == [(header[:4], [row[:4] for row in rows])]
