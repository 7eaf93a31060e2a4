"""The column that is predicted where none is named: the only possible one, or an error that lists the candidates.

date,volume,price   two columns of numbers that are no dates  ->  DataError: volume, price; name one of them
date,price          one                                       ->  "price"
row,price           row counts up in constant steps           ->  "price"
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

import numpy as np

from linrnn.data.dates import date_columns
from linrnn.data.number_column import numeric_columns
from linrnn.data.number_format import is_number, resembles_number, truncate
from linrnn.data.text_table import Groups, TextTable
from linrnn.errors import DataError

LEAST_ROWS = 4  # for a column to be recognized as a counter
ROUNDING = 1e-6  # relative, of the steps of a column that counts
MOST_LISTED = 6  # candidates of a message
FIRST_VALUES = 3  # of a candidate


def choose_column(table: TextTable, group: str) -> str:
    """The only column of numbers that is no date, does not count up in constant steps and is not the group's.

    Raises
    ------
    DataError
        Where there are several such columns or none.
    """
    group = table.find_column(group) if group else ""
    others = [name for name in table.header if name != group]
    if not others:
        raise DataError(f"{table.name} has no column but {group!r}: add the values, or leave out task.group")
    dates = {column.name for column in date_columns(table)}
    numeric = [name for name in numeric_columns(table, formats=True) if name in others and name not in dates]
    counters = [name for name in numeric if is_counter(table, name, table.groups(group))]
    candidates = [name for name in numeric if name not in counters]
    if not table.has_titles and len(table.header) > 1:
        names = candidates or others
        raise DataError(
            f"{table.name} has {len(table.header)} columns without names: {list_candidates(table, names)} could be "
            f"predicted: {advise(names)}"
        )
    unclear = [name for name in others if name not in {*dates, *numeric} and resembles_numbers(table.cells(name))]
    if len(candidates) > 1 or (candidates and unclear):
        names = [name for name in others if name in {*candidates, *unclear}]
        raise DataError(f"{table.name}: {list_candidates(table, names)} could be predicted: {advise(names)}")
    if unclear:
        return unclear[0]  # whose first bad cell is named
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


def resembles_numbers(cells: Sequence[str]) -> bool:
    """Whether most cells of a column that is not of numbers may be meant as such: 3.25 kg, ~3, 1/2."""
    return 2 * sum(map(resembles_number, cells)) > len(cells)


def list_candidates(table: TextTable, names: Sequence[str]) -> str:
    """The columns with their first values, for messages."""
    listed = []
    for name in names[:MOST_LISTED]:
        values = [truncate(cell, 12) for cell in table.cells(name)[:FIRST_VALUES]]
        listed.append(f"{truncate(name, 30)!r} ({', '.join(values)}, ...)")
    if len(names) > MOST_LISTED:
        return f"{', '.join(listed)} and {len(names) - MOST_LISTED} more columns"
    return " or ".join(filter(None, [", ".join(listed[:-1]), listed[-1]]))


def advise(names: Sequence[str]) -> str:
    """Return what the user types to name one of the columns."""
    return f"name one, such as {option(names[-1])}"


def option(name: str, setting: str = "column") -> str:
    """The option that names a column, as a shell reads it."""
    return f"--set {shlex.quote(f'task.{setting}={name}')}"


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
