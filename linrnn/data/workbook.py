"""Tables in Excel workbooks (.xlsx), read by openpyxl: the only sheet that is not empty, or the one that is named.

sheets "2023", "2024"   sheet=""      DataError that lists them
                        sheet="2024"  the sheet of that name; without one, "2" is the second sheet
"""

from __future__ import annotations

import io
import shlex
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from linrnn.data.number_format import truncate
from linrnn.data.table_limits import require_size
from linrnn.data.text_table import Row, TextTable, make_table
from linrnn.errors import DataError

FIRST = "[first]"  # the first sheet that is not empty, which no sheet can have as its name
WORKBOOK = "xl/workbook.xml"  # in the archive that a workbook is
MOST_LISTED = 6  # sheets of a message


def read_workbook(content: bytes, name: str, sheet: str = "") -> TextTable:
    """Return the table in a workbook; row numbers are the sheet's. DataError where there is none, or not one alone."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on styles and extensions, which are not data
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            title, rows = choose_sheet(book, name, sheet)
    except DataError:
        raise
    except Exception as error:  # whatever openpyxl raises over bytes that anybody may have written
        reason = str(error).partition("\n")[0][:100]
        raise DataError(f"{name} is no workbook that can be read ({reason}): save it again as .xlsx or .csv") from None
    others = ", ".join(map(repr, [each.title for each in book.worksheets if each.title != title][:3]))
    return make_table(rows, name, commas=False, notes=(f"sheet {title!r} is read, not {others}",) if others else ())


def choose_sheet(book: Any, name: str, sheet: str) -> tuple[str, list[Row]]:
    """Return title and rows of the sheet to read. DataError where none has the name, or several could be meant."""
    sheets = book.worksheets
    if sheet not in ("", FIRST):
        named = find_sheet([each.title for each in sheets], sheet)
        if named is None:
            listed = list_sheets([each.title for each in sheets])
            raise DataError(f"{name} has no sheet {truncate(sheet, 40)!r}: there are {listed}")
        return sheets[named].title, read_sheet(sheets[named], name)
    tables = ((each.title, rows) for each in sheets if (rows := read_sheet(each, name)))
    title, rows = next(tables, ("", []))
    if sheet == FIRST:
        return title, rows
    others = [other for other, _ in tables]
    if others:
        option = f"--set {shlex.quote(f'task.sheet={others[0]}')}"
        listed = list_sheets([title, *others])
        raise DataError(f"{name} has {1 + len(others)} sheets with cells, {listed}: name one, such as {option}")
    return title, rows


def find_sheet(titles: Sequence[str], sheet: str) -> int | None:
    """Return the index of a sheet that is given by its name, or by its number from 1; None where there is none."""
    if sheet in titles:
        return titles.index(sheet)
    return int(sheet) - 1 if sheet.isdecimal() and 1 <= int(sheet) <= len(titles) else None


def list_sheets(titles: Sequence[str]) -> str:
    """Return the names of sheets, for messages."""
    more = f" and {len(titles) - MOST_LISTED} more" if len(titles) > MOST_LISTED else ""
    return ", ".join(repr(truncate(title, 40)) for title in titles[:MOST_LISTED]) + more


def is_workbook(content: bytes) -> bool:
    """Return whether a file is a workbook, from the names in its archive."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return False


def read_sheet(sheet: Any, name: str) -> list[Row]:
    """The rows of a sheet from the first that is not empty to the last, without empty columns at the right."""
    rows: list[Row] = []
    begin, last, count = False, 0, 0
    for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [to_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        begin = begin or bool(texts)
        count += len(texts) + 1
        require_size(len(texts), count, name)
        if begin:
            rows.append((line, texts))
            last = len(rows) if texts else last
    del rows[last:]
    width = max((len(texts) for _, texts in rows), default=0)
    require_size(width, width * len(rows), name)
    left = min((next(k for k, text in enumerate(texts) if text) for _, texts in rows if texts), default=0)
    return [(line, (texts + [""] * (width - len(texts)))[left:] if texts else []) for line, texts in rows]


def to_text(value: Any) -> str:
    """The text of a cell: floats through repr, dates in ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return str(value.date() if value.time() == time() else value.replace(tzinfo=None))
        case date():
            return str(value)
    return " ".join(str(value).split())
