"""Files as people have them: what is read of each, or what the message says. One row of a table for each file."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import socket
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pandas
import pytest

from linrnn.data.dates import MONTHS as MONTH_NAMES
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series

VALUES = [3.25, 1.5, 4.75, 1.25, 5.5, 9.0, 2.75, 6.25, 5.0, 3.5, 8.75, 7.25]
LARGE = [1120.5, 963.25, 1210.0, 1160.75, 813.5, 1230.0, 1370.25, 1140.5, 995.0, 1020.75, 935.5, 1110.25]
YEARS = list(range(1871, 1883))
MONTHS = [f"2020-{month:02d}" for month in range(1, 13)]
DAYS = [f"2020-03-{day:02d}" for day in range(1, 13)]
Settings = Mapping[str, Any]
NO_SETTINGS: Settings = {}
Content = bytes | str | Callable[[], bytes]


def lines(*columns: Any, head: str = "", separator: str = ",", end: str = "\n") -> str:
    """The text of a table with these columns."""
    rows = [separator.join(map(str, row)) for row in zip(*columns, strict=True)]
    return end.join([*([head] if head else []), *rows]) + end


def each(form: str, values: list[Any] = VALUES) -> list[str]:
    return [form.format(value) for value in values]


def german(value: float) -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


def workbook(*sheets: list[list[Any]]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for k, rows in enumerate(sheets):
        sheet = book.active if k == 0 else book.create_sheet(f"more{k}")
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


def frame(form: str, **options: Any) -> bytes:
    table = pandas.DataFrame({"day": pandas.to_datetime(DAYS), "y": VALUES})
    if options.get("index"):
        table = table.set_index("day")
    file = io.BytesIO()
    getattr(table, f"to_{form}")(file)
    return file.getvalue()


def array(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def archive(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return file.getvalue()


def forged(name: str) -> bytes:
    """An archive with one file whose size is said to be 2 GB."""
    return zipped(**{name: bytes(123_457)}).replace((123_457).to_bytes(4, "little"), (2 * 10**9).to_bytes(4, "little"))


class Case(NamedTuple):
    """A file, settings, and either the column and values that are read or parts of the message."""

    name: str
    content: Content
    column: str = "y"
    values: list[float] | None = None
    parts: tuple[str, ...] = ()  # of the question or a note, or of the error where there are no values
    settings: Settings = NO_SETTINGS


def read(
    name: str,
    content: Content,
    *parts: str,
    column: str = "y",
    values: Any = VALUES,
    settings: Settings = NO_SETTINGS,
) -> Case:
    return Case(name, content, column, list(values), parts, settings)


def error(name: str, content: Content, *parts: str, settings: Settings = NO_SETTINGS) -> Case:
    return Case(name, content, parts=parts, settings=settings)


DATED = lines(DAYS, VALUES, head="day,y")
HOLES = DATED.replace(",1.5\n", ",\n").replace(",9.0\n", ",NA\n")
SHOPS = lines(["north"] * 12 + ["south"] * 12, DAYS * 2, VALUES + LARGE, head="shop,day,y")
NULLS = [None if value == 1.5 else value for value in VALUES]
RECORDS = [{"day": day, "y": value} for day, value in zip(DAYS, VALUES, strict=True)]
BOOK = [["day", "y"], *([date.fromisoformat(day), value] for day, value in zip(DAYS, VALUES, strict=True))]
ARABIC = str.maketrans("0123456789.%", "٠١٢٣٤٥٦٧٨٩\u066b\u066a")
FULL_WIDTH = {ord("."): "\uff0e"} | {ord(str(k)): chr(0xFF10 + k) for k in range(10)}
OTHER_BOOK = [["day", "other"], *BOOK[1:]]

CASES = [
    # text
    read("nile.csv", lines(VALUES, YEARS, head="volume,year"), "12 rows, 1871 to 1882", column="volume"),
    read("plain.csv", lines(VALUES), "predicts '1' 1 row ahead", column="1"),
    read("months.csv", lines(MONTHS, VALUES, head="month,y"), "2020-01 to 2020-12: rows 1-7 train, 8-10 validate"),
    read("tabs.tsv", lines(DAYS, VALUES, head="day\ty", separator="\t")),
    read("semicolon.txt", lines(DAYS, VALUES, head="day;y", separator=";")),
    read("comma.csv", lines(DAYS, [german(v) for v in VALUES], head="day;y", separator=";")),
    read("bars.txt", lines(DAYS, VALUES, head="day|y", separator="|")),
    read("blanks.txt", lines(YEARS, each("{:8.2f}"), head="year   y", separator="  "), "1871 to 1882"),
    read("blanks.dat", lines(VALUES, LARGE, separator=" "), column="1", settings={"column": "1"}),
    read("padded.csv", lines(each(" {} "), YEARS, head="  y  , year ")),
    read("windows.csv", lines(DAYS, VALUES, head="day,y", end="\r\n")),
    read("old-mac.csv", lines(DAYS, VALUES, head="day,y", end="\r")),
    read("bom.csv", b"\xef\xbb\xbf" + DATED.encode()),
    read("excel.csv", "sep=;\n" + lines(VALUES, YEARS, head="y;year", separator=";")),
    read("commented.csv", "# river Nile\n# from 1871\n" + lines(VALUES, YEARS, head="y,year")),
    read("savetxt.csv", lines(YEARS, VALUES, head="# year,y"), "1871 to 1882"),
    read("latin-1.csv", lines(each("{}"), YEARS, head="Zufluß,Jahr").encode("latin-1"), "Latin-1", column="Zufluß"),
    read("utf-16.csv", DATED.encode("utf-16")),
    read("utf-16-bare.csv", DATED.encode("utf-16-le")),
    read("data.csv.gz", lambda: gzip.compress(DATED.encode())),
    read("only.zip", lambda: zipped(**{"data.csv": DATED.encode()})),
    read("unnamed-index.csv", lines(range(12), VALUES, head=",y")),
    read("no-ending", DATED),
    # numbers
    read("dollars.csv", lines(DAYS, each("${:.2f}"), head="day,y"), "'y' in $"),
    read("euros.csv", lines(DAYS, [f"{german(v)} €" for v in LARGE], head="day;y", separator=";"), "in €",
         values=LARGE),
    read("code.csv", lines(DAYS, each("USD {}"), head="day,y"), "in USD"),
    read("percent.csv", lines(DAYS, each("{}%"), head="day,y"), "in %"),
    read("quoted.csv", lines(DAYS, each('"{:,.2f}"', LARGE), head="day,y"), "is read as 1120.5", values=LARGE),
    read("swiss.csv", lines(DAYS, each("{:,.2f}", LARGE), head="day;y", separator=";").replace(",", "'"), values=LARGE),
    read("french.csv", lines(DAYS, [german(v).replace(".", "\u202f") for v in LARGE], head="day;y", separator=";"),
         values=LARGE),
    read("books.csv", lines(DAYS, each("({})"), head="day,y"), values=[-v for v in VALUES]),
    read("minus.csv", lines(DAYS, each("\u2212{}"), head="day,y"), values=[-v for v in VALUES]),
    read("arabic.csv", lines(each("{}"), head="y").translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
    read("rows-dollars.csv", lines(range(12), each("${}"), head="row,y")),
    read("rows-percent.csv", lines(each("{}%"), range(12), head="y,row")),
    read("rows-german.csv", lines(range(12), [f'"{german(v)}"' for v in LARGE], head="row,y"), values=LARGE),
    read("rows-arabic.csv", lines(range(12), [text.translate(ARABIC) for text in each("{}%")], head="row,y"), "in %"),
    read("rows-full-width.csv", lines(range(12), [text.translate(FULL_WIDTH) for text in each("{}")], head="row,y")),
    read("rows-weights.csv", lines(range(12), each("{} kg"), head="row,y"), "in kg"),
    error("rows-approximate.csv", lines(range(12), each("~{}"), head="row,y"), "row 2, column 'y': '~3.25' is not a"),
    error("rows-fractions.csv", lines(range(12), each("{:.0f}/8"), head="row,y"), "column 'y'", "is not a number"),
    error("numbers-weights.csv", lines(LARGE, each("{} kg"), head="number,y"), "'number' (1120.5, ", "'y' (3.25 kg",
          "--set task.column=y"),
    error("numbers-brazil.csv", lines(LARGE, each("R$ {}"), head="number,y"), "'y' (R$ 3.25", "--set task.column=y"),
    read("unit.csv", lines(DAYS, VALUES, head="day,flow (m3/s)"), "predicts 'flow (m3/s)'", column="flow (m3/s)"),
    read("short.csv", lines(VALUES, LARGE, head="Flow (m3/s),rain"), column="Flow (m3/s)", settings={"column": "flow"}),
    read("comma-name.csv", lines(VALUES, YEARS, head='"flow, mean",year'), "predicts 'flow, mean'",
         column="flow, mean"),
    read("inputs.csv", lines(VALUES, LARGE, head="y,rain"), "from 'rain' and its own past", column="y",
         settings={"column": "y", "inputs": "rain,y"}),
    # dates
    read("newest.csv", lines(DAYS[::-1], VALUES[::-1], head="day,y"), "newest first"),
    read("gap.csv", lines(DAYS[:5] + each("2020-04-{:02d}", range(1, 8)), VALUES, head="day,y"),
         "between rows 6 and 7"),
    read("american.csv", lines(each("3/{}/2020", range(1, 13)), VALUES, head="day,y")),
    read("quarters.csv", lines([f"Q{k % 4 + 1} {2000 + k // 4}" for k in range(12)], VALUES, head="when,y"), "2000-01"),
    read("short-months.csv", lines([f"{month.title()}-20" for month in MONTH_NAMES],
                                   VALUES, head="when,y"), "2020-01 to 2020-12"),
    read("long-days.csv", lines([f"Monday {k} March 2020" for k in range(1, 13)], VALUES,
                                head="when,y"), "2020-03-01 to 2020-03-12"),
    read("clock.csv", lines(["2020-01-02"] * 6 + ["2020-01-03"] * 6, each("{}:30", [*range(0, 24, 4)] * 2), VALUES,
                            head="date,time,y"),
         "2020-01-02 00:30 to 2020-01-03 20:30"),
    read("shops.csv", SHOPS, "for each 'shop'; 12 rows, 2020-03-01 to 2020-03-12", settings={"group": "shop"}),
    # missing cells
    read("held.csv", HOLES, "2 cells are missing, the first in row 3", settings={"missing": "hold"},
         values=[3.25, 3.25, 4.75, 1.25, 5.5, 5.5, *VALUES[6:]]),
    read("interpolated.csv", HOLES, "interpolated", settings={"missing": "interpolate"},
         values=[3.25, 4.0, 4.75, 1.25, 5.5, 4.125, *VALUES[6:]]),
    # other formats
    read("book.xlsx", lambda: workbook(BOOK), "2020-03-01 to 2020-03-12"),
    read("book-named-text.csv", lambda: workbook(BOOK)),
    read("named-sheet.xlsx", lambda: workbook(OTHER_BOOK, BOOK), "sheet 'more1' is read, not 'Sheet'",
         settings={"sheet": "more1"}),
    read("numbered-sheet.xlsx", lambda: workbook([], OTHER_BOOK, BOOK), "sheet 'more2'", settings={"sheet": "3"}),
    read("first-sheet.xlsx", lambda: workbook(BOOK, OTHER_BOOK), "'Sheet' is read", settings={"sheet": "[first]"}),
    error("two-sheets.xlsx", lambda: workbook(BOOK, [], OTHER_BOOK),
          "2 sheets with cells, 'Sheet', 'more2': name one, such as --set task.sheet=more2"),
    error("no-such-sheet.xlsx", lambda: workbook(BOOK, OTHER_BOOK), "no sheet '3': there are 'Sheet', 'more1'",
          settings={"sheet": "3"}),
    error("sheet.csv", DATED, "task.sheet is for workbooks (.xlsx)", settings={"sheet": "more1"}),
    read("sheets.xlsx", lambda: workbook([], [[], [None, "y"], *([None, v] for v in VALUES)]), "sheet 'more1' is read"),
    read("table.parquet", lambda: frame("parquet"), "2020-03-01 to 2020-03-12"),
    read("index.parquet", lambda: frame("parquet", index=True), "2020-03-01 to 2020-03-12"),
    read("table.feather", lambda: frame("feather")),
    read("records.json", json.dumps(RECORDS), "2020-03-01 to 2020-03-12"),
    read("columns.json", json.dumps({"day": DAYS, "y": VALUES})),
    read("pandas.json", lambda: pandas.DataFrame({"y": VALUES}).to_json().encode()),
    read("values.json", json.dumps(VALUES), column="1"),
    read("lines.jsonl", "".join(json.dumps(record) + "\n" for record in RECORDS)),
    read("array.npy", lambda: array(np.array(VALUES)), column="1"),
    read("fields.npy", lambda: array(np.array([(v,) for v in VALUES], dtype=[("y", float)]))),
    # which column
    error("two.csv", lines(DAYS, VALUES, LARGE, head="day,open,close"),
          "'open' (3.25, 1.5, 4.75, ...) or 'close' (1120", "--set task.column=close"),
    error("nameless.csv", lines(VALUES, LARGE), "2 columns without names", "'1' (3.25", "--set task.column=2"),
    error("counter.csv", lines(range(12), head="row"), "column 'row' counts up in constant steps"),
    error("typo.csv", lines(VALUES, head="sales"), "no column 'sale' (did you mean 'sales'?)",
          settings={"column": "sale"}),
    error("long.csv", SHOPS, "'shop' has 2 series (north, south, ...)", "--set task.group=shop"),
    error("long-years.csv", lines(["Chad"] * 12 + ["Peru"] * 12, YEARS * 2, VALUES + LARGE, head="country,year,y"),
          "'country' has 2 series", "--set task.group=country"),
    error("words.csv", lines(DAYS, ["up", "down"] * 6, head="day,what"), "row 2, column 'what'",
          "'up' is not a number"),
    # wrong cells and rows
    error("hole.csv", HOLES, "row 3, column 'y': the cell is empty", "task.missing=interpolate, hold or split"),
    error("na.csv", HOLES.replace(",\n", ",1\n"), "row 7, column 'y': 'NA' is no finite number", "task.missing"),
    error("first.csv", DATED.replace("3.25", ""), "row 2, column 'y'", "no value stands before it",
          settings={"missing": "hold"}),
    error("null.json", json.dumps({"y": NULLS}), "row 2, column 'y': the cell is empty", "task.missing"),
    error("total.csv", DATED + "Total,99\n", "row 14, column 'day': 'Total' is no date", "delete the row"),
    error("footer.csv", DATED + "Source: somebody\n", "row 14: there are 1 cells, and 2", "below the table"),
    error("preamble.csv", "Daily values\n\n" + DATED, "begin in row 3", "delete the rows before it"),
    error("twice.csv", lines([DAYS[0], *DAYS[:-1]], VALUES, head="day,y"), "row 3", "is the date of row 2, too"),
    error("shuffled.csv", lines(DAYS[6:] + DAYS[:6], VALUES, head="day,y"), "row 8", "sort the rows"),
    error("mixed.csv", lines(DAYS, [*each("${}", VALUES[:6]), *each("€{}", VALUES[6:])], head="day,y"),
          "row 2", "alike"),
    error("thousands.csv", lines(DAYS, ["998", *each("1,{:03d}", range(2, 13))], head="day;y", separator=";"),
          "row 3, column 'y': '1,002' may be a decimal number or thousands: write 1002 or 1,0020"),
    error("outlier.csv", DATED.replace("1.5", "high"), "row 3, column 'y': 'high' is not a number",
          settings={"column": "y"}),
    # no table
    error("empty.csv", b"", "is empty"),
    error("header.csv", "day,y\n", "a header and no rows"),
    error("page.csv", "<!DOCTYPE html><html></html>", "is HTML", "save the table as"),
    error("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "Excel before 2007", "save the table as .csv"),
    error("model.pkl", lambda: pickle.dumps(VALUES), "is a pickle, which could run any code"),
    error("paper.csv", b"%PDF-1.7 ...", "is a PDF"),
    error("open.ods", lambda: zipped(mimetype=b"opendocument"), "format that is not read: save it as .xlsx or .csv"),
    error("two.zip", lambda: zipped(**{"a.csv": b"y\n", "b.csv": b"y\n"}), "2 files (a.csv, b.csv)", "extract one"),
    error("cut.xlsx", lambda: workbook(BOOK)[:3000], "cut.xlsx is a damaged"),
    error("cut.parquet", lambda: frame("parquet")[:500], "ends too early"),
    error("false.parquet", b"PAR1" + bytes(100) + b"PAR1", "is no Parquet file that can be read"),
    error("cut.csv.gz", lambda: gzip.compress(DATED.encode())[:-9], "ends within its compressed data"),
    error("broken.json", '[{"y": 1},', "row 1: this is no JSON", "write records"),
    error("nested.json", "[" * 100_000, "nested too deeply"),
    error("objects.npy", lambda: array(np.array([{}], dtype=object)), "it holds objects"),
    error("cube.npy", lambda: array(np.zeros((12, 2, 2))), "has the shape (12, 2, 2)"),
    error("false.npy", lambda: array(np.zeros(2)).replace(b"(2,)", b"(2000000000000,)"), "cannot be read"),
    error("other.npz", lambda: archive(a=np.zeros(9)), "array 'inputs'", "it has a", "numpy.savez"),
    error("binary.csv", bytes(range(1, 256)) * 4, "no text"),
    # limits
    error("one-line.csv", b"1," * 5_000_000, "row 1: the line has 10,000,000 characters", "at most 1,000,000"),
    error("wide.csv", b"1," * 20_000, "20,001 columns, and at most 10,000"),
    error("cell.csv", b"y\n" + b"1" * 200_000, "row 2: a cell has more than 131,072 characters"),
    error("rows.csv", b"1\n" * 10_000_002, "at most 10,000,000 are read"),
    error("large.json", b"[" + b"[]," * 10_100_000 + b"[]]", "30 MB of JSON"),
    error("title.csv", b"a" * 140_000 + b",b\n1,2\n", "characters"),
    error("bomb.csv.gz", lambda: gzip.compress(bytes(10_000_000), 1) * 11, "at most 100 MB"),
    error("bomb.zip", lambda: forged("a.csv"), "has 2,000 MB of data, and at most 100 MB"),
    error("bomb.npz", lambda: forged("inputs.npy"), "has 2,000 MB of data, and at most 100 MB"),
]  # fmt: skip


def test_there_are_at_least_sixty_files_with_names_of_their_own() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_read_of_a_file_or_said(case: Case, tmp_path: Path) -> None:
    content = case.content() if callable(case.content) else case.content
    path = tmp_path / case.name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if case.values is None:
        with pytest.raises((DataError, ConfigError)) as caught:
            Series(file=str(path), **case.settings).load()
        message = str(caught.value)
        assert case.name in message
        assert "rename it" not in message
        assert "\n" not in message
        assert len(message) < 500
        assert all(part in message for part in case.parts), message
        return
    task = Series(file=str(path), **case.settings).load().task
    data = task.data()
    assert task.column == case.column
    assert data.targets[:, 0, 0].tolist() == pytest.approx(case.values, rel=1e-15)
    words = "\n".join([task.question, *task.notes()])
    assert all(part in words for part in case.parts), words


def test_special_files_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("plug.csv")  # a path of at most 107 bytes
        kinds = {"/dev/zero": "device", f"{tmp_path}/pipe.csv": "pipe", f"{tmp_path}/plug.csv": "socket"}
        for path, kind in kinds.items():
            with pytest.raises(DataError, match=f"is a {kind}, no plain file: name one, or write -"):
                Series(file=path).load()
