"""Numbers in the cells of a table: the formats that are read, and errors for others."""

from __future__ import annotations

import re

POINT, COMMA = (re.compile(rf"[+-]?(\d+{mark}?\d*|{mark}\d+)([eE][+-]?\d+)?", re.ASCII) for mark in (r"\.", ","))
THOUSANDS = {mark: re.compile(rf"[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+", re.ASCII) for mark in ".,"}
UNIT = re.compile(r"[$€£¥₹%]|\b(usd|eur|gbp|chf|jpy)\b|[\s'\u2019]", re.IGNORECASE)  # left out of a formatted number
FORMATTED = re.compile(r"[+\-\u2212]?\(?[+\-\u2212]?(\d{1,3}([.,]\d{3})+|\d+)?([.,]\d+)?\)?", re.ASCII)
MISSING = ("nan", "inf", "infinity", "na", "n/a", "null", "none")  # without their sign, in lower case


def is_word(cell: str) -> bool:
    """Whether a cell can be a name: it begins with no digit or sign, and stands for no number, missing or formatted."""
    return (
        bool(cell) and cell[0] not in "+-.,0123456789" and cell.lower() not in MISSING and not is_formatted_number(cell)
    )


def is_number(cell: str, commas: bool) -> bool:
    """Whether a cell is a number, with a decimal comma where these are allowed."""
    return bool(POINT.fullmatch(cell) or (commas and COMMA.fullmatch(cell)))


def describe_bad_cell(cell: str, comma: bool) -> str:
    """Describe the error of a cell that is no finite number, and its remedy."""
    if not cell:
        return "the cell is empty: fill it in, or delete the row"
    if comma and "." in cell and POINT.fullmatch(cell):
        return f"{cell!r} has a decimal point, and other rows have a decimal comma: write all alike"
    if cell.lower().lstrip("+-") in MISSING or is_number(cell, comma):
        return f"{truncate(cell)!r} is no finite number: put one there, or delete the row"
    if is_formatted_number(cell):
        return (
            f"{truncate(cell)!r} is not a number as it is written: leave out currency, percent sign and thousands "
            "separators"
        )
    return f"{truncate(cell)!r} is not a number: correct it, or name other columns"


def is_formatted_number(cell: str) -> bool:
    """Whether a cell holds a number in a format that is not read, such as $3.25, 3.1%, 1.234,5 or (7)."""
    bare = UNIT.sub("", cell)
    return any(character.isdecimal() for character in bare) and bool(FORMATTED.fullmatch(bare))


def truncate(cell: str) -> str:
    """At most 40 characters of a cell."""
    return cell if len(cell) <= 40 else f"{cell[:40]}..."
