"""Tables as values: what is shown of them, and the same as CSV."""

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
    """A table as CSV; floats exact, nothing for what is missing."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.header)
    writer.writerows(["" if cell is None or cell != cell else cell for cell in row] for row in table.rows)
    return buffer.getvalue()
