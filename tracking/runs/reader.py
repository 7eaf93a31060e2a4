"""Reading runs back: config, curves, predictions and weights, exactly as they were recorded."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.characterisation import Characterisation
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.analysis.series_history import task_scale
from linrnn.baseline.baselines import Baselines
from linrnn.data.series_scale import SeriesScale
from linrnn.errors import ConfigError, DataError
from linrnn.models.model import Shapes
from linrnn.training.history import milestone_losses
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig
from tracking.legacy_settings import parse_params
from tracking.run_views import LinrnnRun, RunRecord, SweepRun, TrialRun, deletion_text, list_deletions, to_linrnn_run
from tracking.runs.artifacts import (
    UNREADABLE,
    Curves,
    StepLosses,
    parse_baselines,
    parse_characterisation,
    parse_curves,
    parse_nonlinearity_tests,
    parse_predictions,
    parse_step_losses,
    parse_weights,
)
from tracking.runs.run_reference import find_run
from tracking.schema import DATA, Artifact, CurveArray, Tag, check_artifact_name
from tracking.store.access import Store, existing_store
from tracking.store.disk import read_plain_file
from tracking.store.error_translation import failures, first_line
from tracking.store.urls import file_path, hide_passwords
from tracking.store_errors import StoreError

if TYPE_CHECKING:
    from linrnn.models.network import Network
    from linrnn.models.unit_network import UnitNetwork

T = TypeVar("T")
WEIGHTS = {"best": Artifact.BEST_WEIGHTS, "final": Artifact.FINAL_WEIGHTS}
Which = Literal["best", "final"]


def load(
    run_id: str,
    replica: int = 0,
    weights: Which = "best",
    store: Store | str | Path | None = None,
    raw: bool = False,
) -> Network | UnitNetwork:
    """Return one trained network of a recorded trial, ready to be called.

    The weights are read as safetensors: no code from the record is executed.

    Parameters
    ----------
    run_id : str
        Id of the MLflow run of a trial, its first characters, or its name.
    replica : int, default 0
        Which of the trial's replicas, from 0.
    weights : {"best", "final"}, default "best"
        Weights at the replica's lowest validation loss, or after the last epoch.
    store : Store or path, optional
        The store, or its folder; the current folder by default.
    raw : bool, default False
        Whether to return the network as it was trained, which reads and writes standardized values; its parameters are
        attributes. By default the network of a series takes and gives values in the file's unit; that of a task whose
        sequences are drawn is the same in both cases.

    Returns
    -------
    torch.nn.Module
        The network from `(time, batch, inputs)` to `(time, batch, outputs)` and the last state, float32.

    Raises
    ------
    ConfigError
        There is no such run or replica.
    DataError
        The user's file is neither where it was nor in the record, so that its unit is not known; `raw` needs no file.
    StoreError
        The store cannot be read, or the run has lost its weights or they are damaged.

    Examples
    --------
    >>> network = tracking.load("1a09e52702df496295fe4409a667833f", store="results")  # doctest: +SKIP
    >>> outputs, state = network(inputs)  # doctest: +SKIP
    """
    import torch  # which nothing else here needs

    from linrnn.models.network import build_network
    from linrnn.models.unit_network import UnitNetwork

    opened = store if isinstance(store, Store) else existing_store(store)
    run = find_run(opened, run_id)
    if not isinstance(run, TrialRun):
        raise ConfigError(f"run {run.run_id} is a sweep: name one of its trials")
    config, stacked = read_config(run), read_weights(opened, run, weights)
    shapes = {name: value.shape[1:] for name, value in stacked.items()}
    replicas = config.training.replicas
    if not 0 <= replica < replicas:
        raise ConfigError(f"run {run_id} has the replicas 0 to {replicas - 1}, not {replica}")
    network = build_network(config.model, *config.model.sizes(shapes))
    network.load_state_dict({name: torch.from_numpy(value[replica]) for name, value in stacked.items()})
    if raw:
        return network
    scale = read_scale(opened, run, config)
    return network if scale.is_identity else UnitNetwork(network, scale)


def read_scale(store: Store, run: TrialRun, config: TrialConfig) -> SeriesScale:
    """Return the scale of a trial's data, from the user's file or the record's copy of it."""
    try:
        return task_scale(config.task.load(lambda name: read_copy(store, run, name)).task)
    except DataError as error:
        raise DataError(f"{error}; raw=True returns the network for standardized values") from error


