"""Tables of text: from the bytes of a file to its columns, and from a column to numbers.

    b"day;sales\n2024-01-01;1,5\n2024-01-02;2,0\n"  ->  header ("day", "sales"), 2 rows
    numbers(table, "sales")                         ->  [1.5, 2.0]

Separators are tab, `;` or `,`, whichever comes first in this order in the first line; where it is no comma, numbers
may have a decimal comma. Whatever is wrong is a DataError that names file, row (its line in the file) and column.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.config.registry import suggestion
from linrnn.errors import DataError

SEPARATORS = ("\t", ";", ",")
POINT, COMMA = (re.compile(rf"[+-]?(\d+{mark}?\d*|{mark}\d+)([eE][+-]?\d+)?", re.ASCII) for mark in (r"\.", ","))
MISSING = ("nan", "inf", "infinity", "na", "n/a", "null", "none")  # without their sign, in lower case
Row = tuple[int, list[str]]  # its line in the file, from 1, and its cells


class TextTable(NamedTuple):
    """Cells by row, with the names of the columns and each row's line in the file."""

    name: str  # of the file, for messages
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    commas: bool  # whether numbers may have a decimal comma

    def cells(self, column: str) -> list[str]:
        """The cells of a column, from the top. DataError for one that is not there."""
        if column not in self.header:
            close = suggestion(column, dict.fromkeys(self.header))
            raise DataError(f"{self.name} has no column {column!r}{close}; there are: {', '.join(self.header)}")
        index = self.header.index(column)
        return [row[index] for row in self.rows]


def read_table(content: bytes, name: str) -> TextTable:
    """The table in a file of that name. DataError where there is none, or one with rows of different lengths."""
    text = decode(content, name)
    separator = find_separator(text)
    rows = list(parse_rows(text, separator, name))
    while rows and not any(rows[-1][1]):
        rows.pop()
    if not rows:
        raise DataError(f"{name} is empty: it needs a row for each time step")
    require_equal_lengths(rows, name)
    commas = separator != ","
    titled = has_header([cells for _, cells in rows], commas)
    header = parse_header(rows[0], name) if titled else tuple(str(k + 1) for k in range(len(rows[0][1])))
    rows = rows[titled:]
    if not rows:
        raise DataError(f"{name} has a header and no rows: it needs a row for each time step")
    return TextTable(name, header, [cells for _, cells in rows], [line for line, _ in rows], commas)


def decode(content: bytes, name: str) -> str:
    """The text, UTF-8 with or without a byte order mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name} is UTF-16 text: save it as UTF-8")
    if b"\0" in content:
        row = content[: content.index(b"\0")].count(b"\n") + 1
        raise DataError(f"{name}, row {row}: there are NUL bytes, so that this is no UTF-8 text: save it as such")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise DataError(f"{name}, row {row}: this is no UTF-8 text: save it as such") from None


def find_separator(text: str) -> str:
    """What separates cells: the first of tab, `;` and `,` that parts the first line; a tab where none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return next((each for each in SEPARATORS if len(next(csv.reader([first], delimiter=each), [])) > 1), "\t")


def parse_rows(text: str, separator: str, name: str) -> Iterator[Row]:
    """The rows from the first that is not empty on, cells without the spaces around them."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begun, last = False, 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            begun = begun or any(cell.strip() for cell in cells)
            if begun:
                yield line, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise DataError(f"{name}, row {last + 1}: {error}: mend the quotes of this row") from None


def require_equal_lengths(rows: Sequence[Row], name: str) -> None:
    """DataError for the first row that has not as many cells as the first."""
    width = len(rows[0][1])
    for line, cells in rows:
        if not cells:
            raise DataError(f"{name}, row {line}: the row is empty: fill it in, or delete it")
        if len(cells) != width:
            raise DataError(
                f"{name}, row {line}: there are {len(cells)} cells, and {width} in row {rows[0][0]}: make them equal"
            )


def has_header(rows: Sequence[Sequence[str]], commas: bool) -> bool:
    """Whether the first row names the columns: all its cells are words, or one is that stands above a number."""
    words = [k for k, cell in enumerate(rows[0]) if is_word(cell)]
    return len(words) == len(rows[0]) or any(is_number(row[k], commas) for k in words for row in rows[1:])


def is_word(cell: str) -> bool:
    """Whether a cell can be a name: it begins with no digit or sign, and stands for no missing number."""
    return bool(cell) and cell[0] not in "+-.,0123456789" and cell.lower() not in MISSING


def parse_header(row: Row, name: str) -> tuple[str, ...]:
    """The names of the columns, `#k` for column k where it has none. DataError for one that comes twice."""
    line, cells = row
    header = tuple(cell or f"#{k + 1}" for k, cell in enumerate(cells))
    twice = next((title for title, count in Counter(header).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{name}, row {line}, column {twice!r}: the name comes twice: rename one of the columns")
    return header


def numeric_columns(table: TextTable) -> list[str]:
    """The columns most of whose cells are numbers; columns of dates and of words are not among them."""
    numeric = (sum(is_number(cell, table.commas) for cell in cells) for cells in zip(*table.rows, strict=True))
    return [name for name, count in zip(table.header, numeric, strict=True) if 2 * count > len(table.rows)]


def parse_numbers(table: TextTable, column: str) -> NDArray[np.float64]:
    """The values of a column, `(rows,)`. DataError for the first cell that is no finite number."""
    cells = table.cells(column)
    comma = table.commas and any("," in cell for cell in cells)
    pattern = COMMA if comma else POINT
    values = [float(cell.replace(",", ".")) if pattern.fullmatch(cell) else math.nan for cell in cells]
    for line, cell, value in zip(table.lines, cells, values, strict=True):
        if not math.isfinite(value):
            raise DataError(f"{table.name}, row {line}, column {column!r}: {describe_bad_cell(cell, comma)}")
    return np.array(values)


def is_number(cell: str, commas: bool) -> bool:
    """Whether a cell is a number, with a decimal comma where these are allowed."""
    return bool(POINT.fullmatch(cell) or (commas and COMMA.fullmatch(cell)))


def describe_bad_cell(cell: str, comma: bool) -> str:
    """What is wrong with a cell that is no finite number, and what to do."""
    if not cell:
        return "the cell is empty: fill it in, or delete the row"
    if comma and "." in cell and POINT.fullmatch(cell):
        return f"{cell!r} has a decimal point, and other rows have a decimal comma: write all alike"
    if cell.lower().lstrip("+-") in MISSING or is_number(cell, comma):
        return f"{truncate(cell)!r} is no finite number: put one there, or delete the row"
    return f"{truncate(cell)!r} is not a number: mend it, or name other columns"


def truncate(cell: str) -> str:
    """At most 40 characters of a cell."""
    return cell if len(cell) <= 40 else f"{cell[:40]}..."
