"""Dates in cells: the forms that are read, and the columns that are taken for dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linrnn.data.dates import date_columns
from linrnn.data.text_table import read_table

START = datetime(2024, 1, 20, 6, 30)
DAYS = [START + timedelta(days=k) for k in range(20)]  # past the 12th, so that day and month cannot be confused


def columns_of(cells: list[str], title: str = "when", separator: str = ";") -> list[list[datetime | None]]:
    text = f"{title}{separator}y\n" + "".join(f'"{cell}"{separator}{k % 3}\n' for k, cell in enumerate(cells))
    return [column.dates for column in date_columns(read_table(text.encode(), "d.csv"))]


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%m/%d/%y", "%d/%m/%Y", "%d-%m-%Y",
        "%Y%m%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d %Y",
    ],
)  # fmt: skip
def test_dates_are_read_in_the_form_they_are_written_in(form: str) -> None:
    dates = [day.replace(hour=0, minute=0) for day in DAYS]
    assert columns_of([f"{date:{form}}" for date in dates]) == [dates]


@pytest.mark.parametrize(
    ("form", "late"),
    [
        ("%Y-%m-%d %H:%M", 0), ("%Y-%m-%dT%H:%M:%S", 0), ("%Y-%m-%dT%H:%M:%S.%f", 0), ("%Y-%m-%dT%H:%M:%SZ", 0),
        ("%Y-%m-%d %H:%M:%S+02:00", 2), ("%d.%m.%Y %H:%M", 0), ("%m/%d/%Y %I:%M %p", 0), ("%d/%m/%Y %H:%M UTC", 0),
    ],
)  # fmt: skip
def test_the_time_of_day_is_read(form: str, late: int) -> None:
    assert columns_of([f"{day:{form}}" for day in DAYS]) == [[day - timedelta(hours=late) for day in DAYS]]


def test_hour_24_is_the_end_of_a_day() -> None:
    cells = [f"2024-01-01 {hour:02d}:00" for hour in range(1, 25)]
    assert columns_of(cells)[0][-1] == datetime(2024, 1, 2)


@pytest.mark.parametrize(
    ("cells", "last"),
    [
        (["2001-11", "2001-12", "2002-01"], datetime(2002, 1, 1)),
        (["2001/11", "2001/12", "2002/01"], datetime(2002, 1, 1)),
        (["11/2001", "12/2001", "01/2002"], datetime(2002, 1, 1)),
        (["Nov 2001", "Dec 2001", "Jan 2002"], datetime(2002, 1, 1)),
        (["2001M11", "2001M12", "2002M01"], datetime(2002, 1, 1)),
        (["2001Q3", "2001Q4", "2002Q1"], datetime(2002, 1, 1)),
        (["2001-Q3", "2001-Q4", "2002-Q1"], datetime(2002, 1, 1)),
        (["2001", "2002", "2003"], datetime(2003, 1, 1)),
        (["2003", "2002", "2001"], datetime(2001, 1, 1)),
    ],
)
def test_months_quarters_and_years_are_dates(cells: list[str], last: datetime) -> None:
    (dates,) = columns_of(cells, "season")
    assert dates[-1] == last


SECONDS = [round(day.replace(tzinfo=UTC).timestamp()) for day in DAYS]


@pytest.mark.parametrize("title", ["timestamp", "open_time", "openTime", "Date (ms)", "ts", "y0"])
@pytest.mark.parametrize("form", ["{}", "{}000", "{}.0"])
def test_unix_times_are_dates(title: str, form: str) -> None:
    assert columns_of([form.format(second) for second in SECONDS], title) == [DAYS]
    assert columns_of([form.format(second) for second in SECONDS[::-1]], title) == [DAYS[::-1]]


def test_unix_times_in_no_order_are_dates_under_a_title_of_time_only() -> None:
    cells = [str(second) for second in [SECONDS[3], *SECONDS]]
    assert [dates[0] for dates in columns_of(cells, "time")] == [DAYS[3]]
    assert columns_of(cells, "sales") == []
    assert columns_of([str(round(1e9 + 1e6 * k**1.5)) for k in range(20)], "population") == []
    assert columns_of([str(k) for k in range(20)], "time") == []
    assert columns_of(["1200000000"] * 20, "time") == []


@pytest.mark.parametrize("title", ["year", "Fiscal_Year", "Jahr"])
def test_years_under_their_name_are_dates(title: str) -> None:
    assert len(columns_of(["2001", "2003", "2002"], title)) == 1


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        (["2001", "2003", "2002"], "price"),
        (["2001.5", "2002.5", "2003.5"], "year"),
        (["10.5", "11.5", "12.5"], "when"),
        (["north", "south", "east"], "when"),
        (["2024-13-01", "2024-00-01", "2024-01-32"], "when"),
        (["12:30", "12:31", "12:32"], "when"),
        (["2024-05-01"] * 3, "exported"),
        (["20240001", "20240002", "20240003"], "id"),
    ],
)
def test_other_columns_are_not(cells: list[str], title: str) -> None:
    assert columns_of(cells, title) == []


def test_days_and_months_that_could_be_either_are_read_both_ways() -> None:
    both = columns_of(["01/02/2024", "02/02/2024", "03/02/2024"])
    assert [dates[1] for dates in both] == [datetime(2024, 2, 2), datetime(2024, 2, 2)]
    assert {dates[2] for dates in both} == {datetime(2024, 3, 2), datetime(2024, 2, 3)}


def test_a_cell_that_is_no_date_is_none() -> None:
    cells = [f"{day:%Y-%m-%d}" for day in DAYS]
    cells[4] = "?"
    (dates,) = columns_of(cells)
    assert [k for k, date in enumerate(dates) if date is None] == [4]


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), min_size=2, max_size=8, unique=True))
def test_iso_date_times_come_back_exactly(dates: list[datetime]) -> None:
    assert columns_of([date.isoformat() for date in dates]) == [dates]
