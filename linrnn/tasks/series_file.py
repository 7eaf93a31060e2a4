"""The user's file of a series: its content, and the values in it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linrnn.data.chronological_split import SeriesData
from linrnn.data.digests import content_digest
from linrnn.data.npz_archive import read_archive
from linrnn.data.row_order import order_rows
from linrnn.data.sequences import Array
from linrnn.data.text_table import Groups, TextTable, parse_numbers
from linrnn.errors import DataError
from linrnn.tasks import SERIES_FILES

DROPPED = 0.2  # the largest part of all rows that groups of different lengths may cost
LONGEST = 50  # characters of a label


class SourceFile(NamedTuple):
    """A file of the user's: its path, the SHA-256 that it must have ("" for any), and the name of its copies."""

    path: str
    sha256: str
    copy_name: str

    def read(self) -> bytes:
        """Return the content. DataError where it cannot be read, or has another SHA-256."""
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
            raise DataError(f"{path} is no plain file: name one")
        if plain.suffix.lower() not in SERIES_FILES:
            raise DataError(f"{path}: the name of a series ends with {', '.join(SERIES_FILES)}: rename it")
        return plain.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}): check its permissions and format, or name another file"
        ) from None


def parse_table(table: TextTable, column: str, inputs: Sequence[str], group: str) -> SeriesData:
    """Return the series of a table: the column that is predicted, and those that are inputs."""
    values = np.stack([parse_numbers(table, name) for name in [*inputs, column]], axis=1)
    rows = table.groups(group)
    groups, notes = order_rows(table, rows, {group, column, *inputs})
    sequences = stack_groups(values, groups, table.name, group)
    labels = column_labels(inputs), column_labels([column])
    return SeriesData(sequences[..., :-1], sequences[..., -1:], *labels, notes, newest_first=groups != rows)


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
