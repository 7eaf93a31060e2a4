"""Text in the bytes of a file: UTF-8, UTF-16 or UTF-32 where the bytes say so, else Windows-1252, a larger Latin-1."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from linrnn.errors import DataError

MARKS = (  # byte order marks, the longer ones first
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 1000  # bytes that decide whether a text without a mark is UTF-16
CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # bytes that no text has


class FileText(NamedTuple):
    """The text of a file, and notes for the user on how it was decoded."""

    text: str
    notes: tuple[str, ...] = ()


def decode(content: bytes, name: str) -> FileText:
    """Return the text in some bytes. DataError where they hold none."""
    encoding = next((encoding for mark, encoding in MARKS if content.startswith(mark)), find_wide_encoding(content))
    if encoding in ("", "utf-8-sig") and b"\0" in content:
        row = content[: content.index(b"\0")].count(b"\n") + 1
        raise DataError(f"{name}, row {row}: there are NUL bytes, so that this is no text: save it as UTF-8 text")
    try:
        return FileText(content.decode(encoding or "utf-8"))
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        if encoding or CONTROLS.search(content):
            what = f"{encoding.upper()} text as it begins" if encoding else "text"
            raise DataError(f"{name}, row {row}: this is no {what}: save it as UTF-8 text") from None
    note = f"row {row} is no UTF-8 text: the file is read as Windows-1252 (Latin-1)"
    try:
        return FileText(content.decode("cp1252"), (note,))
    except UnicodeDecodeError:
        return FileText(content.decode("latin-1"), (note,))


def find_wide_encoding(content: bytes) -> str:
    """Return the UTF-16 form in which every character of the sample is ASCII, as in tables of numbers; else nothing."""
    sample = content[:SAMPLE]
    low, high = sample[::2], sample[1::2]
    if not sample or len(content) % 2:
        return ""
    if not any(high) and all(low):
        return "utf-16-le"
    return "utf-16-be" if not any(low) and all(high) else ""
