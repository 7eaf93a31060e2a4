"""Missing cells of the columns that are read: interpolated, held, or a reason to split a series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linrnn.data.sequences import Array
from linrnn.data.text_table import Groups, TextTable
from linrnn.errors import DataError

WAYS = ("error", "interpolate", "hold", "split")
VERBS = {
    "interpolate": "is interpolated between its neighbors",
    "hold": "has the last value before it",
    "split": "is left out: there are sequences on both sides",
}


def fill_cells(values: Array, groups: Groups, how: str, table: TextTable, columns: Sequence[str]) -> Array:
    """Fill the missing values of each sequence.

    Parameters
    ----------
    values
        Values `(rows, columns)`, nan where one is missing.
    groups
        The rows of each sequence, in order of time.
    how
        `interpolate`: linearly between the values before and after, the later of which no forecast would have;
        `hold`: the last value before; `split`: they remain.
    table
        The table, for messages.
    columns
        Names of the columns.

    Raises
    ------
    DataError
        Where no value comes before, or none after one that is to be interpolated.
    """
    if how == "split" or not np.isnan(values).any():
        return values
    filled = values.copy()
    for rows in groups.values():
        for k, column in enumerate(columns):
            part = values[rows, k]
            present = np.flatnonzero(~np.isnan(part))
            first = present[0] if len(present) else len(part)
            last = present[-1] if len(present) else -1
            if first > 0 or (how == "interpolate" and last < len(part) - 1):
                row = table.lines[rows[0 if first > 0 else last + 1]]
                side, more = ("before", "") if first > 0 else ("after", ", or choose task.missing=hold")
                raise DataError(
                    f"{table.name}, row {row}, column {column!r}: the cell is missing and no value stands {side} it: "
                    f"delete the row{more}"
                )
            steps = np.arange(len(part))
            if how == "hold":
                filled[rows, k] = part[present[np.searchsorted(present, steps, side="right") - 1]]
            else:
                filled[rows, k] = np.interp(steps, present, part[present])
    return filled


def describe_missing(values: Array, how: str, table: TextTable, columns: Sequence[str]) -> tuple[str, ...]:
    """A note for each column with missing values `(rows, columns)`: how many, where the first is, and what is done."""
    notes = []
    for column, missing in dict(zip(columns, np.isnan(values).T, strict=True)).items():
        if count := int(missing.sum()):
            cells, first = "1 cell is" if count == 1 else f"{count} cells are", table.lines[int(np.argmax(missing))]
            notes.append(f"column {column!r}: {cells} missing, the first in row {first}; each {VERBS[how]}")
    return tuple(notes)
