"""A series of the user's own, from a table of text or from arrays."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from linrnn.config.settings import Integers, Text, setting
from linrnn.data.chronological_split import SeriesData, has_enough_rows, split_chronologically
from linrnn.data.column_choice import choose_column
from linrnn.data.digests import content_digest
from linrnn.data.npz_archive import read_archive
from linrnn.data.row_order import order_rows
from linrnn.data.sequences import Array, Splits
from linrnn.data.text_table import Groups, parse_numbers, read_table
from linrnn.errors import ConfigError, DataError
from linrnn.tasks import SERIES_FILES
from linrnn.tasks.task import Task, TaskData

DROPPED = 0.2  # the largest part of all rows that groups of different lengths may cost
LONGEST = 50  # characters of a label


@dataclass(frozen=True)
class Series(Task):
    """The values of a column, `horizon` rows ahead: from its past, or from the columns named as `inputs`.

    The past of the column itself is among the inputs where none are named, or where it is one of those named. Rows with
    dates are put in ascending order. Split chronologically 60/20/20, each column standardized by the training part
    alone. The sequences of the validation and test splits begin with the file, so that a network reads all of the past;
    only the steps whose target lies in the split enter the loss. Each value of the column `group` is a sequence of its
    own, of the last rows of each where they differ in length. In an `.npz`, `targets[t + horizon]` belongs to
    `inputs[t]`.

    Example (before standardizing), horizon 2: rows 3, 1, 4, 1, 5 -> inputs 3, 1, 4, targets 4, 1, 5.
    """

    name: ClassVar[str] = "series"

    file: str = setting("", Text(), "absolute path of a .csv, .tsv, .txt or .npz file")
    column: str = setting("", Text(), "column to predict; may be empty if the file has only one candidate")
    inputs: str = setting("", Text(), "input columns, separated by commas; empty: the past of the column itself")
    horizon: int = setting(1, Integers(0, 1_000_000), "rows between an input and its target")
    group: str = setting("", Text(), "column that identifies the sequence of a row; empty: one sequence")
    sha256: str = setting("", Text(64), "SHA-256 of the file; filled in when it is read")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.has_file and not self.sha256:
            raise ConfigError(f"a series needs a file: name it in place of the task (data.csv), not {self.file!r}")

    def __repr__(self) -> str:
        in_memory = self.is_self_contained and not self.has_file
        settings = {"column": self.target_column if in_memory else self.column, "horizon": self.horizon}
        if in_memory:
            settings["rows"] = len(read_table(self.content, self.basename).rows)
        return f"Series({self.label!r}, {', '.join(f'{name}={value!r}' for name, value in settings.items())})"

    @property
    def label(self) -> str:
        return re.sub(r"[^\w .+-]", "_", os.path.basename(self.file))[-LONGEST:]

    @property
    def forecast_horizon(self) -> int:
        if self.is_archive:
            return 0
        from_its_past = not self.inputs or self.target_column in self.input_names("")
        return self.horizon if from_its_past else 0

    @property
    def input_size(self) -> int:
        return self.data().inputs.shape[2] if self.is_archive else len(self.input_names(self.column))

    @property
    def output_size(self) -> int:
        return self.data().targets.shape[2] if self.is_archive else 1

    @property
    def is_archive(self) -> bool:
        """Whether the file holds arrays, not text."""
        return self.file.lower().endswith(".npz")

    @property
    def target_column(self) -> str | None:
        """The column that is predicted: as named, or the only one of the file's table that can be meant."""
        if self.is_archive:
            return None
        return self.column or choose_column(read_table(self.content, self.basename), self.group)

    def input_names(self, column: str) -> list[str]:
        """The columns that are inputs where `column` is predicted; if that is one of them, it comes first."""
        names = [name.strip() for name in self.inputs.split(",")] if self.inputs else [column]
        return sorted(names, key=lambda name: name != column)

    def notes(self) -> tuple[str, ...]:
        return self.data().notes

    @property
    def file_digest(self) -> str | None:
        return self.sha256 or None

    @property
    def is_self_contained(self) -> bool:
        return "_content" in self.__dict__

    @property
    def has_file(self) -> bool:
        """Whether the series was read from a file, not made in memory."""
        return os.path.isabs(self.file)

    @property
    def copy_name(self) -> str:
        """Name of a copy of the file in a record."""
        return self.label if self.has_file else f"{self.label}.csv"

    @property
    def content(self) -> bytes:
        """Content of the file. DataError where it cannot be read, or has not the SHA-256 that the settings name."""
        attached: bytes | None = self.__dict__.get("_content")
        if attached is not None:
            return attached
        if not self.has_file:
            raise DataError(f"the series {self.file!r} has no file: it was made in memory; make it again")
        content = read_series_file(self.file)
        if self.sha256 not in ("", content_digest(content)):
            raise DataError(f"{self.file} has changed: its SHA-256 is {content_digest(content)}, not {self.sha256}")
        return content

    def attach(self, content: bytes) -> Self:
        """Return the series with this content in memory, which is neither compared nor copied nor pickled."""
        task = replace(self, sha256=content_digest(content))
        task.__dict__["_content"] = content
        return task

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_content"}

    def load(self, copy: Callable[[str], bytes | None] | None = None) -> TaskData:
        try:
            content = self.content
        except DataError:
            saved = copy(self.copy_name) if copy else None
            if saved is None or self.sha256 not in ("", content_digest(saved)):
                raise
            content = saved
        task = self.attach(content)
        return TaskData(task, task.splits(), {self.copy_name: content})

    def splits(self) -> Splits:
        data = self.data()
        self.require_length(len(data.inputs))
        return split_chronologically(data, self.horizon, self.basename)

    @property
    def basename(self) -> str:
        """The file's own name, for messages."""
        return os.path.basename(self.file)

    def data(self) -> SeriesData:
        """Read the file. DataError where it holds no series."""
        if self.is_archive:
            return self.from_archive()
        table = read_table(self.content, self.basename)
        column = self.column or choose_column(table, self.group)
        names = self.input_names(column)
        if self.horizon == 0 and column in names:
            raise ConfigError(f"task.horizon=0 predicts {column!r} from itself: name other task.inputs, or 1 and more")
        values = np.stack([parse_numbers(table, name) for name in [*names, column]], axis=1)
        rows = table.groups(self.group)
        groups, notes = order_rows(table, rows, {self.group, column, *names})
        if not self.column:
            notes = (f"column {column!r} is predicted: no other column of numbers could be meant", *notes)
        sequences = self.stack_groups(values, groups)
        labels = column_labels(names), column_labels([column])
        return SeriesData(sequences[..., :-1], sequences[..., -1:], *labels, notes, newest_first=groups != rows)

    def from_archive(self) -> SeriesData:
        """Read an `.npz` file."""
        settings = [name for name in ("column", "inputs", "group") if getattr(self, name)]
        if settings:
            raise ConfigError(f"task.{settings[0]} is for tables: {self.basename} has the arrays inputs and targets")
        inputs, targets = read_archive(self.content, self.basename)
        input_names, target_names = (
            [f"{name}[..., {k}]" for k in range(array.shape[2])]
            for name, array in (("inputs", inputs), ("targets", targets))
        )
        return SeriesData(inputs, targets, input_names, target_names)

    def stack_groups(self, values: Array, groups: Groups) -> Array:
        """Rows `(rows, columns)` as sequences `(time, batch, columns)`, one for each group: the last rows of each."""
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


def column_labels(columns: Sequence[str]) -> list[str]:
    """Return columns as messages name them."""
    return [f"column {name!r}" for name in columns]
