"""A series of the user's own, from a table of text or from arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from linrnn.config.settings import Integers, Text, setting
from linrnn.data.chronological_split import SeriesData, has_enough_rows, split_chronologically
from linrnn.data.npz_archive import read_archive
from linrnn.data.sequences import Array, Splits
from linrnn.data.text_table import TextTable, numeric_columns, parse_numbers, read_table
from linrnn.errors import ConfigError, DataError
from linrnn.tasks import SERIES_FILES
from linrnn.tasks.task import Task

DROPPED = 0.2  # the largest part of all rows that groups of different lengths may cost
LONGEST = 50  # characters of a label


@dataclass(frozen=True)
class Series(Task):
    """The values of a column, `horizon` rows ahead: from its past, or from the columns named as `inputs`.

    The past of the column itself is among the inputs where none are named, or where it is one of those named. Split
    chronologically 60/20/20 and standardised by the training part alone, each column. The sequences of the val and
    test splits begin with the file, so that a network has seen all of the past; only the steps whose target lies in
    the split count. Each value of the column `group` is a sequence of its own, the last rows of each where they are
    not equally many. In an `.npz`, `targets[t + horizon]` belongs to `inputs[t]`.

    Example (before standardising), horizon 2: rows 3, 1, 4, 1, 5 -> inputs 3, 1, 4, targets 4, 1, 5.
    """

    name: ClassVar[str] = "series"

    file: str = setting("", Text(), "whole path of a .csv, .tsv, .txt or .npz file")
    column: str = setting("", Text(), "the column to predict; empty for the last one of numbers")
    inputs: str = setting("", Text(), "columns to predict it from, parted by commas; empty for its own past")
    horizon: int = setting(1, Integers(0, 1_000_000), "how many rows ahead")
    group: str = setting("", Text(), "the column that tells sequences apart; empty for one sequence")
    held: bytes | None = field(default=None, compare=False, repr=False)  # the file's content, once it is read

    def __post_init__(self) -> None:
        super().__post_init__()
        if not os.path.isabs(self.file):
            raise ConfigError(f"a series needs a file: name it in place of the task (data.csv), not {self.file!r}")

    @property
    def label(self) -> str:
        return re.sub(r"[^\w .+-]", "_", os.path.basename(self.file))[-LONGEST:]

    @property
    def ahead(self) -> int:
        from_its_past = not self.is_archive and (not self.inputs or self.column in self.input_columns)
        return self.horizon if from_its_past else 0

    @property
    def input_size(self) -> int:
        return self.data().inputs.shape[2] if self.is_archive else len(self.input_columns)

    @property
    def output_size(self) -> int:
        return self.data().targets.shape[2] if self.is_archive else 1

    @property
    def is_archive(self) -> bool:
        """Whether the file holds arrays, not text."""
        return self.file.lower().endswith(".npz")

    @property
    def input_columns(self) -> list[str]:
        """The columns that are inputs; that which is predicted comes first."""
        names = [name.strip() for name in self.inputs.split(",")] if self.inputs else [self.column]
        return sorted(names, key=lambda name: name != self.column)

    @property
    def content(self) -> bytes:
        return read_series_file(self.file) if self.held is None else self.held

    @property
    def data_files(self) -> Mapping[str, bytes]:
        return {self.label: self.content}

    def loaded(self, copy: Callable[[str], bytes | None] | None = None) -> Self:
        if self.held is not None:
            return self
        try:
            content = self.content
        except DataError:
            kept = copy(self.label) if copy else None
            if kept is None:
                raise
            content = kept
        task = replace(self, held=content)
        task.splits()
        return task

    def splits(self) -> Splits:
        data = self.data()
        self.require_length(len(data.inputs))
        return split_chronologically(data, self.horizon, self.basename)

    @property
    def basename(self) -> str:
        """The file's own name, for messages."""
        return os.path.basename(self.file)

    def data(self) -> SeriesData:
        """What is in the file. DataError where that is no series."""
        if self.is_archive:
            return self.from_archive()
        table = read_table(self.content, self.basename)
        column = self.column or self.last_column(table)
        names = self.input_columns if self.inputs else [column]
        if self.horizon == 0 and column in names:
            raise ConfigError(f"task.horizon=0 predicts {column!r} from itself: name other task.inputs, or 1 and more")
        values = np.stack([parse_numbers(table, name) for name in [*names, column]], axis=1)
        sequences = self.grouped(values, table)
        return SeriesData(sequences[..., :-1], sequences[..., -1:], column_labels(names), column_labels([column]))

    def from_archive(self) -> SeriesData:
        """What is in an `.npz`."""
        given = [name for name in ("column", "inputs", "group") if getattr(self, name)]
        if given:
            raise ConfigError(f"task.{given[0]} is for tables: {self.basename} has the arrays inputs and targets")
        inputs, targets = read_archive(self.content, self.basename)
        names = [
            [f"{name}[..., {k}]" for k in range(array.shape[2])]
            for name, array in (("inputs", inputs), ("targets", targets))
        ]
        return SeriesData(inputs, targets, *names)

    def last_column(self, table: TextTable) -> str:
        """The column that is predicted where none is named."""
        numeric = [name for name in numeric_columns(table) if name != self.group]
        if numeric:
            return numeric[-1]
        others = [name for name in table.header if name != self.group]
        if not others:
            raise DataError(
                f"{self.basename} has no column but {self.group!r}: add the values, or leave out task.group"
            )
        return others[-1]  # where the first cell that is no number will be told

    def grouped(self, values: Array, table: TextTable) -> Array:
        """Rows `(rows, columns)` as sequences `(time, batch, columns)`, one for each group."""
        if not self.group:
            return values[:, None]
        groups: dict[str, list[int]] = {}
        for row, key in enumerate(table.cells(self.group)):
            groups.setdefault(key, []).append(row)
        shortest = min(groups, key=lambda key: len(groups[key]))
        length = len(groups[shortest])
        if length * len(groups) < (1 - DROPPED) * len(values):
            longest = max(map(len, groups.values()))
            raise DataError(
                f"{self.basename}, column {self.group!r}: group {shortest!r} has {length} rows, and another {longest}: "
                "make them about equally long"
            )
        return np.stack([values[rows[-length:]] for rows in groups.values()], axis=1)

    def require_length(self, length: int) -> None:
        """DataError for too few rows."""
        if not has_enough_rows(length, self.horizon):
            needed = next(n for n in count(length) if has_enough_rows(n, self.horizon))
            each = " in each group" if self.group else ""
            raise DataError(
                f"{self.basename} has {length} rows{each}, and task.horizon={self.horizon} needs {needed}: "
                "add rows, or look less far ahead"
            )


def read_series_file(path: str) -> bytes:
    """The content of a file. DataError where that cannot be had."""
    found = Path(path)
    try:
        if found.is_dir():
            raise DataError(f"{path} is a folder: name a file in it")
        if found.exists() and not found.is_file():
            raise DataError(f"{path} is no plain file: name one")
        if found.suffix.lower() not in SERIES_FILES:
            raise DataError(f"{path}: the name of a series ends with {', '.join(SERIES_FILES)}: rename it")
        return found.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): mend that, or name another file") from None


def column_labels(columns: Sequence[str]) -> list[str]:
    """Columns, as messages call them."""
    return [f"column {name!r}" for name in columns]
