"""Numbers in the cells of a table: how the cells of a column are written, and their values.

    "1120", "1,5e3"                plain, with a point or a comma
    "$1,234.50", "(7.00)"          formatted: currency, percent, separators of thousands, minus as parentheses
    "", "NA", "-"                  missing

A column has one format, in which all its cells are numbers. What may be a decimal mark or a separator of thousands is
not guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

POINT, COMMA = (re.compile(rf"[+-]?(\d+{mark}?\d*|{mark}\d+)([eE][+-]?\d+)?", re.ASCII) for mark in (r"\.", ","))
THOUSANDS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+", re.ASCII) for mark in ".,"}
CURRENCY = r"us\$|[$€£¥₹₩₽]|\b(?:usd|eur|gbp|chf|jpy|cny|inr|sek|nok|dkk|pln|cad|aud|brl|krw)\b"
SIGN = re.compile(rf"{CURRENCY}|[%‰]", re.IGNORECASE)  # of a unit, before or behind a number
UNIT = re.compile(r"(?<=[\d.,])\s*(°\s?[CFK]|[^\W\d_]\S{0,11}|°)$")  # a unit of measurement behind a number
BLANKS = re.compile(r"[\s'\u2019]")
DATE = re.compile(r"\d{4}-\d\d?-\d")  # of ISO 8601
FORMATTED = re.compile(r"[+\-]?\(?[+\-]?(\d{1,3}([.,]\d{3})+|\d{1,2}(,\d\d)+,\d{3}|\d+)?([.,]\d+)?\)?", re.ASCII)
MISSING = ("nan", "inf", "infinity", "na", "n/a", "null", "none")  # without their sign, in lower case; no words
MISSING_CELLS = {  # in lower case
    *("", "nan", "na", "n/a", "#n/a", "null", "none", "nil", "<na>", "nat", "missing"),
    *("-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "?", "#value!", "#div/0!", "#ref!", "#num!"),
}
POINT_UNITS = {"$", "us$", "£", "¥", "₹", "usd", "gbp", "jpy", "inr", "cad", "aud", "cny"}  # written with a point
ALIKE = str.maketrans(
    "\u2212\u00a0\u202f\u2009\u066b\u066c\u066a\uff05\uff0c\uff0e", "-   .,%%,."
)  # characters that mean the same


class NumberFormat(NamedTuple):
    """Decimal mark, separator of thousands and unit of the numbers of a column."""

    decimal: str
    thousands: str
    unit: str

    def parse(self, number: str) -> float:
        """The value of a number without its unit; nan where it is not in this format."""
        group, mark = re.escape(self.thousands), re.escape(self.decimal)
        lakh = rf"|[1-9]\d?({group}\d\d)+{group}\d{{3}}" if self.thousands == "," else ""  # 12,34,567
        whole = rf"([1-9]\d{{0,2}}({group}\d{{3}})+{lakh}|\d+)"
        if not re.fullmatch(rf"[+-]?({whole}({mark}\d*)?|{mark}\d+)([eE][+-]?\d+)?", number):
            return math.nan
        return float(number.replace(self.thousands, "").replace(self.decimal, "."))


CONVENTIONS = [(decimal, thousands) for thousands in (".", ",", " ", "'") for decimal in ".," if decimal != thousands]


def is_word(cell: str) -> bool:
    """Whether a cell can be a name: it begins with no digit or sign, and stands for no number, missing or formatted."""
    return (
        bool(cell) and cell[0] not in "+-.,0123456789" and cell.lower() not in MISSING and not is_formatted_number(cell)
    )


def is_number(cell: str, commas: bool) -> bool:
    """Whether a cell is a plain number, with a decimal comma where these are allowed."""
    return bool(POINT.fullmatch(cell) or (commas and COMMA.fullmatch(cell)))


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.lower() in MISSING_CELLS


def is_formatted_number(cell: str) -> bool:
    """Whether a cell holds a number that is not plain, such as $3.25, 3.1%, 1.234,5 or (7)."""
    bare = BLANKS.sub("", SIGN.sub("", cell.translate(ALIKE)))
    return any(character.isdecimal() for character in bare) and bool(FORMATTED.fullmatch(to_ascii_digits(bare)))


def resembles_number(cell: str) -> bool:
    """Whether a cell may be meant as a number: with a digit, no date or time, and no letter before it, or with a $."""
    has_digit = any(character.isdecimal() for character in cell)
    return (
        has_digit
        and ":" not in cell
        and not DATE.match(cell)
        and (not cell[0].isalpha() or any(unicodedata.category(each) == "Sc" for each in cell))
    )


def to_ascii_digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9."""
    return "".join(str(unicodedata.digit(each)) if each.isdecimal() else each for each in text)


def separate_unit(cell: str) -> tuple[str, str]:
    """Return number and unit of a cell, the number in ASCII digits and with a minus for parentheses."""
    text = to_ascii_digits(cell.translate(ALIKE)).replace("\u2019", "'")
    if match := SIGN.search(text):
        unit, text = match[0], (text[: match.start()].rstrip() + text[match.end() :].lstrip()).strip()
    else:
        match = None if is_number(text, commas=True) else UNIT.search(text)
        unit, text = (match[1], text[: match.start()]) if match else ("", text)
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1].strip()}"
    return re.sub(r"^([+-])\s+", r"\1", text), unit


def find_formats(cells: Iterable[str]) -> list[NumberFormat]:
    """Return the formats in which all cells that are not missing are numbers; those of equal values but once."""
    parts = [separate_unit(cell) for cell in cells if not is_missing(cell)]
    units = {unit.lower(): unit for number, unit in parts if unit or float_or_nan(number) != 0}
    if len(units) != 1:
        return []
    formats: dict[tuple[float, ...], NumberFormat] = {}
    for decimal, thousands in CONVENTIONS:
        form = NumberFormat(decimal, thousands, next(iter(units.values())))
        values = tuple(form.parse(number) for number, _ in parts)
        if all(map(math.isfinite, values)):
            formats.setdefault(values, form)
    return list(formats.values())


def float_or_nan(text: str) -> float:
    """Return the value of a plain number; nan for another text."""
    return float(text) if POINT.fullmatch(text) else math.nan


def choose_format(formats: Sequence[NumberFormat], commas: bool) -> NumberFormat | None:
    """Return the only format, or that with a decimal point where commas separate cells or the currency has points."""
    if len(formats) == 1:
        return formats[0]
    points = [form for form in formats if form.decimal == "."]
    return points[0] if points and (not commas or points[0].unit.lower() in POINT_UNITS) else None


def describe_bad_cell(cell: str, comma: bool) -> str:
    """Describe the error of a cell that is no finite number, and its remedy."""
    if is_missing(cell):
        what = f"{cell!r} is no finite number" if cell else "the cell is empty"
        return f"{what}: fill it in, or choose --set task.missing=interpolate, hold or split"
    if comma and "." in cell and POINT.fullmatch(cell):
        return f"{cell!r} has a decimal point, and other rows have a decimal comma: write all alike"
    if cell.lower().lstrip("+-") in MISSING or is_number(cell, comma):
        return f"{truncate(cell)!r} is no finite number: put one there"
    if is_formatted_number(cell):
        return f"{truncate(cell)!r} is not written as the numbers of other rows: write all alike"
    return f"{truncate(cell)!r} is not a number: correct it, or name other columns"


def truncate(cell: str, most: int = 40) -> str:
    """The first characters of a cell."""
    return cell if len(cell) <= most else f"{cell[:most]}..."
