"""A sweep of one task as a function call."""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from experiments.cli.parameters import MODEL, TASK
from experiments.notebook.notebook_progress import choose_progress
from experiments.notebook.sweep_result import SweepResult
from experiments.search.sweep_config import prepare_sweep, total_trials
from linrnn.config.settings import format_value
from linrnn.errors import ConfigError
from linrnn.models import DEFAULT_MODELS
from linrnn.tasks.task import Task
from linrnn.training.trial_config import require_device


def compare(
    task: Task | str | Path,
    *,
    models: Sequence[str] = DEFAULT_MODELS,
    search: Sequence[str] = (),
    trials: int | None = None,
    replicas: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    workers: int | None = None,
    store: str | Path | None = None,
    fresh: bool = False,
    progress: bool = True,
) -> SweepResult:
    """Compare model types on a task: search, confirmation, verdict.

    The same as `linrnn sweep`, with the same results, bit for bit, on the same numbers.

    Parameters
    ----------
    task : Task, str or path
        A task such as `linrnn.Series(y, horizon=12)`, the name of a built-in one, or the path of a file that
        `linrnn sweep` reads.
    models : sequence of str
        Model types; all by default.
    search : sequence of str
        Settings to search in addition to those that each study searches, such as `model.init`.
    trials : int, optional
        Trials of each model type's Optuna study; by default those of the task, mostly 20.
    replicas : int, optional
        Networks of each trial, trained side by side from different initial weights; 10 by default.
    epochs : int, optional
        Epochs of each trial; by default those of the task, mostly 1000.
    seed : int, optional
        Seed of the initial weights and of the search; 0 by default.
    settings : mapping of str to value, optional
        Further settings by their full names, such as `{"training.clip_norm": 2.0}`; they are not searched.
    workers : int, optional
        Worker processes; by default one per core.
    store : str or path, optional
        Folder of the store, created if necessary, in which an interrupted sweep is resumed and a finished one only
        shown. By default a temporary folder that is deleted together with the result.
    fresh : bool
        Whether to run the sweep again where the store has it.
    progress : bool
        Whether to show the progress: a bar in a notebook, a line or a bar on stderr elsewhere.

    Returns
    -------
    SweepResult
        The verdict, tables, figures and trained networks.

    Raises
    ------
    linrnn.errors.ConfigError
        A name is unknown or a setting is out of its range.
    linrnn.errors.DataError
        The series cannot be used.
    tracking.store_errors.StoreError
        The store cannot be read or written.

    Examples
    --------
    >>> result = experiments.compare("sine", trials=5, epochs=200)  # doctest: +SKIP
    >>> result.verdict.word  # doctest: +SKIP
    'linear suffices'
    """
    from experiments.report.summary import require_confirmations
    from experiments.search.executors import local_workers
    from experiments.workflows.sweep import run_sweep
    from tracking.store.access import open_store

    given = {
        "sweep.trials": trials,
        "training.replicas": replicas,
        "training.epochs": epochs,
        "seed": seed,
        **(settings or {}),
    }
    text = {name: format_value(value) for name, value in given.items() if value is not None}
    sweep = prepare_sweep(resolve_task(task), tuple(MODEL.convert(name, None, None) for name in models), text, search)
    require_device(sweep.config.bases[0].training)
    opened = open_store(store or mkdtemp(prefix="linrnn-"))
    executor = local_workers(workers or os.cpu_count() or 1)
    with choose_progress(total_trials([sweep.config]), not progress) as reporter, executor as pool:
        summary = run_sweep(sweep, opened, pool, reporter, fresh)
    require_confirmations([summary])
    result = SweepResult.load(opened, summary.sweep_run)
    if not store:
        weakref.finalize(result, shutil.rmtree, opened.folder, ignore_errors=True)
    return result


def resolve_task(task: Task | str | Path) -> Task | str:
    """Return a task, the name of a built-in one, or the absolute path of a file."""
    if isinstance(task, Task):
        return task
    if isinstance(task, (str, Path)):
        return TASK.convert(str(task), None, None)
    raise ConfigError(f"a task is needed, not {type(task).__name__}: make one of an array with linrnn.Series(y)")
