"""The predicted column is never a guess: one alone can be meant, or the error says which there are and what to type."""

from __future__ import annotations

import pytest

from linrnn.data.column_choice import choose_column
from linrnn.data.number_column import parse_numbers
from linrnn.data.text_table import read_table
from linrnn.errors import DataError

NUMBERS = [round(10 + 7 * (k * k % 11) / 11, 2) for k in range(24)]


def table(header: str, *columns: list[object], separator: str = ",") -> bytes:
    rows = zip(*columns, strict=True)
    text = (f"{header}\n" if header else "") + "".join(separator.join(map(str, row)) + "\n" for row in rows)
    return text.encode()


def choose(content: bytes, group: str = "") -> str:
    return choose_column(read_table(content, "sales.csv"), group)


DAYS = [f"2024-01-{k + 1:02d}" for k in range(24)]
COUNT = list(range(24))
YEARS = [1990 + k for k in range(24)]


@pytest.mark.parametrize(
    ("content", "column"),
    [
        (table("y", NUMBERS), "y"),
        (table("", NUMBERS), "1"),
        (table("day,y", DAYS, NUMBERS), "y"),
        (table("y,row", NUMBERS, COUNT), "y"),
        (table("volume,year", NUMBERS, YEARS), "volume"),
        (table("volume,year", NUMBERS, YEARS[::-1]), "volume"),
        (table("volume,year", NUMBERS, [2000 + k // 12 for k in COUNT]), "volume"),
        (table("seconds,y", [k / 10 for k in COUNT], NUMBERS), "y"),
        (table("timestamp,y", [1600000000 + k * k for k in COUNT], NUMBERS), "y"),
        (table("word,y", ["a", "b"] * 12, NUMBERS), "y"),
        (table("row,price", COUNT, [f"${number}" for number in NUMBERS]), "price"),
        (table("row,share", COUNT, [f"{number} %" for number in NUMBERS]), "share"),
    ],
)
def test_the_only_column_that_can_be_meant_is_taken(content: bytes, column: str) -> None:
    assert choose(content) == column


def test_the_column_of_groups_is_not_meant_and_a_count_starts_anew_in_each() -> None:
    content = table("shop,row,y", [k // 12 for k in COUNT], [k % 12 for k in COUNT], NUMBERS)
    assert choose(content, "shop") == "y"


def formatted(form: str) -> list[object]:
    return [form.format(number) for number in NUMBERS]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (table("day,a,b", DAYS, NUMBERS, NUMBERS), ["'a' (10.0, 10.64, 12.55, ...) or 'b' (", "task.column=b"]),
        (table("day,a b,it's", DAYS, NUMBERS, NUMBERS), ["""--set 'task.column=it'"'"'s'"""]),
        (table("", DAYS, NUMBERS), ["2 columns without names", "--set task.column=2"]),
        (table("row", COUNT), ["'row' counts", "--set task.column=row"]),
        (table("day,row", DAYS, COUNT), ["'row' counts", "--set task.column=row"]),
        (table("year", YEARS), ["'year' holds dates", "--set task.column=year"]),
        (table("day,day 2", DAYS, DAYS), ["'day 2' holds dates", "--set 'task.column=day 2'"]),
        (table("time", [1600000000 + k for k in COUNT]), ["'time' holds dates", "--set task.column=time"]),
        (table("volume,price", NUMBERS, formatted("${}")), ["'price' ($10.0", "--set task.column=price"]),
        (table("a,b,c,d,e,f,g,h", *[NUMBERS] * 8), ["'f' (10.0, 10.64, 12.55, ...) and 2 more columns", "column=h"]),
    ],
)  # fmt: skip
def test_whatever_else_is_refused_with_what_to_do(content: bytes, parts: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        choose(content)
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in ["sales.csv", *parts]), caught.value


@pytest.mark.parametrize("mark", [",", "."])
def test_a_mark_that_may_part_thousands_is_refused(mark: str) -> None:
    def numbers(text: str) -> list[float]:
        return parse_numbers(read_table(text.replace(",", mark).encode(), "sales.csv"), "y").tolist()

    with pytest.raises(DataError, match=r"row 3, column 'y': '1[.,]002' may be .* thousands: write 1002 or 1[.,]0020"):
        numbers("y;t\n998;1\n1,002;2\n1,004;3\n")
    with pytest.raises(DataError, match="row 2, column 'y'"):
        numbers("y\tt\n1,002\t2\n-987\t1\n")
    assert numbers("y;t\n998,5;1\n1,002;2\n3;3\n") == [998.5, 1.002, 3]
    assert numbers("y;t\n0,998;1\n1,002;2\n3;3\n") == [0.998, 1.002, 3]
    assert numbers("y;t\n9,998;1\n1,002;2\n0;3\n") == [9.998, 1.002, 0]
    assert numbers("y;t\n998;1\n2;2\n") == [998, 2]


def test_a_point_is_a_decimal_point_where_commas_separate_cells() -> None:
    assert parse_numbers(read_table(b"y,t\n998,1\n1.002,2\n", "d"), "y").tolist() == [998, 1.002]


def test_a_file_without_a_header_does_not_lose_its_first_row_to_a_currency_sign() -> None:
    assert read_table(b"$1.5\n$2.5\n", "d").header == ("1",)