def read_copy(store: Store, run: LinrnnRun, name: str) -> bytes | None:
    """Return the record's copy of a user's file, by its name, or None."""
    try:
        return read_file(store, run, f"{DATA}/{name}")
    except StoreError:
        return None


def read_trial(store: Store, run_id: str) -> TrialRun:
    """Return the run of a trial; raise ConfigError where that id is not a trial's."""
    view = read_run(store, run_id)
    if not isinstance(view, TrialRun):
        raise ConfigError(f"run {run_id} is a sweep: name one of its trials")
    return view


def read_sweep(store: Store, run_id: str) -> SweepRun:
    """Return the run of a sweep; raise ConfigError where that id is not a sweep's."""
    view = read_run(store, run_id)
    if not isinstance(view, SweepRun):
        raise ConfigError(f"run {run_id} is a trial, not a sweep")
    return view


def read_run(store: Store, run_id: str) -> TrialRun | SweepRun:
    """Return a run of linrnn's; raise ConfigError where that id is none."""
    with store.read_errors():
        run = store.runs.read(run_id)
    if run is None:
        raise ConfigError(f"no run {run_id!r} in the store {store.name}: linrnn list shows the ids")
    view = to_linrnn_run(run)
    if view is None:
        raise ConfigError(f"run {run_id} is not one of linrnn's")
    _ = view.version  # raises for a newer one
    return view


def read_config(run: TrialRun | RunRecord) -> TrialConfig:
    """Return the trial config of a recorded trial, equal to the one that ran.

    Parameters
    ----------
    run : TrialRun or mlflow.entities.Run
        The trial's run. Its params are the config as flat text, without loss.

    Returns
    -------
    TrialConfig
        The config. The data of a file are not read.

    Raises
    ------
    SchemaError
        The params are not those of a trial config; the message names the run and the param.
    """
    view = run if isinstance(run, TrialRun) else TrialRun(run)
    try:
        return parse_params(view.params)
    except ConfigError as error:
        raise view.error(f"has params that are no trial config ({error})") from error


def read_weights(store: Store, run: TrialRun, which: Which = "best") -> dict[str, NDArray[np.float32]]:
    """Return the parameters of all replicas by name, each `(S, *shape)`."""
    return parse_artifact(store, run, WEIGHTS[which], parse_weights)


def read_shapes(store: Store, run: TrialRun) -> Shapes:
    """Return the shapes of the parameters of one network of a trial."""
    return {name: value.shape[1:] for name, value in read_weights(store, run).items()}


def read_curves(store: Store, run: TrialRun) -> Curves:
    """Return the full curves, by the names of CurveArray."""
    return parse_artifact(store, run, Artifact.CURVES, parse_curves)


def read_step_losses(store: Store, run: TrialRun) -> StepLosses:
    """Return the test losses of all replicas `(S, T', B)` by step and sequence; none where a trial has no such file."""
    return read_optional(store, run, Artifact.STEP_LOSSES, parse_step_losses) or StepLosses({})


def read_predictions(store: Store, run: TrialRun) -> Predictions | None:
    """Return the predictions of a trial on the test split; None where it has no such file."""
    return read_optional(store, run, Artifact.PREDICTIONS, parse_predictions)


def read_characterisation(store: Store, run: TrialRun) -> Characterisation | None:
    """Return the best replica of a trial as a dynamical system; None where it has no such file."""
    return read_optional(store, run, Artifact.CHARACTERISATION, parse_characterisation)


def read_optional(store: Store, run: LinrnnRun, name: Artifact, parse: Callable[[bytes], T]) -> T | None:
    """Return the value in a run's artifact; None where it has no such file. Raises StoreError where it is damaged."""
    try:
        content = read_file(store, run, name)
    except StoreError:
        return None
    return parse_artifact(store, run, name, parse, content)


