"""A series of the user's own, from a table of text or from arrays."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

from linrnn.config.settings import Choice, Integers, Text, setting
from linrnn.data.chronological_split import SeriesData, split_chronologically
from linrnn.data.column_choice import choose_column
from linrnn.data.digests import content_digest
from linrnn.data.missing_cells import WAYS
from linrnn.data.sequences import Splits
from linrnn.data.split_settings import (
    SplitSettings,
    describe_reach,
    has_enough_rows,
    minimum_rows,
    parse_ends,
    split_ends,
)
from linrnn.data.table_file import read_table_file
from linrnn.data.text_table import TextTable
from linrnn.data.workbook import FIRST, is_workbook
from linrnn.errors import ConfigError, DataError
from linrnn.tasks import STANDARD_INPUT
from linrnn.tasks.series_file import SourceFile, file_label, parse_archives, parse_table
from linrnn.tasks.series_question import count_rows, describe_dates, describe_rows, describe_target
from linrnn.tasks.task import Task, TaskData

MOST_STEPS = 10_000  # outputs of a network
LONGEST_PERIOD = 2500  # rows: seasonal models are fitted to at most 5000 of each sequence
UNCOMPARED = ("_contents", "reading")  # attributes beside the settings: content of the files, and what was read of it


class ColumnSettings(NamedTuple):
    """The settings of a series that name columns."""

    column: str = ""
    inputs: str = ""
    group: str = ""


class Reading(NamedTuple):
    """The series in each file, and the settings that name columns, as these are called in the first file."""

    series: list[SeriesData]
    columns: ColumnSettings


@dataclass(frozen=True)
class Series(Task):
    """The values of a column, `horizon` rows ahead: from its past, or from the columns named as `inputs`.

    The past of the column itself is among the inputs where none are named, or where it is one of those named. Rows with
    dates are put in ascending order. Split chronologically 60/20/20, or at the rows of `split`, each column
    standardized by the training part alone. The sequences of the validation and test splits begin with the file, so
    that a network reads all of the past; only the steps whose target lies in the split enter the loss. With a
    `test_file`, the test sequences are all of that, and the file has no test part. Each value of the column `group` is
    a sequence of its own, of the last rows of each where they differ in length. Cells that are `missing` are an error,
    are filled, or end a sequence. In an `.npz`, `targets[t + horizon]`
    belongs to `inputs[t]`.

    Example (before standardizing), horizon 2: rows 3, 1, 4, 1, 5 -> inputs 3, 1, 4, targets 4, 1, 5.
    """

    name: ClassVar[str] = "series"
    defaults: ClassVar[Mapping[str, str]] = {
        "training.epochs": "300",  # more lead short series to unstable linear networks
        "sweep.trials": "12",
    }

    file: str = setting("", Text(), "absolute path of a table or an .npz archive")
    column: str = setting("", Text(), "column to predict; filled in where the file has only one candidate")
    inputs: str = setting("", Text(), "input columns, separated by commas; empty: the column itself, filled in")
    horizon: int = setting(1, Integers(0, 1_000_000), "rows between an input and its target")
    group: str = setting("", Text(), "column that identifies the sequence of a row; empty: one sequence")
    sha256: str = setting("", Text(64), "SHA-256 of the file; filled in when it is read")
    split: str = setting(
        "", Text(), "rows behind the training, validation and test part, as 8640,11520,14400; empty: 60/20/20 percent"
    )
    test_file: str = setting("", Text(), "absolute path of a second file, which is the test split; empty: none")
    test_sha256: str = setting("", Text(64), "SHA-256 of the second file; filled in when it is read")
    washout: int = setting(
        0,
        Integers(0, 1_000_000),
        "first steps of each sequence, outside the loss; sequences of val and test begin with the file",
    )
    steps: int = setting(1, Integers(1, MOST_STEPS), "number of rows from the horizon on that are predicted at once")
    relative: str = setting(
        "no", Choice(("no", "last")), "last: a network reads changes, and predicts differences from the last value"
    )
    period: int = setting(
        0, Integers(0, LONGEST_PERIOD), "rows after which the season of the column repeats; 0: found; 1: none"
    )
    missing: str = setting("error", Choice(WAYS), "what is done about missing cells; split: sequences on both sides")
    sheet: str = setting(
        "", Text(), "sheet of a workbook, by its name or its number from 1; empty: the only one that is not empty"
    )
    rows: str = setting("", Text(), "last row of each part; filled in when the file is read")
    dates: str = setting("", Text(), "first and last date of each part; filled in when the file is read")
    unit: str = setting("", Text(), "unit of the column, where the file has it; filled in when the file is read")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.has_file and not self.sha256:
            raise ConfigError(f"a series needs a file: name it in place of the task (data.csv), not {self.file!r}")
        if self.test_file and not (os.path.isabs(self.test_file) or self.test_sha256):
            raise ConfigError(f"task.test_file must be an absolute path, not {self.test_file!r}")
        if self.test_file and self.is_archive != self.test_file.lower().endswith(".npz"):
            raise ConfigError("task.test_file must be an .npz file if and only if the file itself is one")
        self.split_settings()

    def split_settings(self) -> SplitSettings:
        """How the sequences of the splits are cut out of the series."""
        ends = parse_ends(self.split, has_test=not self.test_file)
        return SplitSettings(self.horizon, self.steps, self.washout, self.relative != "no", ends, self.period)

    def __repr__(self) -> str:
        in_memory = self.is_self_contained and not self.has_file
        settings = {"column": self.target_column if in_memory else self.column, "horizon": self.horizon}
        if in_memory:
            settings["rows"] = len(self.read_table(self.content, self.basename).rows)
        return f"Series({self.label!r}, {', '.join(f'{name}={value!r}' for name, value in settings.items())})"

    @property
    def label(self) -> str:
        return file_label(self.file)

    @property
    def forecast_horizon(self) -> int:
        return 0 if self.relative != "no" else self.lead

    @property
    def forecast_span(self) -> int:
        return self.lead + self.steps - 1

    @property
    def lead(self) -> int:
        """Rows from an input to the first target, where the inputs have the column that is predicted; otherwise 0."""
        if self.is_archive:
            return 0
        from_its_past = not self.inputs or self.target_column in self.input_names("")
        return self.horizon if from_its_past else 0

    @property
    def input_size(self) -> int:
        return self.data().inputs.shape[2] if self.is_archive else len(self.input_names(self.column))

    @property
    def output_size(self) -> int:
        return self.steps * (self.data().targets.shape[2] if self.is_archive else 1)

    @property
    def is_archive(self) -> bool:
        """Whether the file holds arrays, not text."""
        return self.file.lower().endswith(".npz")

    @property
    def target_column(self) -> str | None:
        """The column that is predicted: as named, or the only one of the file's table that can be meant."""
        if self.is_archive:
            return None
        return self.column or choose_column(self.read_table(self.content, self.basename), self.group)

    def input_names(self, column: str) -> list[str]:
        """The columns that are inputs where `column` is predicted; if that is one of them, it comes first."""
        names = parse_names(self.inputs) if self.inputs else [column]
        return sorted(names, key=lambda name: name != column)

    @property
    def question(self) -> str:
        if self.is_archive:
            after = f"{count_rows(self.horizon)} after" if self.horizon else "in the same row as"
            target = f"predicts 'targets' {after} 'inputs'"
        elif self.column:
            names = self.input_names(self.column)
            target = describe_target(self.column, names, self.horizon, self.steps, self.relative != "no", self.unit)
        else:
            target = "predicts its only column of numbers"
        each = f", for each {self.group!r}" if self.group else ""
        if not self.rows:
            return f"{self.label}: {target}{each}"
        dates = self.dates.split(", ") if self.dates else []
        rows = describe_rows([int(end) for end in self.rows.split(", ")], dates, os.path.basename(self.test_file))
        return f"{self.label}: {target}{each}; {rows}"

    def notes(self) -> tuple[str, ...]:
        data, *others = self.read()
        test_notes = [f"{os.path.basename(self.test_file)}: {note}" for each in others for note in each.notes]
        return (*data.notes, *test_notes)

    @property
    def file_digest(self) -> str | None:
        return self.sha256 or None

    @property
    def test_digest(self) -> str | None:
        return self.test_sha256 or None

    @property
    def is_self_contained(self) -> bool:
        return "_contents" in self.__dict__

    @property
    def has_file(self) -> bool:
        """Whether the series was read from a file, not made in memory."""
        return os.path.isabs(self.file)

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The file, and the test file where there is one."""
        copy_name = self.label if self.has_file else f"{self.label}.csv"
        first = SourceFile(self.file, self.sha256, copy_name)
        if not self.test_file:
            return (first,)
        label = file_label(self.test_file)
        return first, SourceFile(self.test_file, self.test_sha256, f"test-{label}" if label == copy_name else label)

    @property
    def contents(self) -> tuple[bytes, ...]:
        """Content of each file. DataError where one cannot be read, or has not the SHA-256 that the settings name."""
        attached: tuple[bytes, ...] | None = self.__dict__.get("_contents")
        return tuple(source.read() for source in self.sources) if attached is None else attached

    @property
    def content(self) -> bytes:
        """Content of the file. DataError where it cannot be read, or has not the SHA-256 that the settings name."""
        attached: tuple[bytes, ...] | None = self.__dict__.get("_contents")
        return self.sources[0].read() if attached is None else attached[0]

    def attach(self, *contents: bytes) -> Self:
        """Return the series with the content of each file in memory, which is neither compared nor copied nor pickled.

        Parameters
        ----------
        *contents : bytes
            Content of the file, and of the test file where there is one.
        """
        sha256, test_sha256, *_ = (*map(content_digest, contents), "")
        task = replace(self, sha256=sha256, test_sha256=test_sha256)
        task.__dict__["_contents"] = contents
        return task

    def detach(self) -> Self:
        """Return the series of the files as they are now, whatever their SHA-256; itself if it was made in memory."""
        return replace(self, sha256="", test_sha256="") if self.has_file else self

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in UNCOMPARED}

    def load(self, copy: Callable[[str], bytes | None] | None = None) -> TaskData:
        contents = self.__dict__.get("_contents") or tuple(source.read_or_copy(copy) for source in self.sources)
        task = self
        if self.file == STANDARD_INPUT:
            task = replace(self, file="stdin", sha256=content_digest(contents[0]))
        task = task.attach(*contents).resolve()
        names = [source.copy_name for source in task.sources]
        return TaskData(task, task.splits(), dict(zip(names, contents, strict=True)))

    def resolve(self) -> Self:
        """Return the series whose settings say what its file holds: column, inputs, and the rows of each part."""
        series = self.read()
        has_test = not self.test_file
        ends = [*(self.split_settings().ends or split_ends(len(series[0].inputs), has_test))]
        lengths = [*ends, *(len(each.inputs) for each in series[1:])]
        dates = describe_dates(series[0].dates, ends) if series[0].dates and ends[-1] <= len(series[0].dates) else []
        for each in series[1:]:
            dates = [*dates, *describe_dates(each.dates, [len(each.dates)])] if dates and each.dates else []
        column, inputs, group = self.reading.columns
        rows = ", ".join(map(str, lengths))
        task = replace(
            self, column=column, inputs=inputs, group=group, rows=rows, dates=", ".join(dates), unit=series[0].unit
        )
        task.__dict__.update({name: self.__dict__[name] for name in UNCOMPARED if name in self.__dict__})
        return task

    def resolve_columns(self, table: TextTable) -> ColumnSettings:
        """Return the settings that name columns, with the names as they are in the table."""
        column = table.find_column(self.column) if self.column else choose_column(table, self.group)
        inputs = format_names([table.find_column(name) for name in self.input_names(column)])
        group = table.find_column(self.group) if self.group else ""
        return ColumnSettings(column, inputs, group)

    def splits(self) -> Splits:
        data, *others = self.read()
        settings = self.split_settings()
        if not settings.ends:
            self.require_length(len(data.inputs), settings)
        test = (others[0], os.path.basename(self.test_file)) if others else None
        return split_chronologically(data, settings, self.basename, test)

    @property
    def basename(self) -> str:
        """The file's own name, for messages."""
        return os.path.basename(self.file)

    def data(self) -> SeriesData:
        """Read the file. DataError where it holds no series."""
        return self.read()[0]

    def read(self) -> list[SeriesData]:
        """Read the file, and the test file where there is one. DataError where one holds no series of these columns."""
        return self.reading.series

    @cached_property
    def reading(self) -> Reading:
        """What is in the files."""
        names = [self.basename, os.path.basename(self.test_file)]
        files = list(zip(self.contents, names, strict=False))
        if not self.is_archive:
            return self.read_tables(files)
        columns = {"column": "", "inputs": "", "group": ""}
        defaults = {**columns, "relative": "no", "period": 0, "missing": "error", "sheet": ""}
        settings = [name for name, value in defaults.items() if getattr(self, name) not in (value, FIRST)]
        if settings:
            raise ConfigError(f"task.{settings[0]} is for tables: {self.basename} has the arrays inputs and targets")
        return Reading(parse_archives(files), ColumnSettings())

    def read_table(self, content: bytes, name: str) -> TextTable:
        """Read a table, of a workbook the sheet that is named. DataError where there is none."""
        if self.sheet in ("", FIRST) or is_workbook(content):
            return read_table_file(content, name, self.sheet)
        if name == self.basename:
            raise ConfigError(f"task.sheet is for workbooks (.xlsx), and {name} is none: leave it out")
        return read_table_file(content, name)

    def read_tables(self, files: list[tuple[bytes, str]]) -> Reading:
        """Read tables of text, given the content and the name of each."""
        tables = [self.read_table(content, name) for content, name in files]
        columns = self.resolve_columns(tables[0])
        column, names = columns.column, parse_names(columns.inputs)
        if self.horizon == 0 and column in names:
            raise ConfigError(f"task.horizon=0 predicts {column!r} from itself: name other task.inputs, or 1 and more")
        if self.relative != "no" and column not in names:
            raise ConfigError(f"task.relative=last needs the past of {column!r}: name it among task.inputs")
        if self.period and column not in names:
            raise ConfigError(f"task.period needs the past of {column!r}: name it among task.inputs, or no period")
        if self.period and self.relative != "no":
            raise ConfigError("task.period is for task.relative=no: no seasonal model forecasts differences")
        return Reading([parse_table(table, column, names, columns.group, self.missing) for table in tables], columns)

    def require_length(self, length: int, settings: SplitSettings) -> None:
        """DataError for too few rows."""
        has_test = not self.test_file
        if not has_enough_rows(length, settings, has_test):
            needed = minimum_rows(length, settings, has_test)
            each = " in each group" if self.group else ""
            raise DataError(
                f"{self.basename} has {length} rows{each}, and {describe_reach(settings)} needs {needed}: "
                "add rows, or look less far ahead"
            )


def parse_names(text: str) -> list[str]:
    """Return the names in a setting, which commas separate; those with a comma in them are in double quotes."""
    names = next(csv.reader([text], skipinitialspace=True), [])
    return [name.strip() for name in names]


def format_names(names: list[str]) -> str:
    """Return names as a setting."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()
