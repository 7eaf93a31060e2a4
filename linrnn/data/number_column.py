"""Numbers in a column of a table: its values and their unit, or the first cell that is no number.

day;sales           read_numbers(table, "sales").values   ->  [1.5, 1200.0]
2024-01-01;1,5 €                              .unit     ->  "€"
2024-01-02;1.200 €
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.number_format import (
    COMMA,
    POINT,
    THOUSANDS,
    choose_format,
    describe_bad_cell,
    find_formats,
    is_formatted_number,
    is_missing,
    is_number,
    separate_unit,
    truncate,
)
from linrnn.data.text_table import TextTable
from linrnn.errors import DataError

TITLE_UNIT = re.compile(r".*?(?:\s*[(\[]([^()\[\]]{1,20})[)\]]|,?\s+in\s+(\S{1,20}))")  # volume (m3), price in EUR


class NumberColumn(NamedTuple):
    """The values of a column, `(rows,)`, nan where one is missing; their unit where there is one; and notes."""

    values: NDArray[np.float64]
    unit: str = ""
    notes: tuple[str, ...] = ()


def numeric_columns(table: TextTable, formats: bool = False) -> list[str]:
    """The columns most of whose cells are numbers, plain or formatted; those of dates and words are not among them."""
    columns = zip(table.header, zip(*table.rows, strict=True), strict=True)
    return [
        name
        for name, cells in columns
        if 2 * sum(is_number(cell, table.commas) or (formats and is_formatted_number(cell)) for cell in cells)
        > len(cells)
    ]


def parse_numbers(table: TextTable, column: str) -> NDArray[np.float64]:
    """The values of a column, `(rows,)`. DataError for the first cell that is no finite number."""
    return read_numbers(table, column).values


def read_numbers(table: TextTable, column: str, missing: bool = False) -> NumberColumn:
    """Read a column.

    Parameters
    ----------
    table
        The table.
    column
        Name of the column.
    missing
        Whether cells may be missing; their values are nan.

    Raises
    ------
    DataError
        For the first cell that is no finite number, and for numbers that may be read in several ways.
    """
    cells = table.cells(column)
    comma = table.commas and any("," in cell for cell in cells)
    pattern = COMMA if comma else POINT
    values = [float(cell.replace(",", ".")) if pattern.fullmatch(cell) else math.nan for cell in cells]
    bad = [k for k, value in enumerate(values) if not math.isfinite(value)]
    wrong = [k for k in bad if not is_missing(cells[k])]
    if wrong and (numbers := read_format(table, column, cells)):
        return numbers if missing else require_cells(table, column, numbers)
    if wrong or (bad and not missing):
        raise cell_error(table, column, (wrong or bad)[0], comma)
    if table.commas:
        require_decimal_marks(table, column, "," if comma else ".")
    return NumberColumn(np.array(values), title_unit(column))


def read_format(table: TextTable, column: str, cells: list[str]) -> NumberColumn | None:
    """Read a column all of whose cells are numbers in one format that is not plain; None where they are not."""
    formats = find_formats(cells)
    form = choose_format(formats, table.commas)
    if form is None:
        if formats:
            first = next(k for k, cell in enumerate(cells) if not is_missing(cell) and re.search(r"[.,]\d{3}\b", cell))
            raise DataError(describe_ambiguity(table, column, first))
        return None
    numbers = [math.nan if is_missing(cell) else form.parse(separate_unit(cell)[0]) for cell in cells]
    first = next(k for k, cell in enumerate(cells) if not (is_missing(cell) or POINT.fullmatch(cell)))
    note = f"column {column!r}: {truncate(cells[first])!r} in row {table.lines[first]} is read as {numbers[first]!r}"
    return NumberColumn(np.array(numbers), form.unit or title_unit(column), (note,))


def require_cells(table: TextTable, column: str, numbers: NumberColumn) -> NumberColumn:
    """Return the column. DataError for its first missing cell."""
    missing = np.flatnonzero(np.isnan(numbers.values))
    if len(missing):
        raise cell_error(table, column, int(missing[0]), comma=False)
    return numbers


def cell_error(table: TextTable, column: str, row: int, comma: bool) -> DataError:
    """The error of a cell that is no finite number."""
    cell = table.cells(column)[row]
    return DataError(f"{table.name}, row {table.lines[row]}, column {column!r}: {describe_bad_cell(cell, comma)}")


def require_decimal_marks(table: TextTable, column: str, mark: str) -> None:
    """DataError where marks may as well part thousands: all stand before three digits, and there are whole numbers."""
    cells = table.cells(column)
    first = next((k for k, cell in enumerate(cells) if mark in cell), None)
    if (
        first is not None
        and any(mark not in cell and not is_missing(cell) and float(cell) for cell in cells)
        and all(THOUSANDS[mark].fullmatch(cell) for cell in cells if mark in cell and not is_missing(cell))
    ):
        raise DataError(describe_ambiguity(table, column, first))


def describe_ambiguity(table: TextTable, column: str, row: int) -> str:
    """The message for a number that can be read in two ways."""
    cell = table.cells(column)[row]
    return (
        f"{table.name}, row {table.lines[row]}, column {column!r}: {truncate(cell)!r} may be a decimal number or "
        f"thousands: write {re.sub('[.,]', '', cell)} or {cell}0"
    )


def title_unit(column: str) -> str:
    """The unit in the title of a column: `m3` in volume (m3); nothing where there is none."""
    match = TITLE_UNIT.fullmatch(column)
    return (match[1] or match[2]).strip() if match else ""
