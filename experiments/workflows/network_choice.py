"""The network that a command is about: one replica of a run, or of a task's best linear run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from experiments.workflows.run_selection import RunChoice, select_trials
from linrnn.data.sequences import Array
from linrnn.errors import ConfigError
from linrnn.models.model import Model, unflatten
from linrnn.tasks import TASKS
from linrnn.training.history import Weights
from linrnn.training.result import TrialResult
from tracking.run_views import TrialRun
from tracking.runs.query import FINISHED, find_sweeps, trial_runs
from tracking.runs.reader import read_trial
from tracking.runs.run_reference import find_run
from tracking.runs.verification import TrialRecord, load_record
from tracking.schema import Phase
from tracking.store.access import Store

TRAINED = (Phase.SEARCH, Phase.CONFIRMATION, Phase.SINGLE)
LINEAR = "linear"


class NetworkChoice(NamedTuple):
    """One replica of a recorded trial, verified, with its best weights."""

    record: TrialRecord
    result: TrialResult
    replica: int

    @property
    def model(self) -> Model:
        """Its model type."""
        return self.result.config.model

    @property
    def weights(self) -> Weights:
        """Its weights, `(1, P)`."""
        return self.result.history.best_weights[self.replica : self.replica + 1]

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Its parameters by name, in float64."""
        stacked = unflatten(self.weights.astype(np.float64), self.result.history.shapes)
        return {name: value[0] for name, value in stacked.items()}


def choose_network(store: Store, name: str, replica: int | None = None) -> NetworkChoice:
    """Choose a network.

    Parameters
    ----------
    store : Store
    name : str
        Id or name of a run, or the first characters of it, or a task, for its best linear run.
    replica : int, optional
        Which replica, from 0; by default the one of the lowest validation loss.

    Returns
    -------
    NetworkChoice

    Raises
    ------
    ConfigError
        There is no such run, it is no trained trial's, or the replica does not exist or diverged.
    DamageError
        The record is damaged.
    """
    run = best_linear_run(store, name) if is_task(name) else find_trained_run(store, name)
    record = load_record(store, run)
    result = record.verify_networks()
    return NetworkChoice(record, result, choose_replica(record.run_id, result, replica))


def is_task(name: str) -> bool:
    """Whether a name is that of a built-in task or the path of a file, not a run id."""
    return name in TASKS or "/" in name


def best_linear_run(store: Store, task: str) -> TrialRun:
    """Return the linear trial of the lowest objective in a task's last finished sweep, or in its experiment."""
    sweeps = [sweep for sweep in find_sweeps(store, FINISHED) if sweep.source == task]
    runs = trial_runs(store, sweeps[-1]) if sweeps else select_trials(store, None, RunChoice(task)).sound
    linear = [run for run in runs if is_trained(run) and run.model == LINEAR and run.is_complete]
    if not linear:
        raise ConfigError(f"no linear trial of {task} in {store.name}; run: linrnn sweep {task}")
    return min(linear, key=lambda run: run.objective)


def is_trained(run: TrialRun) -> bool:
    """Whether a run has a result that is no rerun's."""
    return run.has_result and run.phase in TRAINED


def find_trained_run(store: Store, name: str) -> TrialRun:
    """Return the run of a trial by its id or name; raise ConfigError for a reproduction or a sweep."""
    run = read_trial(store, find_run(store, name).run_id)
    if run.has_result and run.phase is Phase.REPRODUCTION:
        raise ConfigError(f"run {run.run_id} is a reproduction: name the run that it reproduces, {run.parent}")
    return run


def choose_replica(run_id: str, result: TrialResult, replica: int | None) -> int:
    """Return the replica that was asked for, or the one of the lowest validation loss; ConfigError if it diverged."""
    losses = result.history.best_val_loss
    chosen = int(np.argmin(losses)) if replica is None else replica
    if not 0 <= chosen < len(losses):
        raise ConfigError(f"run {run_id} has the replicas 0 to {len(losses) - 1}, not {chosen}")
    if not np.isfinite(losses[chosen]):
        others = "all replicas" if replica is None else f"replica {chosen}"
        raise ConfigError(f"{others} of run {run_id} diverged: name another one")
    return chosen
