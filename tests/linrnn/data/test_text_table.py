"""Tables of text: every way to write one is read as the same, and what is wrong is said with its place."""

from __future__ import annotations

import codecs
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linrnn.data.number_column import numeric_columns, parse_numbers
from linrnn.data.text_table import read_table
from linrnn.errors import DataError

VALUES = st.floats(allow_nan=False, allow_infinity=False)


@given(
    values=st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=8),
    separator=st.sampled_from(",;\t"),
    comma=st.booleans(),
    mark=st.booleans(),
    titled=st.booleans(),
    dated=st.booleans(),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    left=st.sampled_from(["", "\n\n"]),
)
def test_however_it_is_written_the_values_are_the_same(
    values: list[tuple[float, float]],
    separator: str,
    comma: bool,
    mark: bool,
    titled: bool,
    dated: bool,
    ending: str,
    left: str,
) -> None:
    comma = comma and separator != ","
    days = [str(date(2024, 1, 30) + timedelta(days=k)) for k in range(len(values))]
    rows = [[*([day] if dated else []), repr(one), repr(two)] for day, (one, two) in zip(days, values, strict=True)]
    rows = [[cell.replace(".", ",") for cell in row] for row in rows] if comma else rows
    names = [*(["day"] if dated else []), "one", "two"] if titled else [str(k + 1) for k in range(len(rows[0]))]
    lines = [separator.join(row) for row in ([names] if titled else []) + rows]
    text = left.replace("\n", ending) + ending.join(lines) + ending
    table = read_table(codecs.BOM_UTF8 * mark + text.encode(), "data.csv")
    assert list(table.header) == names
    assert numeric_columns(table) == names[-2:]
    assert table.lines == [len(left) + titled + k + 1 for k in range(len(values))]
    read = zip(*(parse_numbers(table, name).tolist() for name in names[-2:]), strict=True)
    assert [tuple(value.hex() for value in row) for row in read] == [tuple(v.hex() for v in row) for row in values]


def test_one_column_with_decimal_commas_under_its_name() -> None:
    assert parse_numbers(read_table(b"y\n1,5\n-2\n,5e1\n", "d"), "y").tolist() == [1.5, -2, 5]


def test_a_quoted_comma_between_commas_is_of_thousands_unless_it_cannot_be() -> None:
    assert parse_numbers(read_table(b't,y\n1,"1,234"\n2,3\n3,4\n', "d"), "y").tolist() == [1234, 3, 4]
    assert parse_numbers(read_table(b't,y\n1,"1,234"\n2,"3,5"\n3,4\n', "d"), "y").tolist() == [1.234, 3.5, 4]


def test_quotes_hold_separators_and_line_ends() -> None:
    table = read_table(b'"a, b",y\n"x\ny",1\n"z",2\n', "d")
    assert (table.header, table.lines, table.rows[0]) == (("a, b", "y"), [2, 4], ["x\ny", "1"])


def test_words_in_the_first_row_are_a_header_only_above_numbers() -> None:
    assert read_table(b"north,1\nnorth,2\n", "d").header == ("1", "2")
    assert read_table(b"group,y\nnorth,2\n", "d").header == ("group", "y")
    assert read_table(b",y\n0,1\n1,2\n", "d").header == ("#1", "y")


def test_columns_of_dates_and_of_words_are_not_numeric() -> None:
    rows = "".join(f"2024-01-{day:02d} 12:00;word;{day};{day}%\n" for day in range(1, 9))
    table = read_table(f"when;what;n;share\n{rows}".encode(), "d")
    assert numeric_columns(table) == ["n"]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["is empty"]),
        (b"\n \n\n", ["is empty"]),
        (b"\xef\xbb\xbf", ["is empty"]),
        (b"day,y\n", ["a header and no rows"]),
        (b"a,y\n1,2\n1\n", ["row 3", "1 cells, and 2 in row 1", "make them equal"]),
        (b"a,y\n1,2\n1,2,3\n", ["row 3", "3 cells"]),
        (b"a,y\n1,2\n\n1,2\n", ["row 3", "empty", "delete"]),
        (b"y,x,y\n1,2,3\n", ["row 1", "column 'y'", "twice", "rename"]),
        (b"\xff\xfey", ["row 1", "UTF-16 text as it begins", "save it as UTF-8"]),
        (b"y\n1\n2\0\n", ["row 3", "NUL"]),
        (b"y\n1\n\xfc\x01\n", ["row 3", "this is no text"]),
        (b'y,z\n1,2\n"1,2\n3,4\n', ["row 3", "quotes"]),
        (b"y\n" + b"1" * 200_000 + b"\n", ["row 2", "more than 131,072 characters"]),
    ],
)
def test_what_is_no_table_is_said_with_its_place(content: bytes, parts: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_table(content, "data.csv")
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in ["data.csv", *parts]), caught.value


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("", "empty"),
        ("abc", "'abc' is not a number"),
        ("nan", "no finite number"),
        ("-inf", "no finite number"),
        ("NA", "no finite number"),
        ("1e999", "no finite number"),
        ("1_000", "not a number"),
        ("0x10", "not a number"),
        ("2.5", "decimal point"),
        ("x" * 1000, "xxx..."),
    ],
)
def test_a_cell_that_is_no_number_is_said_with_its_place(cell: str, part: str) -> None:
    table = read_table(f"t;y\n1;1,5\n2;{cell}\n3;2,5\n".encode(), "data.csv")
    assert "y" in numeric_columns(table)
    with pytest.raises(DataError) as caught:
        parse_numbers(table, "y")
    message = str(caught.value)
    assert message.startswith("data.csv, row 3, column 'y': ")
    assert part in message
    assert len(message) < 160


def test_an_unknown_column_is_said_with_those_there_are() -> None:
    with pytest.raises(
        DataError, match=r"data.csv has no column 'sale' \(did you mean 'sales'\?\); there are: t, sales"
    ):
        parse_numbers(read_table(b"t,sales\n1,2\n", "data.csv"), "sale")
