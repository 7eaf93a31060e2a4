"""A calibration in a folder: its settings, the series that are missing, and the processes that sweep them.

settings.json       seed, lengths, settings of the sweeps, digest of the code
series/*.csv        the series; linrnn sweep takes each of them
results/*.json      a result for each series
stores/*            the stores of sweeps in progress
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.calibration.series_result import SeriesResult, read_result
from experiments.calibration.series_sweep import SeriesRequest, run_series
from experiments.search.executors import local_workers
from experiments.search.sweep_config import prepare_sweep
from experiments.workflows.interrupts import add_resume_hint
from experiments.workflows.progress import ProgressReporter
from linrnn.errors import ConfigError, LinrnnError
from linrnn.models import DEFAULT_MODELS
from linrnn.processes.process_draws import draw_series
from linrnn.tasks.memory_series import make_series
from linrnn.training.trial_config import require_device
from tracking.runs.environment import environment
from tracking.store.access import open_store
from tracking.store.disk import write_file

LENGTHS = (150, 300, 1000, 3000)  # rows


class SeriesError(LinrnnError):
    """A series whose sweep failed."""


@dataclass(frozen=True)
class CalibrationConfig:
    """What a calibration computes.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is written; it is continued there.
    series : int
        Number of series.
    lengths : tuple of int
        Lengths of the series, which take turns.
    seed : int
        Seed of the processes and series.
    settings : dict of str to str
        Settings of the sweeps, as flat text.
    keep_stores : bool
        Whether the stores of finished sweeps remain, about 10 MB each.
    """

    folder: Path
    series: int
    lengths: tuple[int, ...] = LENGTHS
    seed: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    keep_stores: bool = False

    @property
    def requests(self) -> list[SeriesRequest]:
        """The series."""
        own = (self.seed, self.lengths, self.settings, self.keep_stores)
        return [SeriesRequest(self.folder, number, *own) for number in range(self.series)]

    @property
    def text(self) -> dict[str, Any]:
        """What all results of the folder have in common."""
        own = {"seed": self.seed, "rows": list(self.lengths), "settings": self.settings}
        return {**own, "source": environment()["source"]}


def check_config(config: CalibrationConfig, new_verdicts: bool = False) -> None:
    """Raise ConfigError where the settings are wrong, or the folder holds something else; write nothing."""
    if config.folder.exists() and not config.folder.is_dir():
        raise ConfigError(f"{config.folder} is a file: name a folder with --out")
    for rows in config.lengths:
        task = make_series(draw_series(config.seed, 0, rows).values)
        require_device(prepare_sweep(task, DEFAULT_MODELS, config.settings).config.bases[0].training)
    path = config.folder / "settings.json"
    earlier = json.loads(path.read_text()) if path.exists() else config.text
    for name, value in config.text.items():
        if earlier.get(name) != value and not (new_verdicts and name == "source"):
            difference = "other code" if name == "source" else f"{name} {earlier.get(name)}, not {value}"
            raise ConfigError(f"{config.folder} holds a calibration of {difference}: name another folder with --out")


def run_calibration(
    config: CalibrationConfig, workers: int, progress: ProgressReporter, new_verdicts: bool = False
) -> list[SeriesResult]:
    """Sweep the series whose results are missing, each by one process, and return all results.

    Parameters
    ----------
    config : CalibrationConfig
        What to compute.
    workers : int
        Number of processes.
    progress : ProgressReporter
        Advances with each series.
    new_verdicts : bool
        Whether to summarize the finished sweeps again, with the present code, where their stores remain.

    Returns
    -------
    list of SeriesResult
        By number.

    Raises
    ------
    ConfigError
        If a setting is wrong or the folder holds a calibration of other settings, before anything is written.
    SeriesError
        If the sweep of a series fails; the others are finished first.
    """
    check_config(config, new_verdicts)
    write_file(config.folder / "settings.json", json.dumps(config.text, indent=1).encode())
    missing = [each for each in config.requests if not each.result.exists() or (new_verdicts and each.store.exists())]
    progress.skip(config.series - len(missing), "results")
    if missing:
        template = config.folder / "stores" / "empty"
        open_store(template)
        with local_workers(min(workers, len(missing))) as executor, add_resume_hint():
            jobs = {executor.submit(run_series, request, template): request for request in missing}
            collect(jobs, progress)
    return [read_result(each.result) for each in config.requests]


def collect(jobs: dict[Future[SeriesResult], SeriesRequest], progress: ProgressReporter) -> None:
    """Wait for all series; raise SeriesError, at the end, for the first that failed."""
    failure: SeriesError | None = None
    for job in as_completed(jobs):
        request = jobs[job]
        try:
            progress.advance(name=f"{request.stem}: {job.result().verdict}")
        except Exception as error:
            failure = failure or SeriesError(f"series {request.stem}: {error}")
    if failure:
        raise failure


def total_seconds(results: Sequence[SeriesResult]) -> float:
    """Return the processor time of all series."""
    return sum(result.cpu_seconds or 0 for result in results)
