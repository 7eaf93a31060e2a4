"""The networks that a forecast is made by: those of a run, or of the confirmation of a task's newest sweep."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from linrnn.analysis.closed_loop import Ensemble
from linrnn.analysis.series_history import horizon_rows, output_steps, task_scale
from linrnn.data.digests import content_digest
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series
from linrnn.tasks.series_file import read_series_file
from linrnn.tasks.task import Task
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.query import confirmation_runs, last_sweeps
from tracking.runs.reader import read_config, read_copy, read_curves, read_weights
from tracking.runs.run_reference import find_run
from tracking.schema import CurveArray
from tracking.store.access import Store


class ForecastNetworks(NamedTuple):
    """Replicas of a recorded trial, with the task and its data.

    Parameters
    ----------
    run : TrialRun
        The trial.
    task : Task
        Its task, with the content of the files that it was trained on.
    ensemble : Ensemble
        The replicas that did not diverge, with their best weights.
    notes : tuple of str
        Where the user's file is not what it was.
    """

    run: TrialRun
    task: Task
    ensemble: Ensemble
    notes: tuple[str, ...] = ()


def find_networks(store: Store, target: str, model: str | None = None) -> list[TrialRun]:
    """Return the trials that a RUN, TASK or FILE means: one, or the confirmations of a sweep, the best one first.

    Parameters
    ----------
    store : Store
        The store to look in.
    target : str
        A reference of a run, the name of a task or the absolute path of a file.
    model : str, optional
        Only of this model type.

    Raises
    ------
    ConfigError
        If there is no such run or no finished sweep, or no model type was confirmed.
    """
    run: SweepRun | TrialRun | None = last_sweeps(store).get(target)
    if run is None and os.path.isabs(target):
        raise ConfigError(f"no finished sweep of {target} in {store.name}: run linrnn sweep {shlex.quote(target)}")
    run = run or find_run(store, target)
    if isinstance(run, TrialRun):
        if model not in (None, run.model):
            raise ConfigError(f"run {run.run_id} is of {run.model}, not of {model}: leave out --model")
        if not run.has_result:
            raise ConfigError(f"run {run.run_id} has no trained network: name another")
        return [run]
    return select_confirmations(store, run, model)


def select_confirmations(store: Store, sweep: SweepRun, model: str | None) -> list[TrialRun]:
    """Return the confirmations of a sweep with a result, the one of the lowest validation loss first."""
    runs = [run for run in confirmation_runs(store, sweep) if run.has_result]
    chosen = [run for run in runs if model in (None, run.model)]
    if not chosen:
        there = ", ".join(run.model for run in runs) or "none"
        raise ConfigError(f"sweep {sweep.run_id} has no confirmation of {model or 'a model type'}; it has: {there}")
    return sorted(chosen, key=lambda run: run.objective)


def load_networks(store: Store, run: TrialRun) -> ForecastNetworks:
    """Load the networks of a trial, and its data as they were: from the user's file, or from the record.

    Raises
    ------
    ConfigError
        If all replicas diverged, or the task has classes.
    DataError
        If the data are neither in the file nor in the record.
    """
    config = read_config(run)
    task = config.task.load(lambda name: read_copy(store, run, name)).task
    weights, alive = read_weights(store, run), finite_replicas(store, run)
    if not alive.any():
        raise ConfigError(f"all replicas of run {run.run_id} diverged: name another run")
    parameters = {name: torch.from_numpy(value[alive].astype(np.float64)) for name, value in weights.items()}
    ensemble = Ensemble(config.model, parameters, task_scale(task), horizon_rows(task), output_steps(task))
    return ForecastNetworks(run, task, ensemble, tuple(change_notes(task)))


def finite_replicas(store: Store, run: TrialRun) -> NDArray[np.bool_]:
    """Return which replicas of a trial did not diverge, `(S,)`."""
    curves = read_curves(store, run)
    losses = curves.get(CurveArray.TEST_LOSS, curves[CurveArray.VAL_LOSS][-1])
    finite: NDArray[np.bool_] = np.isfinite(losses)
    return finite


def change_notes(task: Task) -> list[str]:
    """Return a note where the user's file has changed since the networks were trained."""
    if not isinstance(task, Series) or not task.has_file:
        return []
    try:
        same = content_digest(read_series_file(task.file)) == task.sha256
    except DataError:
        return ["the file is not there any more: its recorded copy is continued"]
    advice = f"its recorded copy is continued; the present one with --data {task.basename}"
    return [] if same else [f"the file has changed since the networks were trained: {advice}"]


def present_task(task: Series, path: str) -> Series:
    """Return the task with another file in place of its own, whose content is read as it is."""
    content = read_series_file(path)
    column = task.target_column or ""
    own = replace(task, file=path, column=column, split="", test_file="", test_sha256="", sha256="")
    own = replace(own, rows="", dates="", unit="")
    return own.attach(content)
