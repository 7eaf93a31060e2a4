"""Tables as values, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

FORMULA = ("=", "+", "-", "@")  # first characters of what spreadsheets compute


class Table(NamedTuple):
    """Rows of cells under a header."""

    header: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def csv_text(table: Table) -> str:
    """Write a table as CSV: floats exact, missing values and nan empty, and no text that a spreadsheet computes."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(csv_cell, table.header))
    writer.writerows(map(csv_cell, row) for row in table.rows)
    return buffer.getvalue()


def csv_cell(cell: Any) -> Any:
    """Return a cell as it is written; an apostrophe makes a text of what spreadsheets take for a formula."""
    if cell is None or cell != cell:
        return ""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r", " ")  # which would end the row
    return f"'{text}" if text.strip().startswith(FORMULA) and len(text) > 1 else text
