"""Order of a table's rows by their dates: brought into ascending order, and the spacing of the dates checked.

    day         y                                    y   notes
    2024-01-03  5    newest first: reversed    ->    1   column 'day': the rows are newest first; ...
    2024-01-02  3                                    3
    2024-01-01  1                                    5

Rows in no order, and dates that several rows have, are a DataError that names the first such row. So is a column that
counts down where there are no dates: the newest row may be the first, or the last of a countdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from linrnn.data.column_choice import counter_step, option
from linrnn.data.dates import MONTHS, DateColumn, date_columns
from linrnn.data.number_format import is_missing, is_number, truncate
from linrnn.data.text_table import Groups, TextTable
from linrnn.errors import DataError

UNITS = {"month": (("year", 12),), "microsecond": tuple(
    (name, seconds * 10**6) for name, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
)}  # fmt: skip


LEAST_GROUP = 3  # rows of each group on the average, for a column to be proposed as that of groups


class RowOrder(NamedTuple):
    """Rows of each sequence in ascending order of their dates, notes for the user, and the column of the dates."""

    groups: Groups
    notes: tuple[str, ...] = ()
    column: DateColumn | None = None


def order_rows(table: TextTable, groups: Groups, exclude: Collection[str]) -> RowOrder:
    """Put the rows of each group in ascending order of their dates.

    Parameters
    ----------
    table
        The table that the rows are of.
    groups
        The rows of each sequence.
    exclude
        Columns that hold no dates of rows: those of values, and that of the groups.

    Returns
    -------
    RowOrder
        With notes on rows that were reversed, and dates that are not evenly spaced.

    Raises
    ------
    DataError
        Where the dates are in no order, come twice, or cannot be read; of several columns of dates one is enough.
        Where there are no dates and a column counts down.
    """
    errors: list[DataError] = []
    for _, interpretations in groupby(date_columns(table, exclude), key=lambda column: column.name):
        ordered = []
        for column in interpretations:
            if len(groups) == 1:
                require_no_groups(table, column, exclude)
            try:
                ordered.append(sort_groups(table, groups, column))
            except DataError as error:
                errors.append(error)
        if ordered:
            return min(ordered, key=lambda each: len(each.notes))  # of two forms, that of evenly spaced dates
    if errors:
        raise errors[0]
    require_no_countdown(table, groups, exclude)
    return RowOrder(groups)


def require_no_groups(table: TextTable, column: DateColumn, exclude: Collection[str]) -> None:
    """DataError where a column has several series over the same dates, and is to be named as that of the groups."""
    if len({*column.dates}) == len(column.dates):
        return
    others = [name for name in table.header if name not in exclude and name != column.name]
    words = [name for name in others if not any(is_number(cell, table.commas) for cell in table.cells(name))]
    for name in words if column.only_years else sorted(others, key=lambda name: name not in words):
        groups = table.groups(name)
        if is_grouping(groups, column):
            first = ", ".join(truncate(each, 20) for each in list(groups)[:2])
            raise DataError(
                f"{table.name}: column {name!r} has {len(groups)} series ({first}, ...) over the same dates of column "
                f"{column.name!r}: read each as a sequence with {option(name, 'group')}, or keep the rows of one"
            )


def is_grouping(groups: Groups, column: DateColumn) -> bool:
    """Whether each group has dates in order, none twice, and is no part of a date itself."""
    if not 2 <= len(groups) <= len(column.dates) / LEAST_GROUP:
        return False
    if any(is_missing(key) or is_part_of_date(key) for key in groups):
        return False
    dates = [[column.dates[row] for row in rows] for rows in groups.values()]
    known = [[date for date in each if date is not None] for each in dates]
    return known == dates and all(sorted({*each}) in (each, each[::-1]) for each in known)


def is_part_of_date(cell: str) -> bool:
    """Whether a cell is the name of a month, a quarter, or a number of at most two digits, as those of a date."""
    quarter = cell[:1] in "qQ" and cell[1:].isdigit()
    return cell[:3].lower() in MONTHS or quarter or (cell.isdigit() and len(cell) < 3)


def require_no_countdown(table: TextTable, groups: Groups, exclude: Collection[str]) -> None:
    """DataError for a column beside the values that counts down, as row numbers do where the newest row is first."""
    for name in table.header:
        if name not in exclude and counter_step(table, name, groups) < 0:
            raise DataError(
                f"{table.name}: column {name!r} counts down in constant steps, so that the newest row may be the "
                "first: sort the rows, oldest first; if they are in order, delete this column or name it in task.inputs"
            )


def sort_groups(table: TextTable, groups: Groups, column: DateColumn) -> RowOrder:
    """The groups in ascending order of the dates of a column."""
    ordered, reversed_groups, notes = {}, [], []
    for group, rows in groups.items():
        if is_descending(table, rows, column):
            rows = rows[::-1]
            reversed_groups.append(group)
        ordered[group] = rows
    if reversed_groups:
        where = "" if len(reversed_groups) == len(groups) else f" in {name_groups(reversed_groups)}"
        notes.append(f"column {column.name!r}: the rows are newest first{where}; they are read in ascending order")
    uneven = {group: gaps for group, rows in ordered.items() if (gaps := describe_gaps(table, rows, column))}
    if uneven:
        where = f" in {name_groups(uneven)}" if len(groups) > 1 else ""
        notes.append(f"column {column.name!r}{where}: {next(iter(uneven.values()))}")
    return RowOrder(ordered, tuple(notes), column)


def name_groups(groups: Collection[str]) -> str:
    """The first groups, for messages."""
    named = ", ".join(map(repr, list(groups)[:3]))
    return f"group {named}" if len(groups) == 1 else f"groups {named}" + ", ..." * (len(groups) > 3)


def is_descending(table: TextTable, rows: Sequence[int], column: DateColumn) -> bool:
    """Whether the newest row is the first. DataError where the dates are neither ascending nor descending."""
    dates = [require_date(table, row, column) for row in rows]
    falls = sum(later < earlier for earlier, later in pairwise(dates))
    rises = sum(later > earlier for earlier, later in pairwise(dates))
    if column.only_years and falls + rises < len(dates) - 1 and (rises or not falls):
        return False  # years that several rows share, such as those of months, or of something else than the rows
    for (row, date), (next_row, next_date) in pairwise(zip(rows, dates, strict=True)):
        if date == next_date:
            raise DataError(describe_duplicate(table, row, next_row, column))
        if (next_date < date) != (falls > rises):
            raise DataError(describe_disorder(table, row, next_row, column.name, falls > rises))
    return falls > rises


def require_date(table: TextTable, row: int, column: DateColumn) -> datetime:
    """The date of a row, or DataError."""
    date = column.dates[row]
    if date is None:
        raise DataError(
            f"{describe_cell(table, row, column.name)} is no date as in the other rows: delete the row or correct "
            "it, or delete the column if it is not the time of the rows"
        )
    return date


def describe_duplicate(table: TextTable, row: int, next_row: int, column: DateColumn) -> str:
    """The message for a date that two rows have."""
    advice = (
        "sort the rows, oldest first"
        if column.only_years
        else "keep one row for each date, or name the column that distinguishes several series (--set task.group=NAME)"
    )
    return f"{describe_cell(table, next_row, column.name)} is the date of row {table.lines[row]}, too: {advice}"


def describe_disorder(table: TextTable, row: int, next_row: int, name: str, descending: bool) -> str:
    """The message for a date that is against the order of the others."""
    side, order = ("later", "newest first") if descending else ("earlier", "oldest first")
    return (
        f"{describe_cell(table, next_row, name)} is {side} than row {table.lines[row]}, and most rows are {order}: "
        "sort the rows, name the column that distinguishes several series (--set task.group=NAME), or delete this "
        "column if it is not the time of the rows"
    )


def describe_cell(table: TextTable, row: int, name: str) -> str:
    """File, row, column and text of a cell."""
    text = truncate(table.rows[row][table.header.index(name)])
    return f"{table.name}, row {table.lines[row]}, column {name!r}: {text!r}"


def describe_gaps(table: TextTable, rows: Sequence[int], column: DateColumn) -> str:
    """A sentence where ascending dates are not evenly spaced, by the calendar; else nothing."""
    if column.only_years and len({column.dates[row] for row in rows}) < len(rows):
        return ""
    dates = [require_date(table, row, column) for row in rows]
    steps, unit = calendar_steps(dates)
    counts = Counter(steps).most_common(1)
    if not counts or counts[0][1] == len(steps):
        return ""
    usual = counts[0][0]
    first = next(k for k, step in enumerate(steps) if step != usual)
    return (
        f"{len(steps) - counts[0][1]} of {len(steps)} steps between dates are not {describe_step(usual, unit)}, the "
        f"first between rows {table.lines[rows[first]]} and {table.lines[rows[first + 1]]}; the rows are read as if "
        "evenly spaced"
    )


def calendar_steps(dates: Sequence[datetime]) -> tuple[list[int], str]:
    """Steps between ascending dates, and their unit: month or working day where all dates fit, else microsecond."""
    month_ends = all((date + timedelta(days=1)).day == 1 for date in dates)
    if len({date.time() for date in dates}) == 1:
        if month_ends or len({date.day for date in dates}) == 1:
            months = [12 * date.year + date.month for date in dates]
            return [later - earlier for earlier, later in pairwise(months)], "month"
        days = np.array([date.date() for date in dates], dtype="datetime64[D]")
        working = np.busday_count(days[:-1], days[1:]).tolist()
        if np.is_busday(days).all() and 2 * working.count(1) > len(working):
            return working, "working day"
    return [(later - earlier) // timedelta(microseconds=1) for earlier, later in pairwise(dates)], "microsecond"


def describe_step(step: int, unit: str) -> str:
    """A step in the largest unit that holds it: 1 year, 3 months, 15 minutes."""
    for name, size in UNITS.get(unit, ()):
        if step % size == 0:
            step, unit = step // size, name
            break
    return f"{step} {unit}" + "s" * (step != 1)
