"""Dates are continued in their own step: months, month ends, quarters, years, working days, hours."""

from __future__ import annotations

import pandas as pd
import pytest

from linrnn.data.row_dates import continue_dates
from linrnn.data.text_table import read_table
from linrnn.tasks.series_file import parse_table
from linrnn.tasks.series_question import format_date


@pytest.mark.parametrize("frequency", ["MS", "ME", "QS", "QE", "YS", "YE", "D", "W-WED", "B", "h", "15min", "2D"])
@pytest.mark.parametrize("start", ["2023-01-02", "2023-11-27", "2024-02-26"])
def test_dates_continue_as_pandas_says(frequency: str, start: str) -> None:
    every = [each.to_pydatetime() for each in pd.date_range(start, periods=40, freq=frequency)]
    assert continue_dates(every[:25], 15) == every[25:]


def test_a_gap_does_not_change_the_step_and_days_that_a_month_lacks_are_its_last() -> None:
    days = [each.to_pydatetime() for each in pd.date_range("2024-01-01", periods=10, freq="D")]
    assert continue_dates([*days[:4], *days[6:8]], 2) == days[8:]
    thirtieth = [each.to_pydatetime() for each in pd.to_datetime(["2023-10-30", "2023-11-30", "2023-12-30"])]
    assert [str(each.date()) for each in continue_dates(thirtieth, 3)] == ["2024-01-30", "2024-02-29", "2024-03-30"]


@pytest.mark.parametrize(
    ("content", "first", "text"),
    [
        (b"year,y\n1871,1\n1872,2\n1873,3\n1874,4\n", "1871-01-01", "1875"),
        (b"month;y\n2024-03;1\n2024-02;2\n2024-01;5\n", "2024-01-01", "2024-04"),
        (b"t,y\n2024-01-01 10:00,1\n2024-01-01 10:30,2\n2024-01-01 11:00,4\n", "2024-01-01", "2024-01-01 11:30"),
    ],
)
def test_dates_of_a_table(content: bytes, first: str, text: str) -> None:
    dates = parse_table(read_table(content, "a.csv"), "y", ["y"]).dates
    assert str(dates[0].date()) == first
    assert format_date(continue_dates(dates, 1)[0], dates) == text


def test_tables_without_dates_have_none() -> None:
    assert parse_table(read_table(b"y\n1\n2\n3\n", "a.csv"), "y", ["y"]).dates == ()
    shared = b"year,y\n1871,1\n1871,2\n1872,3\n1872,4\n"
    assert parse_table(read_table(shared, "a.csv"), "y", ["y"]).dates == ()