def read_baselines(store: Store, sweep: SweepRun) -> Baselines:
    """Return the baselines and bounds of a sweep's task, with their step losses where these are recorded."""
    content = read_file(store, sweep, Artifact.BASELINES)
    if sha256(content).hexdigest() != sweep.tag(Tag.BASELINES):
        raise sweep.error(f"has a {Artifact.BASELINES} that is not the file whose SHA-256 is in its tag")
    baselines = parse_artifact(store, sweep, Artifact.BASELINES, parse_baselines, content)
    step_losses = read_optional(store, sweep, Artifact.BASELINE_STEP_LOSSES, parse_step_losses)
    return replace(baselines, step_losses=step_losses.losses if step_losses else {})


def read_nonlinearity_tests(store: Store, sweep: SweepRun) -> NonlinearityTests | None:
    """Return the nonlinearity tests of a sweep's data; None where it has no such file."""
    return read_optional(store, sweep, Artifact.NONLINEARITY_TESTS, parse_nonlinearity_tests)


def read_residual_tests(store: Store, run: TrialRun) -> NonlinearityTests | None:
    """Return the tests of a confirmation's residuals; None where it has no such file."""
    return read_optional(store, run, Artifact.RESIDUAL_TESTS, parse_nonlinearity_tests)


def parse_artifact(
    store: Store, run: LinrnnRun, name: Artifact, parse: Callable[[bytes], T], content: bytes | None = None
) -> T:
    """Return the value in a run's artifact; raise StoreError where it is missing or damaged."""
    try:
        return parse(read_file(store, run, name) if content is None else content)
    except UNREADABLE as error:
        raise StoreError(f"run {run.run_id}: its {name} is damaged ({first_line(error)})") from error


def read_file(store: Store, run: LinrnnRun, name: str) -> bytes:
    """Return the content of a run's artifact, under its old name where it has only that.

    Baselines and data that it does not hold itself are its parent's. Raises StoreError where it is missing.
    """
    names = name.names if isinstance(name, Artifact) else (check_artifact_name(name),)
    problems = []
    for each in names:
        try:
            return read_own_file(store, run, each)
        except failures() as error:
            problems.append(error)
    if is_shared(name) and run.parent:
        return read_file(store, read_run(store, run.parent), name)
    if name in list_deletions(run.tags):
        raise StoreError(deletion_text(run.run_id, name))
    raise StoreError(f"run {run.run_id} has lost its {name}: {first_line(problems[0])}") from problems[0]


def is_shared(name: str) -> bool:
    """Whether a trial's file may be held by its parent's run alone: baselines and data."""
    return name in Artifact.BASELINES.names or name.startswith(f"{DATA}/")


def read_own_file(store: Store, run: LinrnnRun, name: str) -> bytes:
    """Return the content of an artifact that the run itself holds; no server is asked for a local store's."""
    folder = file_path(run.info.artifact_uri)
    if folder:
        return read_plain_file(folder, name)
    if store.is_local:
        raise run.error(f"has its artifacts at {hide_passwords(run.info.artifact_uri)!r}, which is no folder")
    with TemporaryDirectory(prefix="linrnn-") as temporary:
        return Path(store.client.download_artifacts(run.run_id, name, temporary)).read_bytes()


def read_result(store: Store, run: TrialRun) -> TrialSummary:
    """Return the summary of a recorded trial for its study, equal to that of the trial after its training."""
    config = read_config(run)
    loss, curve = math.inf, {}
    if not run.is_failed:
        curves = read_curves(store, run)
        evaluated, milestones = curves[CurveArray.EVALUATION_EPOCHS].tolist(), config.training.milestones
        curve = milestone_losses(curves[CurveArray.VAL_LOSS], evaluated, milestones, run.objective_name)
        loss = run.objective
    return TrialSummary(config, run.outcome, loss, curve, run.start_time, run.seconds, run.has_diverged)
