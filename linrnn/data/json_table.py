"""Tables in JSON: records, one object of columns, rows, values, or a record a line.

[{"day": "2024-01-01", "y": 1}, ...]        records, as pandas writes them with orient="records"
{"day": [...], "y": [...]}                  columns; also {"y": {"0": 1, ...}}, the default of pandas
{"columns": [...], "data": [[...], ...]}    orient="split"; {"data": [{...}]} orient="table"
[[1, 2], ...] or [1, 2, ...]                rows or values without names
{"y": 1}\\n{"y": 2}\\n                        lines
"""

from __future__ import annotations

import json
from typing import Any

from linrnn.data.encodings import decode
from linrnn.data.table_limits import MOST_JSON_BYTES, require_size
from linrnn.data.text_table import TextTable, parse_header, to_line
from linrnn.errors import DataError

ADVICE = 'write records: [{"date": "2024-01-01", "value": 1.5}, ...]'


def read_json(content: bytes, name: str) -> TextTable:
    """Return the table in a JSON text. DataError where there is none."""
    if len(content) > MOST_JSON_BYTES:
        raise DataError(
            f"{name} has {len(content) / 1e6:,.0f} MB of JSON, and at most {MOST_JSON_BYTES / 1e6:,.0f} MB are read: "
            "save the table as .csv or .parquet"
        )
    text, notes = decode(content, name)
    value = parse_json(text.strip(), name)
    titles, rows = to_rows(value, name)
    if not rows:
        raise DataError(f"{name} is empty: it needs a row for each time step")
    header = parse_header((0, titles), name) if titles else tuple(str(k + 1) for k in range(len(rows[0])))
    for k, row in enumerate(rows):
        if len(row) != len(header):
            raise DataError(f"{name}, row {k + 1}: there are {len(row)} values, and {len(header)} in row 1: {ADVICE}")
    require_size(len(header), len(rows) * len(header), name)
    cells = [[to_cell(value, name, k + 1) for value in row] for k, row in enumerate(rows)]
    return TextTable(name, header, cells, list(range(1, len(rows) + 1)), False, bool(titles), notes)


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON text, or the list of those in its lines; numbers as their text."""

    def parse(text: str) -> Any:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)

    try:
        return parse(text)
    except RecursionError:
        raise DataError(f"{name} is nested too deeply: {ADVICE}") from None
    except json.JSONDecodeError as error:
        try:
            return [parse(line) for line in text.splitlines() if line.strip()]
        except (json.JSONDecodeError, RecursionError):
            raise DataError(f"{name}, row {error.lineno}: this is no JSON ({error.msg}): {ADVICE}") from None


def to_rows(value: Any, name: str) -> tuple[list[str], list[list[Any]]]:
    """The names of the columns, where there are any, and the rows."""
    if isinstance(value, dict):
        if isinstance(value.get("data"), list) and isinstance(value.get("columns"), list):
            titles, rows = [str(title) for title in value["columns"]], value["data"]
            index = value.get("index")
            if isinstance(index, list) and len(index) == len(rows) and all(isinstance(row, list) for row in rows):
                return ["index", *titles], [[key, *row] for key, row in zip(index, rows, strict=True)]
            return titles, [row if isinstance(row, list) else [row] for row in rows]
        if isinstance(value.get("data"), list):
            return to_rows(value["data"], name)
        columns = {key: list(each.values()) if isinstance(each, dict) else each for key, each in value.items()}
        if columns and all(isinstance(each, list) for each in columns.values()):
            lengths = {len(each) for each in columns.values()}
            if len(lengths) != 1:
                raise DataError(
                    f"{name}: the columns have {', '.join(map(str, sorted(lengths)))} rows: make them equal"
                )
            return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]
        lists = [key for key, each in columns.items() if isinstance(each, list)]
        if len(lists) == 1 and columns[lists[0]]:  # such as {"status": "ok", "observations": [...]}
            return to_rows(columns[lists[0]], name)
        raise DataError(f"{name} holds no table that is recognized: {ADVICE}")
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        titles = list(dict.fromkeys(key for row in value for key in row))
        return titles, [[row.get(title) for title in titles] for row in value]
    if isinstance(value, list):
        return [], [row if isinstance(row, list) else [row] for row in value]
    raise DataError(f"{name} holds no table that is recognized: {ADVICE}")


def to_cell(value: Any, name: str, row: int) -> str:
    """The text of a value. DataError for an object or a list."""
    if isinstance(value, (dict, list)):
        raise DataError(f"{name}, row {row}: there is a list or an object in place of a value: {ADVICE}")
    return "" if value is None else str(int(value)) if isinstance(value, bool) else to_line(value)
