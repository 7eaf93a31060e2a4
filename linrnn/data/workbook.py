"""Tables in Excel workbooks (.xlsx): the first sheet that is not empty, read by openpyxl."""

from __future__ import annotations

import io
import warnings
from datetime import date, datetime, time
from typing import Any

from linrnn.data.table_limits import require_size
from linrnn.data.text_table import Row, TextTable, make_table
from linrnn.errors import DataError


def read_workbook(content: bytes, name: str) -> TextTable:
    """Return the table in a workbook; row numbers are the sheet's. DataError where there is none."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on styles and extensions, which are not data
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            title, rows = next(
                ((sheet.title, rows) for sheet in book.worksheets if (rows := read_sheet(sheet, name))), ("", [])
            )
    except DataError:
        raise
    except Exception as error:  # whatever openpyxl raises over bytes that anybody may have written
        reason = str(error).partition("\n")[0][:100]
        raise DataError(f"{name} is no workbook that can be read ({reason}): save it again as .xlsx or .csv") from None
    others = ", ".join(map(repr, [sheet.title for sheet in book.worksheets if sheet.title != title][:3]))
    return make_table(rows, name, commas=False, notes=(f"sheet {title!r} is read, not {others}",) if others else ())


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
