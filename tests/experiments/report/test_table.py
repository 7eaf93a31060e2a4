"""Tables as CSV."""

from __future__ import annotations

import csv
import io

import pytest

from experiments.report.table import Table, csv_text


@pytest.mark.parametrize("text", ["=1+1.csv", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    header, row = csv.reader(io.StringIO(csv_text(Table(("task", text), [(text, -1.5)])), newline=""))
    shown = text.replace("\r", " ")
    assert header == ["task", f"'{shown}"]
    assert row == [f"'{shown}", "-1.5"]


def test_numbers_and_missing_values_are_written_as_before() -> None:
    table = Table(("a", "b"), [(-1e-300, None), (float("nan"), "-"), ("plain", float("-inf"))])
    assert csv_text(table) == "a,b\n-1e-300,\n,-\nplain,-inf\n"
