"""Reading runs back: their config, curves and weights, as they were recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from numpy.typing import NDArray

from linrnn.analysis.predictions import Predictions
from linrnn.baseline.baselines import Baselines
from linrnn.errors import ConfigError
from linrnn.training.history import milestone_losses
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig, from_text
from tracking.runs.artifacts import (
    BASELINES,
    CURVES,
    DATA,
    PREDICTIONS,
    UNREADABLE,
    Curves,
    parse_baselines,
    parse_curves,
    parse_predictions,
    parse_weights,
)
from tracking.runs.query import PARENT
from tracking.schema import check_artifact_name
from tracking.store.access import Store, open_store
from tracking.store.disk import read_inside
from tracking.store.error_translation import first_line
from tracking.store.store_errors import StoreError
from tracking.store.urls import file_path

if TYPE_CHECKING:
    from linrnn.models.network import Network

T = TypeVar("T")


def load(
    run_id: str,
    replica: int = 0,
    weights: Literal["best", "final"] = "best",
    store: Store | str | Path | None = None,
) -> Network:
    """One trained network of a recorded trial, ready to be called; executes nothing from the record.

    `weights` are those of the lowest val loss (`best`) or of the last epoch (`final`). ConfigError for a run
    or a replica that is not there.
    """
    import torch  # which nothing else here needs

    from linrnn.models.network import build_network

    opened = store if isinstance(store, Store) else open_store(store)
    run = read_run(opened, run_id)
    config, stacked = read_config(run), read_weights(opened, run, weights)
    shapes = {name: value.shape[1:] for name, value in stacked.items()}
    replicas = config.training.replicas
    if not 0 <= replica < replicas:
        raise ConfigError(f"run {run_id} has the replicas 0 to {replicas - 1}, not {replica}")
    network = build_network(config.model, *config.model.sizes(shapes))
    network.load_state_dict({name: torch.from_numpy(value[replica]) for name, value in stacked.items()})
    return network


def read_run(store: Store, run_id: str) -> Run:
    """The run of that id."""
    try:
        return store.client.get_run(run_id)
    except MlflowException as error:
        raise ConfigError(f"no run {run_id!r} in the store {store.tracking_uri}: {first_line(error)}") from error


def read_config(run: Run) -> TrialConfig:
    """The trial config of a recorded trial, equal to the one that ran."""
    return from_text(run.data.params)


def read_weights(store: Store, run: Run, which: Literal["best", "final"] = "best") -> dict[str, NDArray[np.float32]]:
    """Parameters of all replicas by name, each `(S, *shape)`."""
    return parse_artifact(store, run, f"weights/{which}.safetensors", parse_weights)


def count_parameters(store: Store, run: Run) -> int:
    """How many values one network of a trial has."""
    return sum(value[0].size for value in read_weights(store, run).values())


def read_curves(store: Store, run: Run) -> Curves:
    """The full curves: train_loss and gradient_norm `(E, S)`, val_loss `(V, S)` at the epochs `evaluated`, ..."""
    return parse_artifact(store, run, CURVES, parse_curves)


def read_predictions(store: Store, run: Run) -> Predictions | None:
    """What a trial says on the test split; None where it was not kept."""
    try:
        content = read_file(store, run, PREDICTIONS)
    except StoreError:
        return None
    return parse_artifact(store, run, PREDICTIONS, parse_predictions, content)


def read_baselines(store: Store, sweep_run: Run) -> Baselines:
    """The floors of a sweep's task."""
    return parse_artifact(store, sweep_run, BASELINES, parse_baselines)


def parse_artifact(store: Store, run: Run, name: str, parse: Callable[[bytes], T], content: bytes | None = None) -> T:
    """What is in a run's artifact. StoreError where it is missing or damaged."""
    try:
        return parse(read_file(store, run, name) if content is None else content)
    except UNREADABLE as error:
        raise StoreError(f"run {run.info.run_id}: its {name} is damaged ({first_line(error)})") from error


def read_file(store: Store, run: Run, name: str) -> bytes:
    """Content of a run's artifact; floors and data that it has not itself are its parent's. StoreError if missing."""
    check_artifact_name(name)
    folder = file_path(run.info.artifact_uri)
    try:
        if folder:
            return read_inside(folder, name)
        with TemporaryDirectory(prefix="linrnn-") as temporary:
            return Path(store.client.download_artifacts(run.info.run_id, name, temporary)).read_bytes()
    except (OSError, MlflowException) as error:
        if (name == BASELINES or name.startswith(f"{DATA}/")) and PARENT in run.data.tags:
            return read_file(store, read_run(store, run.data.tags[PARENT]), name)
        raise StoreError(f"run {run.info.run_id} has lost its {name}: {first_line(error)}") from error


def read_result(store: Store, run: Run) -> TrialSummary:
    """What the study of a recorded trial learns of it: the same as when it was trained."""
    config, outcome = read_config(run), run.data.tags["outcome"]
    started = run.info.start_time / 1000
    loss, curve = math.inf, {}
    if outcome != "failed":
        curves = read_curves(store, run)
        curve = milestone_losses(curves["val_loss"], curves["evaluated"].tolist(), config.training.milestones)
        loss = run.data.metrics.get("best_val_loss", math.inf)
    return TrialSummary(config, outcome, loss, curve, started, run.data.metrics["seconds"])
