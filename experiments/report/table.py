"""Tables as values, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple


class Table(NamedTuple):
    """Rows of cells under a header."""

    header: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def csv_text(table: Table) -> str:
    """Write a table as CSV: floats exact, missing values and nan empty."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(["" if cell is None or cell != cell else cell for cell in row] for row in table.rows)
    return buffer.getvalue()
