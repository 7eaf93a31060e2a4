"""Tables of text: from the bytes of a file to its columns.

    b"day;sales\n2024-01-01;1,5\n2024-01-02;2,0\n"  ->  header ("day", "sales"), 2 rows

Separators are tab, `;`, `,` or `|`, whichever comes first in this order in the first line, else blanks; where it is no
comma, numbers may have a decimal comma. Whatever is wrong is a DataError that names file, row (its line in the file)
and column.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from linrnn.config.registry import suggestion
from linrnn.data.encodings import decode
from linrnn.data.number_format import COMMA, is_missing, is_number, is_word, truncate
from linrnn.data.table_limits import LONGEST_CELL, LONGEST_LINE, LONGEST_TITLE, require_size
from linrnn.errors import DataError

SEPARATORS = ("\t", ";", ",", "|")
HEAD = 1000  # first lines, which may have comments before the table, and decide on the separator
SAMPLE = 50  # lines that decide whether blanks separate cells
COMMENT = re.compile(r"[#%][ \t]*(?=\w)")  # begins a line before the table
SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # of Excel, before the table
TITLE_UNIT = re.compile(r"\s*(?:[(\[][^()\[\]]*[)\]]|,?\s+in\s+\S+)$")
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
    notes: tuple[str, ...] = ()  # for the user, on how the file was read

    def find_column(self, column: str) -> str:
        """The name of a column, given exactly, or without its unit and in any case. DataError where none is meant."""
        if column in self.header:
            return column
        similar = [name for name in self.header if simplify_title(name) == simplify_title(column)]
        if len(similar) != 1:
            close = suggestion(column, dict.fromkeys(self.header))
            raise DataError(
                f"{self.name} has no column {truncate(column)!r}{close}; there are: {list_names(self.header)}"
            )
        return similar[0]

    def cells(self, column: str) -> list[str]:
        """The cells of a column, from the top. DataError for one that is not there."""
        index = self.header.index(self.find_column(column))
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
    """The table in a file of text. DataError where there is none, or one with rows of different lengths."""
    text, notes = decode(content, name)
    text = text.rstrip("\r\n")
    lines = list(islice(io.StringIO(text, newline=""), HEAD))
    rest = text[sum(map(len, lines)) :]
    lines = blank_preamble(lines)
    separator = find_separator(lines, name)
    width = max((split_cells(line, separator) for line in lines[:SAMPLE]), default=1)
    require_size(width, max(text.count("\n"), text.count("\r")) * width, name)
    rows = list(parse_rows("".join([*lines, rest]), separator, name))
    return make_table(rows, name, separator != ",", notes)


def make_table(rows: list[Row], name: str, commas: bool, notes: tuple[str, ...] = ()) -> TextTable:
    """The table of some rows of cells, the first of which may be the header."""
    while rows and not any(rows[-1][1]):
        rows.pop()
    if not rows:
        raise DataError(f"{name} is empty: it needs a row for each time step")
    require_equal_lengths(rows, name)
    has_titles = has_header([cells for _, cells in rows], commas)
    header = parse_header(rows[0], name) if has_titles else tuple(str(k + 1) for k in range(len(rows[0][1])))
    rows = rows[has_titles:]
    if not rows:
        raise DataError(f"{name} has a header and no rows: it needs a row for each time step")
    return TextTable(name, header, [cells for _, cells in rows], [line for line, _ in rows], commas, has_titles, notes)


def blank_preamble(lines: list[str]) -> list[str]:
    """The lines, of which comments before the table are blank, but for the names of columns in the last of them."""
    first = next((k for k, line in enumerate(lines) if line.strip()), 0)
    if lines and (match := SEPARATOR_LINE.fullmatch(lines[first])):
        lines[first] = "" if match[1] in SEPARATORS else lines[first]
        return [line_end(line) if k == first else line for k, line in enumerate(lines)]
    begin = next(
        (k for k, line in enumerate(lines) if line.strip() not in ("", "#", "%") and not COMMENT.match(line)),
        len(lines),
    )
    if begin == len(lines) or not any(COMMENT.match(line) for line in lines[:begin]):
        return lines
    titles = COMMENT.sub("", lines[begin - 1], count=1) if begin else ""
    for k in range(begin):
        lines[k] = line_end(lines[k])
    if titles.strip() and any(split_cells(titles, each) == split_cells(lines[begin], each) > 1 for each in SEPARATORS):
        lines[begin - 1] = titles
    return lines


def line_end(line: str) -> str:
    """The characters that end a line."""
    return line[len(line.rstrip("\r\n")) :] or "\n"


def split_cells(line: str, separator: str) -> int:
    """The number of cells of a line; 0 where it is none."""
    try:
        return len(next(csv.reader([line], delimiter=separator), []))
    except csv.Error:
        return 0


def find_separator(lines: Sequence[str], name: str) -> str:
    """Return the separator of cells: the first that splits the first line, or blanks that split all; else tab."""
    number, first = next(((k, line) for k, line in enumerate(lines) if line.strip()), (0, ""))
    if len(first) > LONGEST_LINE:
        raise DataError(
            f"{name}, row {number + 1}: the line has {len(first):,} characters, and at most {LONGEST_LINE:,} are read: "
            "write a row for each time step"
        )
    separator = next((each for each in SEPARATORS if split_cells(first, each) > 1), "")
    if separator or is_split_by_blanks(lines):
        return separator or " "
    body = [line.strip() for line in islice(lines[number + 1 :], SAMPLE) if line.strip()]
    return next((each for each in SEPARATORS if is_split(body, each)), "\t")


def is_split(lines: Sequence[str], separator: str) -> bool:
    """Whether a separator splits most lines into equally many cells, and is no decimal comma."""
    counts = Counter(split_cells(line, separator) for line in lines if not COMMA.fullmatch(line))
    width, count = max(counts.items(), key=lambda item: item[1], default=(0, 0))
    return width > 1 and 5 * count > 4 * len(lines)


def is_split_by_blanks(lines: Iterable[str]) -> bool:
    """Whether blanks split the first lines into equally many cells, most of which are no parts of one number."""
    rows = [line.split() for line in islice((line for line in lines if line.strip()), SAMPLE)]
    widths = {len(row) for row in rows}
    if len(widths) != 1 or widths == {1}:
        return False
    body = rows[1:] or rows
    grouped = all(re.fullmatch(r"[+-]?\d{1,3}( \d{3})+([.,]\d+)?", " ".join(row)) for row in rows)
    return not grouped and all(any(is_number(cell, True) or is_missing(cell) for cell in row) for row in body)


def parse_rows(text: str, separator: str, name: str) -> Iterator[Row]:
    """The rows from the first that is not empty on, cells without the spaces around them."""
    blanks = separator == " "
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=blanks)
    begun, last = False, 0
    try:
        for cells in reader:
            line, last = last + 1, reader.line_num
            cells = [cell.strip() for cell in cells]
            if blanks and cells and not cells[-1]:
                cells.pop()
            begun = begun or any(cells)
            if begun:
                yield line, cells
    except csv.Error as error:
        what = f"a cell has more than {LONGEST_CELL:,} characters" if "limit" in str(error) else str(error)
        raise DataError(f"{name}, row {last + 1}: {what}: correct the quotes of this row") from None


def require_equal_lengths(rows: Sequence[Row], name: str) -> None:
    """DataError for the first row that has not as many cells as the first."""
    width = len(rows[0][1])
    for k, (line, cells) in enumerate(rows):
        if len(cells) != width:
            what = f"there are {len(cells)} cells, and {width} in row {rows[0][0]}" if cells else "the row is empty"
            raise DataError(f"{name}, row {line}: {what}: {advise_lengths(rows, k)}")


def advise_lengths(rows: Sequence[Row], k: int) -> str:
    """What to do where row k is the first whose number of cells is another: at the top or the end stands no table."""
    usual = Counter(len(cells) for _, cells in rows).most_common(1)[0][0]
    begin = next(index for index, (_, cells) in enumerate(rows) if len(cells) == usual)
    if begin and all(len(cells) == usual for _, cells in rows[begin:]):
        return f"the table seems to begin in row {rows[begin][0]}: delete the rows before it"
    if len(rows[k][1]) < usual and all(len(cells) < usual for _, cells in rows[k:]):
        return "make them equal, or delete what stands below the table"
    return "make them equal" if rows[k][1] else "fill it in, or delete it"


def has_header(rows: Sequence[Sequence[str]], commas: bool) -> bool:
    """Whether the first row names the columns: all its cells are words, or one is that stands above a number."""
    words = [k for k, cell in enumerate(rows[0]) if is_word(cell)]
    return len(words) == len(rows[0]) or any(is_number(row[k], commas) for k in words for row in rows[1:])


def parse_header(row: Row, name: str) -> tuple[str, ...]:
    """The names of the columns, `#k` for column k where it has none. DataError for one that comes twice."""
    line, cells = row
    header = tuple(to_line(cell) or f"#{k + 1}" for k, cell in enumerate(cells))
    twice = next((title for title, count in Counter(header).items() if count > 1), None)
    if twice is not None:
        raise DataError(
            f"{name}, row {line}, column {truncate(twice)!r}: the name comes twice: rename one of the columns"
        )
    longest = max(header, key=len)
    if len(longest) > LONGEST_TITLE:
        raise DataError(
            f"{name}, row {line}, column {truncate(longest)!r}: the name has {len(longest):,} characters, and at most "
            f"{LONGEST_TITLE} are read: shorten it"
        )
    return header


def to_line(title: str) -> str:
    """A column's name on one line, without characters that cannot be seen."""
    return "".join(each for each in " ".join(title.split()) if unicodedata.category(each)[0] != "C")


def simplify_title(name: str) -> str:
    """A column's name without its unit and a comment sign, in lower case, with single blanks for underscores."""
    return " ".join(TITLE_UNIT.sub("", name.lstrip("# ")).replace("_", " ").lower().split())


def list_names(names: Sequence[str], most: int = 12) -> str:
    """The first names of columns, for messages."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(truncate(name) for name in names[:most]) + more
