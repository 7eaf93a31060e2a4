"""The user's file of a series: its content, and the values in it."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linrnn.data.chronological_split import SeriesData
from linrnn.data.dates import DateColumn
from linrnn.data.digests import content_digest
from linrnn.data.missing_cells import WAYS, describe_missing, fill_cells
from linrnn.data.npz_archive import read_archive
from linrnn.data.number_column import read_numbers
from linrnn.data.row_order import order_rows
from linrnn.data.sequences import Array
from linrnn.data.table_limits import MOST_BYTES, require_bytes
from linrnn.data.text_table import Groups, TextTable
from linrnn.errors import DataError
from linrnn.tasks import STANDARD_INPUT

DROPPED = 0.2  # the largest part of all rows that groups of different lengths may cost
LONGEST = 50  # characters of a label
SPECIAL_FILES: Mapping[str, Callable[[int], bool]] = {
    "pipe": stat.S_ISFIFO,
    "socket": stat.S_ISSOCK,
    "device": stat.S_ISCHR,
}


class SourceFile(NamedTuple):
    """A file of the user's: its path, the SHA-256 that it must have ("" for any), and the name of its copies."""

    path: str
    sha256: str
    copy_name: str

    def read(self) -> bytes:
        """Return the content. DataError where it cannot be read, or has another SHA-256."""
        if self.path == STANDARD_INPUT:
            return read_standard_input()
        if not os.path.isabs(self.path):
            raise DataError(f"the series {self.path!r} has no file: it was made in memory; make it again")
        content = read_series_file(self.path)
        if not self.matches(content):
            raise DataError(f"{self.path} has changed: its SHA-256 is {content_digest(content)}, not {self.sha256}")
        return content

    def read_or_copy(self, copy: Callable[[str], bytes | None] | None) -> bytes:
        """Return the content, or that of a copy where the file is missing or changed. DataError without either."""
        try:
            return self.read()
        except DataError:
            saved = copy(self.copy_name) if copy else None
            if saved is None or not self.matches(saved):
                raise
            return saved

    def matches(self, content: bytes) -> bool:
        """Return whether a content has the SHA-256."""
        return self.sha256 in ("", content_digest(content))


def file_label(path: str) -> str:
    """Return the name of a file as it can be queried and be part of a path."""
    return re.sub(r"[^\w .+-]", "_", os.path.basename(path))[-LONGEST:]


def read_series_file(path: str) -> bytes:
    """The content of a file. DataError where that cannot be had."""
    plain = Path(path)
    try:
        if plain.is_dir():
            raise DataError(f"{path} is a folder: name a file in it")
        if plain.exists() and not plain.is_file():
            kind = next((word for word, test in SPECIAL_FILES.items() if test(plain.stat().st_mode)), "special file")
            raise DataError(f"{path} is a {kind}, no plain file: name one, or write - and send the data to the command")
        size = plain.stat().st_size
        if not size:  # as of files of the system, which may never end
            raise DataError(f"{path} is empty: it needs a row for each time step")
        require_bytes(size, path)
        return plain.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}): check its permissions and format, or name another file"
        ) from None


def read_standard_input() -> bytes:
    """Return what is sent to the command. DataError where that is nothing."""
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("no data come from standard input: send a file, as in linrnn test - < data.csv")
    try:
        content = sys.stdin.buffer.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise DataError(f"standard input cannot be read ({error}): name a file") from None
    require_bytes(len(content), "standard input")
    return content


def parse_table(
    table: TextTable, column: str, inputs: Sequence[str], group: str = "", missing: str = WAYS[0]
) -> SeriesData:
    """Return the series of a table: the column that is predicted, and those that are inputs."""
    columns = [*inputs, column]
    numbers = [read_numbers(table, name, missing != WAYS[0]) for name in columns]
    values = np.stack([each.values for each in numbers], axis=1)
    rows = table.groups(group)
    groups, notes, date_column = order_rows(table, rows, {group, *columns})
    filled = fill_cells(values, groups, missing, table, columns)
    notes = (
        *table.notes,
        *dict.fromkeys(note for each in numbers for note in each.notes),
        *describe_missing(values, missing, table, columns),
        *notes,
    )
    sequences = stack_groups(filled, groups, table.name, group)
    return SeriesData(
        sequences[..., :-1],
        sequences[..., -1:],
        column_labels(inputs),
        column_labels([column]),
        notes,
        newest_first=groups != rows,
        dates=common_dates(groups, date_column, len(sequences)),
        unit=numbers[-1].unit,
        sequence_names=tuple(groups),
    )


def common_dates(groups: Groups, column: DateColumn | None, length: int) -> tuple[datetime, ...]:
    """Return the dates of the last rows of each group, where none comes twice and they are the same in all groups."""
    if column is None:
        return ()
    dates = {tuple(column.dates[row] for row in rows[-length:]) for rows in groups.values()}
    known = tuple(date for date in next(iter(dates)) if date is not None)
    return known if len(dates) == 1 and len({*known}) == length else ()


def parse_archive(content: bytes, name: str) -> SeriesData:
    """Return the series of an `.npz` file."""
    inputs, targets = read_archive(content, name)
    input_names, target_names = (
        [f"{label}[..., {k}]" for k in range(array.shape[2])]
        for label, array in (("inputs", inputs), ("targets", targets))
    )
    return SeriesData(inputs, targets, input_names, target_names)


def parse_archives(files: Sequence[tuple[bytes, str]]) -> list[SeriesData]:
    """Return the series of some `.npz` files, given content and name of each. DataError for different features."""
    series = [parse_archive(content, name) for content, name in files]
    features = [(len(each.input_names), len(each.target_names)) for each in series]
    for (inputs, targets), (_, name) in zip(features, files, strict=True):
        if (inputs, targets) != features[0]:
            raise DataError(
                f"{name} has {inputs} inputs and {targets} targets, and {files[0][1]} {features[0][0]} and "
                f"{features[0][1]}: make them equal"
            )
    return series


def stack_groups(values: Array, groups: Groups, name: str, group: str) -> Array:
    """Rows `(rows, columns)` as sequences `(time, batch, columns)`, one for each group: the last rows of each."""
    shortest = min(groups, key=lambda key: len(groups[key]))
    length = len(groups[shortest])
    if length * len(groups) < (1 - DROPPED) * len(values):
        longest = max(map(len, groups.values()))
        raise DataError(
            f"{name}, column {group!r}: group {shortest!r} has {length} rows, and another {longest}: "
            "make them about equally long"
        )
    return np.stack([values[rows[-length:]] for rows in groups.values()], axis=1)


def column_labels(columns: Sequence[str]) -> list[str]:
    """Return columns as messages name them."""
    return [f"column {name!r}" for name in columns]
