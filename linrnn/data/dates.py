"""Dates in the cells of a table: the columns that hold them, and the date of each row.

    month;sold          date_columns(table)[0].name      ->  "month"
    2024-01;5                               .dates     ->  [datetime(2024, 1, 1), datetime(2024, 2, 1)]
    2024-02;3

ISO dates and date-times, D.M.Y, M/D/Y, D/M/Y, Y/M/D, names of months in English, quarters, years, Unix time in seconds
or milliseconds, and what else with a month's name pandas reads.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from linrnn.data.text_table import TextTable

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEAR, MONTH, DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
SHORT_YEAR, NAME = r"(?P<year>\d{4}|\d{2})", rf"(?P<name>{'|'.join(MONTHS)})[a-z]*"
CLOCK = (
    r"(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?(?: ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?"
)
FORMS = [  # of the dates in a column; where two fit, the first that puts the rows in order
    re.compile(form, re.ASCII | re.IGNORECASE)
    for form in (
        rf"{YEAR}-{MONTH}-{DAY}{CLOCK}",
        rf"{YEAR}/{MONTH}/{DAY}{CLOCK}",
        rf"{YEAR}\.{MONTH}\.{DAY}{CLOCK}",
        rf"{DAY}\.{MONTH}\.{SHORT_YEAR}{CLOCK}",
        rf"{MONTH}/{DAY}/{SHORT_YEAR}{CLOCK}",
        rf"{DAY}/{MONTH}/{SHORT_YEAR}{CLOCK}",
        rf"{DAY}-{MONTH}-{YEAR}{CLOCK}",
        rf"{MONTH}-{DAY}-{YEAR}{CLOCK}",
        rf"{DAY}[ -]{NAME}\.?[ -]{SHORT_YEAR}{CLOCK}",
        rf"{NAME}\.? {DAY},? {YEAR}{CLOCK}",
        rf"{NAME}\.?[ -]{YEAR}",
        rf"{YEAR}[-/M]{MONTH}",
        rf"{MONTH}/{YEAR}",
        rf"{NAME}\.?[ '\u2019-]+(?P<year>\d{{2}})",
        rf"{YEAR}[- ]?Q(?P<quarter>[1-4])",
        rf"Q(?P<quarter>[1-4])[ /-]?{YEAR}",
        r"(?P<year>[12]\d{3})(?P<month>\d{2})(?P<day>\d{2})",
    )
]
YEARS = re.compile(r"(?P<year>[12]\d{3})", re.ASCII)
YEAR_TITLE = re.compile(r"(^|[\W_])(year|yr|jahr|année|annee|año|ano|anno|rok|jaar)s?($|[\W_])", re.IGNORECASE)
UNIX_TIME = re.compile(r"\d{9,13}(\.\d+)?", re.ASCII)
UNIX_RANGE = (datetime(1990, 1, 1), datetime(2100, 1, 1))
EPOCH = datetime(1970, 1, 1)
MOST_SECONDS = 1e11  # of Unix time; more are milliseconds
WORDY = re.compile(rf"(?=.*\d{{4}})(?=.*\b\d{{1,2}}\b)(?=.*\b({'|'.join(MONTHS)})).{{8,40}}$", re.ASCII | re.IGNORECASE)
CLOCK_CELL = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?", re.ASCII)
TIME_WORDS = {"time", "timestamp", "date", "datetime", "epoch", "unix", "unixtime", "posix", "utc", "ts", "t"}
SAMPLE = 50  # cells of a column that decide which forms are tried on all
CENTURY = 69  # the first of the two-digit years that are 19xx, as POSIX has it


class DateColumn(NamedTuple):
    """A column of dates; None where a cell is no date."""

    name: str
    dates: list[datetime | None]
    only_years: bool = False  # which several rows may share


def date_columns(table: TextTable, exclude: Collection[str] = ()) -> list[DateColumn]:
    """The columns most of whose cells are dates, in the table's order, once for each form that the dates fit.

    A column of one and the same date, such as that of an export, is none.
    """
    columns = []
    for index, name in enumerate(table.header):
        if name in exclude:
            continue
        cells = table.cells(name)
        if is_year_column(table, index, cells):
            columns.append(DateColumn(name, [parse_date(cell, YEARS) for cell in cells], only_years=True))
        unix_times = [parse_unix_time(cell) for cell in cells]
        if is_unix_time_column(name, unix_times):
            columns.append(DateColumn(name, unix_times))
        forms = match_forms(cells)
        columns += [DateColumn(name, [parse_date(cell, form) for cell in cells]) for form in forms]
        if not forms and is_wordy_date_column(cells):
            columns.append(DateColumn(name, parse_wordy_dates(cells)))
    return [add_clock(table, column) for column in columns if len(set(column.dates)) > 1]


def add_clock(table: TextTable, column: DateColumn) -> DateColumn:
    """The dates of a column with the times of day of another, where several rows have the same date."""
    if column.only_years or len(set(column.dates)) == len(column.dates):
        return column
    for name in table.header:
        times = [CLOCK_CELL.fullmatch(cell) for cell in table.cells(name)]
        if all(times):
            dates = [
                None
                if date is None or time is None
                else date + timedelta(hours=int(time[1]), minutes=int(time[2])) + timedelta(seconds=int(time[3] or 0))
                for date, time in zip(column.dates, times, strict=True)
            ]
            return column._replace(dates=dates)
    return column


def is_wordy_date_column(cells: Sequence[str]) -> bool:
    """Whether most cells of a column have a year, another number, and the name of a month."""
    sample = [cell for cell in cells if cell][:SAMPLE]
    return bool(sample) and 2 * sum(bool(WORDY.match(cell)) for cell in sample) > len(sample)


def parse_wordy_dates(cells: Sequence[str]) -> list[datetime | None]:
    """The dates of cells in any form that pandas reads, such as Monday 2 March 2020; None where there is none."""
    import pandas  # which takes a second to load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on forms that differ from cell to cell
        dates = pandas.to_datetime(pandas.Series(cells), errors="coerce", format="mixed", utc=True)
    return [None if pandas.isna(date) else date.tz_localize(None).to_pydatetime() for date in dates]


def is_year_column(table: TextTable, index: int, cells: Sequence[str]) -> bool:
    """Whether a column holds years: by its title, or, the first column under a title, as they step by one."""
    if not (table.has_titles and all(YEARS.fullmatch(cell) for cell in cells)):
        return False
    steps = {int(later) - int(earlier) for earlier, later in pairwise(cells)}
    return bool(YEAR_TITLE.search(table.header[index])) or (index == 0 and steps in ({1}, {-1}))


def parse_unix_time(cell: str) -> datetime | None:
    """The date of a number of seconds or milliseconds since 1970, in UTC; None outside 1990 to 2100."""
    if not UNIX_TIME.fullmatch(cell):
        return None
    number = float(cell)
    date = EPOCH + timedelta(seconds=number if number < MOST_SECONDS else number / 1000)
    return date if UNIX_RANGE[0] <= date < UNIX_RANGE[1] else None


def is_unix_time_column(title: str, dates: Sequence[datetime | None]) -> bool:
    """Whether most cells are Unix times under a title of time, or all are, in one order and mostly evenly spaced."""
    known = [date for date in dates if date is not None]
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", title)
    if any(word.lower() in TIME_WORDS for word in words):
        return 2 * len(known) > len(dates)
    steps = Counter(later - earlier for earlier, later in pairwise(known)).most_common()
    return (
        len(known) == len(dates) > 2
        and 2 * steps[0][1] > len(dates) - 1
        and len({step > timedelta() for step, _ in steps}) == 1
        and timedelta() not in dict(steps)
    )


def match_forms(cells: Sequence[str]) -> list[re.Pattern[str]]:
    """The forms that fit most cells of a column; where some fit more cells than others, those alone."""
    sample = [cell for cell in cells if cell][:SAMPLE]
    likely = [form for form in FORMS if 2 * sum(bool(form.fullmatch(cell)) for cell in sample) > len(sample)]
    counts = {form: sum(parse_date(cell, form) is not None for cell in cells) for form in likely}
    most = max(counts.values(), default=0)
    return [form for form, count in counts.items() if count == most and 2 * count > len(cells)]


def parse_date(cell: str, form: re.Pattern[str]) -> datetime | None:
    """The date that a cell holds in a form, in UTC where it names its zone; None where it holds none."""
    match = form.fullmatch(cell)
    if match is None:
        return None
    part = match.groupdict()
    year, hour = int(part["year"]), int(part.get("hour") or 0)
    if len(part["year"]) == 2:
        year += 1900 if year >= CENTURY else 2000
    name, quarter = part.get("name"), part.get("quarter")
    month = MONTHS.index(name.lower()) + 1 if name else 3 * int(quarter) - 2 if quarter else int(part.get("month") or 1)
    minute, second = int(part.get("minute") or 0), int(part.get("second") or 0)
    if half := part.get("half"):
        hour = hour % 12 + 12 * (half.lower() == "p") if 1 <= hour <= 12 else 99
    if hour > 24 or minute > 59 or second > 60:
        return None
    clock = timedelta(0, second, int((part.get("fraction") or "0").ljust(6, "0")[:6]), 0, minute, hour)
    try:
        return datetime(year, month, int(part.get("day") or 1)) + clock - zone_offset(part.get("zone"))
    except (ValueError, OverflowError):
        return None


def zone_offset(zone: str | None) -> timedelta:
    """Return the offset of a time zone from UTC."""
    if not zone or zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset
