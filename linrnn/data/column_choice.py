"""The column that is predicted where none is named: the only possible one, or an error that lists the candidates.

date,volume,price   two columns of numbers that are no dates  ->  DataError: volume, price; name one of them
date,price          one                                       ->  "price"
row,price           with prices such as $3.25                 ->  DataError: '$3.25' is not a number as it is written
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection, Sequence

import numpy as np

from linrnn.data.dates import date_columns
from linrnn.data.number_format import describe_bad_cell, is_formatted_number, is_number
from linrnn.data.text_table import Groups, TextTable, numeric_columns
from linrnn.errors import DataError

LEAST_ROWS = 4  # for a column to be recognized as a counter
ROUNDING = 1e-6  # relative, of the steps of a column that counts


def choose_column(table: TextTable, group: str) -> str:
    """The only column of numbers that is no date, does not count up in constant steps and is not the group's.

    Raises
    ------
    DataError
        Where there are several such columns or none, or one of numbers in a format that is not read.
    """
    others = [name for name in table.header if name != group]
    if not others:
        raise DataError(f"{table.name} has no column but {group!r}: add the values, or leave out task.group")
    if not table.has_titles and len(table.header) > 1:
        raise DataError(f"{table.name} has {len(table.header)} columns without names: {advise(table.header)}")
    dates = {column.name for column in date_columns(table)}
    numeric = [name for name in numeric_columns(table) if name in others and name not in dates]
    counters = [name for name in numeric if is_counter(table, name, table.groups(group))]
    require_plain_numbers(table, [name for name in others if name not in dates and name not in numeric])
    candidates = [name for name in numeric if name not in counters]
    if len(candidates) > 1:
        raise DataError(
            f"{table.name}: columns {', '.join(candidates)} could be predicted, of {', '.join(table.header)}: "
            f"{advise(candidates)}"
        )
    if not candidates and counters:
        raise DataError(
            f"{table.name}: column {counters[-1]!r} counts up in constant steps, as row numbers do, and no other holds "
            f"numbers: add a column of values, or name this one: {option(counters[-1])}"
        )
    if candidates:
        return candidates[0]
    if dates.issuperset(others):
        raise DataError(
            f"{table.name}: column {others[-1]!r} holds dates, and no other holds numbers: add a column of values, or "
            f"name this one: {option(others[-1])}"
        )
    return next(name for name in reversed(others) if name not in dates)  # whose first bad cell is named


def advise(names: Sequence[str]) -> str:
    """Return what the user types to name one of the columns."""
    return f"name one with --set task.column=NAME, such as {option(names[-1])}"


def option(name: str) -> str:
    """The option that names a column, as a shell reads it."""
    return f"--set {shlex.quote(f'task.column={name}')}"


def is_counter(table: TextTable, column: str, groups: Groups) -> bool:
    """Whether the numbers of a column go up, or down, in constant steps in each group."""
    return counter_step(table, column, groups) != 0


def counter_step(table: TextTable, column: str, groups: Groups) -> float:
    """The constant step from row to row of a column that counts up or down in each group; 0 for another column."""
    cells = table.cells(column)
    if len(cells) < LEAST_ROWS or not all(is_number(cell, table.commas) for cell in cells):
        return 0
    values = np.array([float(cell.replace(",", ".")) for cell in cells])
    steps = np.concatenate([np.diff(values[rows]) for rows in groups.values()])
    if not (len(steps) and math.isfinite(steps[0]) and np.allclose(steps, steps[0], rtol=ROUNDING, atol=0)):
        return 0
    return float(steps[0])


def require_plain_numbers(table: TextTable, columns: Collection[str]) -> None:
    """DataError for the first of the columns most of whose cells are numbers, some in a format that is not read."""
    for column in columns:
        cells = table.cells(column)
        formatted = [
            k for k, cell in enumerate(cells) if not is_number(cell, table.commas) and is_formatted_number(cell)
        ]
        plain = sum(is_number(cell, table.commas) for cell in cells)
        if formatted and 2 * (len(formatted) + plain) > len(cells):
            k = formatted[0]
            raise DataError(
                f"{table.name}, row {table.lines[k]}, column {column!r}: "
                f"{describe_bad_cell(cells[k], comma=table.commas)}, or name another column with --set task.column=NAME"
            )
