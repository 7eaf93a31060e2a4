"""Tables in files of many formats, which their first bytes show, whatever the files are called.

    .csv .tsv .txt (also .gz, or alone in a .zip)   text
    .xlsx                                           the sheet that is named, or the only one that is not empty
    .parquet .feather                               columns, and the index where it holds dates
    .json .jsonl                                    records, columns, rows or values
    .npy                                            an array (time,) or (time, columns)

All become text_table.TextTable, floats as the text that is read back to the same bits.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from linrnn.data.table_limits import MOST_BYTES, require_bytes
from linrnn.data.text_table import TextTable, read_table
from linrnn.errors import DataError

FORMATS = {  # first bytes -> format
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"PAR1": "parquet",
    b"ARROW1": "feather",
    b"FEA1": "feather",
    b"\x93NUMPY": "npy",
}
UNREADABLE = {  # first bytes -> what they are of
    b"\xd0\xcf\x11\xe0": "a workbook in the format of Excel before 2007",
    b"%PDF": "a PDF",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB 5": "a MATLAB file",
    b"SQLite format 3": "an SQLite database",
    b"\x80\x02": "a pickle, which could run any code",
    b"\x80\x03": "a pickle, which could run any code",
    b"\x80\x04": "a pickle, which could run any code",
    b"\x80\x05": "a pickle, which could run any code",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"(\xb5/\xfd": "compressed by zstd",
    b"\x7fELF": "a program",
}
ADVICE = "save the table as .csv, .xlsx, .parquet or .json"


def read_table_file(content: bytes, name: str, sheet: str = "") -> TextTable:
    """Return the table in the content of a file. DataError where there is none that can be read.

    `sheet` is the sheet of a workbook: its name, or its number from 1; needed where several are not empty.
    """
    require_bytes(len(content), name)
    what = next((what for start, what in UNREADABLE.items() if content.startswith(start)), None)
    if what:
        raise DataError(f"{name} is {what}: {ADVICE}")
    match next((form for start, form in FORMATS.items() if content.startswith(start)), "text"):
        case "gzip":
            return read_table_file(decompress(content, name), name)
        case "zip":
            return read_zip(content, name, sheet)
        case "parquet" | "feather" as form:
            from linrnn.data.columnar_file import read_columnar_file

            return read_columnar_file(content, name, form)
        case "npy":
            from linrnn.data.npy_table import read_npy

            return read_npy(content, name)
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<", b"\xff\xfe<")):
        raise DataError(f"{name} is HTML or XML, such as a page that a server sends in place of data: {ADVICE}")
    if start.startswith((b"{", b"[")):
        from linrnn.data.json_table import read_json

        return read_json(content, name)
    return read_table(content, name)


def decompress(content: bytes, name: str) -> bytes:
    """Return what gzip has compressed."""
    parts, size = [], 0
    try:
        while content:
            stream = zlib.decompressobj(wbits=31)
            part = stream.decompress(content, MOST_BYTES + 1 - size)
            size += len(part)
            parts.append(part)
            require_bytes(size, name)
            if not stream.eof:
                raise DataError(f"{name} ends within its compressed data: copy or download it again")
            content = stream.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise DataError(f"{name} cannot be decompressed ({error}): compress it again") from None
    if b"".join(parts).startswith(b"\x1f\x8b"):
        raise DataError(f"{name} is compressed twice: decompress it once")
    return b"".join(parts)


def read_zip(content: bytes, name: str, sheet: str = "") -> TextTable:
    """Return the table in a workbook, or in the only file of a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            items = [item for item in archive.infolist() if not (item.is_dir() or item.filename.startswith("__MACOSX"))]
            require_bytes(sum(item.file_size for item in items), name)
            names = [item.filename for item in items]
            if "xl/workbook.xml" in names:
                from linrnn.data.workbook import read_workbook

                return read_workbook(content, name, sheet)
            if "mimetype" in names or "xl/workbook.bin" in names:
                raise DataError(f"{name} is a spreadsheet in a format that is not read: save it as .xlsx or .csv")
            if names and all(each.endswith(".npy") for each in names):
                raise DataError(
                    f"{name} is an archive of the arrays {', '.join(each[:-4] for each in names[:5])}, as an .npz "
                    "file is, under another ending: save one of them with numpy.save"
                )
            if len(names) != 1:
                listed = ", ".join(names[:3]) + ", ..." * (len(names) > 3)
                raise DataError(f"{name} is an archive of {len(names)} files ({listed}): extract one and name it")
            only = archive.read(items[0])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise DataError(f"{name} is a damaged or encrypted archive ({error}): save or download it again") from None
    if only.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise DataError(f"{name} is an archive in an archive: extract it")
    return read_table_file(only, name)
