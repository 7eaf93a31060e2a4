"""Rows by their dates: newest first is reversed and noted, gaps are noted, disorder and duplicates are refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from linrnn.data.sequences import Splits
from linrnn.errors import DataError
from linrnn.tasks.series import Series

VALUES = np.round(np.random.default_rng(0).normal(10, 3, 30), 3).tolist()
DAYS = [date(2024, 1, 1) + timedelta(days=k) for k in range(30)]
Rows = Sequence[tuple[object, ...]]


def series(rows: Rows, header: str = "day,y", **settings: str) -> Series:
    text = header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    return Series(file="/sales.csv", column="y", **settings).attach(text.encode())  # type: ignore[arg-type]


def dated(days: Sequence[object]) -> list[tuple[object, ...]]:
    return list(zip(days, VALUES, strict=False))


def assert_equal(one: Splits, other: Splits) -> None:
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.inputs, b.inputs)
        assert np.array_equal(a.targets, b.targets)


def month(k: int) -> str:
    return f"{2000 + k // 12}-{k % 12 + 1:02d}"


FORMS: dict[str, Callable[[int], object]] = {
    "iso": lambda k: DAYS[k],
    "american": lambda k: f"{DAYS[k]:%m/%d/%Y}",
    "german": lambda k: f"{DAYS[k]:%d.%m.%Y}",
    "either day or month first": lambda k: f"{k % 12 + 1:02d}/01/{2000 + k // 12}",
    "months": month,
    "years": lambda k: 1990 + k,
    "hours": lambda k: datetime(2024, 1, 1) + timedelta(hours=k),
    "working days": lambda k: np.busday_offset("2024-01-01", k),
    "unix time": lambda k: 1577836800 + 86400 * k,
    "unix time in milliseconds": lambda k: 1577836800000 + 60_000 * k,
    "month ends": lambda k: np.datetime64(month(k + 1)).astype("datetime64[D]") - 1,
}


@pytest.mark.parametrize("form", FORMS)
def test_rows_newest_first_are_read_in_ascending_order_and_it_is_noted(form: str) -> None:
    header = "year,y" if form == "years" else "day,y"
    rows = dated([FORMS[form](k) for k in range(30)])
    ascending, descending = series(rows, header), series(rows[::-1], header)
    assert ascending.notes() == ()
    (note,) = descending.notes()
    assert "newest first" in note
    assert_equal(ascending.splits(), descending.splits())


def test_each_group_is_put_in_order() -> None:
    rows = [(day, who, y + k) for day, y in dated(DAYS) for k, who in enumerate("ab")]
    header = "day,who,y"
    for others in (rows[::-1], sorted(rows, key=lambda row: str(row[1])), [*rows[::2], *rows[1::2][::-1]]):
        task = series(others, header, group="who")
        order = [0, 1] if others[0][1] == "a" else [1, 0]
        for one, other in zip(series(rows, header, group="who").splits(), task.splits(), strict=True):
            assert np.array_equal(one.targets[:, order], other.targets)
    assert "newest first in group 'b'" in task.notes()[0]


@pytest.mark.parametrize(
    ("days", "row", "part"),
    [
        ([*DAYS[:5], DAYS[4], *DAYS[5:]], 7, "is the date of row 6, too"),
        ([*DAYS[:5], DAYS[9], *DAYS[5:9]], 8, "is earlier than row 7"),
        ([*DAYS[::-1][:5], DAYS[29], *DAYS[::-1][5:]], 7, "is later than row 6"),
        ([*DAYS[:5], "soon", *DAYS[6:]], 7, "'soon' is no date"),
        ([*DAYS[:5], "", *DAYS[6:]], 7, "'' is no date"),
    ],
)
def test_disorder_and_duplicates_name_the_first_such_row(days: list[object], row: int, part: str) -> None:
    with pytest.raises(DataError) as caught:
        series(dated(days)).data()
    assert str(caught.value).startswith(f"sales.csv, row {row}, column 'day': ")
    assert part in str(caught.value)


def test_a_duplicate_within_a_group_is_refused_and_between_groups_is_not() -> None:
    rows = [(day, who, y + k) for day, y in dated(DAYS) for k, who in enumerate("ab")]
    header = "day,who,y"
    with pytest.raises(DataError, match=r"column 'who' has 2 series \(a, b, .*--set task\.group=who"):
        series(rows, header).data()
    rows[5] = (rows[3][0], *rows[5][1:])
    with pytest.raises(DataError, match=r"row 7, column 'day': '2024-01-02' is the date of row 5, too"):
        series(rows, header, group="who").data()


def test_gaps_are_noted_and_nothing_else_changes() -> None:
    task = series(dated([*DAYS[:5], *(day + timedelta(days=3) for day in DAYS[5:])]))
    (note,) = task.notes()
    assert "1 of 29 steps" in note
    assert "1 day" in note
    assert "rows 6 and 7" in note
    assert_equal(task.splits(), series([(y,) for y in VALUES], "y").splits())


def test_years_that_several_rows_share_are_no_duplicates() -> None:
    rows = [(2000 + k // 12, k % 12 + 1, y) for k, y in enumerate(VALUES)]
    assert series(rows, "year,month,y").notes() == ()
    with pytest.raises(DataError, match="oldest first"):
        series(rows[::-1], "year,month,y").data()


def test_of_several_columns_of_dates_that_in_order_counts() -> None:
    shuffled = np.random.default_rng(0).permutation(30)
    rows = [(DAYS[k], day, y) for k, (day, y) in zip(shuffled, dated(DAYS[::-1]), strict=True)]
    assert "column 'day'" in series(rows, "shipped,day,y").notes()[0]


def test_a_predicted_column_is_not_the_time() -> None:
    years = [2001, 2003, 2002] * 10
    assert series([(k, y) for k, y in enumerate(years)], "t,y").notes() == ()
    text = "year\n" + "".join(f"{y}\n" for y in years)
    assert Series(file="/d.csv", column="year").attach(text.encode()).notes() == ()


@pytest.mark.parametrize("numbers", [range(119, 89, -1), [k / 10 for k in range(30, 0, -1)]])
def test_a_column_that_counts_down_is_refused_unless_it_is_an_input_or_dates_show_the_order(
    numbers: Sequence[float],
) -> None:
    with pytest.raises(DataError, match="'id' counts down"):
        series(dated(numbers), "id,y").data()
    assert series(dated(numbers[::-1]), "id,y").notes() == ()
    assert series(dated(numbers), "id,y", inputs="id,y").notes() == ()
    rows = [(day, number, y) for number, (day, y) in zip(numbers, dated(DAYS), strict=True)]
    assert series(rows, "day,id,y").notes() == ()


def test_a_column_that_counts_down_in_each_group_is_refused() -> None:
    rows = [(30 - k, who, y) for who in "ab" for k, y in enumerate(VALUES)]
    with pytest.raises(DataError, match="'id' counts down"):
        series(rows, "id,who,y", group="who").data()
