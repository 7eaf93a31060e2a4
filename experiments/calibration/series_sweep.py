"""The sweep of one generated series, by the way of a user's file: CSV, search, confirmation, verdict, store."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.calibration.series_result import SeriesResult, read_result, write_result
from experiments.report.serialization import sweep_json
from experiments.search.executors import SerialExecutor
from experiments.search.sweep_config import Sweep, prepare_sweep
from experiments.workflows.sweep import run_sweep
from linrnn.data.sequences import Array
from linrnn.models import DEFAULT_MODELS
from linrnn.processes.process import Process, Realization
from linrnn.processes.process_draws import choose_rows, draw_process, draw_series, find_truth
from tracking.runs.environment import environment
from tracking.store.access import open_store
from tracking.store.databases import relocate
from tracking.store.disk import write_file

INPUT_SETTINGS = {"task.column": "y", "task.inputs": "u", "task.horizon": "0"}  # of a series with inputs
STORE_ONLY = ("studies", "sweep_run", "task", "question", "search_space", "notes")  # of a sweep, left out of a result


@dataclass(frozen=True)
class SeriesRequest:
    """A series to sweep.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the calibration.
    number : int
        Number of the series.
    seed : int
        Seed of the processes and series.
    lengths : tuple of int
        Lengths of the series, which take turns.
    settings : mapping of str to str
        Settings of its sweep, as flat text.
    keep_store : bool
        Whether the store of its sweep remains.
    """

    folder: Path
    number: int
    seed: int
    lengths: tuple[int, ...]
    settings: Mapping[str, str]
    keep_store: bool = False

    @property
    def rows(self) -> int:
        """Length of the series."""
        return choose_rows(self.number, self.lengths)

    @property
    def process(self) -> Process:
        """The process of the series."""
        return draw_process(self.seed, self.number)

    @property
    def stem(self) -> str:
        """Name of its files."""
        return f"{self.number:04d}-{self.process.name}-{self.rows}"

    @property
    def store(self) -> Path:
        """Folder of the store of its sweep."""
        return self.folder / "stores" / self.stem

    @property
    def result(self) -> Path:
        """File of its result."""
        return self.folder / "results" / f"{self.stem}.json"

    @property
    def series(self) -> Path:
        """File of the series itself."""
        return self.folder / "series" / f"{self.stem}.csv"


def run_series(request: SeriesRequest, template: Path) -> SeriesResult:
    """Sweep a series in a store of its own, a copy of an empty one; continue an interrupted sweep. Write the result."""
    start, resumed = time.process_time(), request.store.exists()
    copy_store(template, request.store)
    summary = run_sweep(series_sweep(request), open_store(request.store), SerialExecutor(), figures=False)
    seconds = time.process_time() - start
    if request.result.exists():  # the sweep was finished by an earlier command
        seconds_before = read_result(request.result).cpu_seconds
    else:
        seconds_before = None if resumed else seconds
    result = describe_series(request, sweep_json(summary), seconds_before)
    write_result(request.result, result)
    if not request.keep_store:
        shutil.rmtree(request.store)
    return result


def copy_store(template: Path, folder: Path) -> None:
    """Copy an empty store, completely or not at all."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(template, unfinished)
        unfinished.replace(folder)
    relocate(folder.resolve())


def series_sweep(request: SeriesRequest) -> Sweep:
    """Write the series as CSV and return its sweep."""
    realization = draw_series(request.seed, request.number, request.rows)
    write_file(request.series, series_csv(realization).encode())
    columns = INPUT_SETTINGS if realization.inputs is not None else {}
    return prepare_sweep(str(request.series.resolve()), DEFAULT_MODELS, {**columns, **request.settings})


def series_csv(realization: Realization) -> str:
    """Return a series, and its inputs if there are any, as CSV with exact numbers."""
    columns: dict[str, Array] = {} if realization.inputs is None else {"u": realization.inputs}
    columns["y"] = realization.values
    rows = zip(*(column[:, 0].tolist() for column in columns.values()), strict=True)
    return "".join(f"{','.join(map(repr, row))}\n" for row in [tuple(columns), *rows]).replace("'", "")


def describe_series(request: SeriesRequest, sweep: Mapping[str, Any], cpu_seconds: float | None) -> SeriesResult:
    """Return the result of a series, beside its truth."""
    process, code = request.process, environment()
    return SeriesResult(
        number=request.number,
        process=process.name,
        kind=process.kind,
        parameters=asdict(process),
        rows=request.rows,
        truth=find_truth(request.seed, request.number),
        sweep={name: value for name, value in sweep.items() if name not in STORE_ONLY},
        cpu_seconds=cpu_seconds,
        code={name: code[name] for name in ("commit", "source")},
    )
