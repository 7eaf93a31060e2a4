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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.config.registry import suggestion
from linrnn.data.number_format import COMMA, POINT, THOUSANDS, describe_bad_cell, is_number, is_word
from linrnn.errors import DataError

SEPARATORS = ("\t", ";", ",")
Row = tuple[int, list[str]]  # its line in the file, from 1, and its cells
Groups = Mapping[str, list[int]]  # name of a sequence -> its rows, by their index in the table


class TextTable(NamedTuple):
    """Cells by row, with the names of the columns and each row's line in the file."""

    name: str  # of the file, for messages
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    commas: bool  # whether numbers may have a decimal comma
    has_titles: bool  # whether the file names its columns; else they are 1, 2, ...

    def cells(self, column: str) -> list[str]:
        """The cells of a column, from the top. DataError for one that is not there."""
        if column not in self.header:
            close = suggestion(column, dict.fromkeys(self.header))
            raise DataError(f"{self.name} has no column {column!r}{close}; there are: {', '.join(self.header)}")
        index = self.header.index(column)
        return [row[index] for row in self.rows]

    def groups(self, column: str) -> Groups:
        """The rows of each value of a column, in their order; all rows, named "", where no column is named."""
        if not column:
            return {"": list(range(len(self.rows)))}
        rows: dict[str, list[int]] = {}
        for row, key in enumerate(self.cells(column)):
            rows.setdefault(key, []).append(row)
        return rows


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
    has_titles = has_header([cells for _, cells in rows], commas)
    header = parse_header(rows[0], name) if has_titles else tuple(str(k + 1) for k in range(len(rows[0][1])))
    rows = rows[has_titles:]
    if not rows:
        raise DataError(f"{name} has a header and no rows: it needs a row for each time step")
    return TextTable(name, header, [cells for _, cells in rows], [line for line, _ in rows], commas, has_titles)


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
    """Return the separator of cells: the first of tab, `;` and `,` that splits the first line; else tab."""
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
        raise DataError(f"{name}, row {last + 1}: {error}: correct the quotes of this row") from None


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
    if table.commas:
        require_decimal_marks(table, column, "," if comma else ".")
    return np.array(values)


def require_decimal_marks(table: TextTable, column: str, mark: str) -> None:
    """DataError where marks may as well part thousands: all stand before three digits, and there are whole numbers."""
    cells = table.cells(column)
    first = next((k for k, cell in enumerate(cells) if mark in cell), None)
    if (
        first is not None
        and any(mark not in cell and float(cell) for cell in cells)
        and all(THOUSANDS[mark].fullmatch(cell) for cell in cells if mark in cell)
    ):
        raise DataError(
            f"{table.name}, row {table.lines[first]}, column {column!r}: {cells[first]!r} may be a decimal number or "
            f"thousands: write {cells[first].replace(mark, '')} or {cells[first]}0"
        )
