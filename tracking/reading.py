"""Reading runs back: their config, curves and weights, as they were recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from string import digits
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlparse

import numpy as np
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from numpy.typing import NDArray

from linrnn.config import TrialConfig, from_text
from linrnn.errors import ConfigError
from linrnn.floors import Floors
from linrnn.predictions import Predictions
from linrnn.progress import reported
from tracking.errors import StoreError, first_line
from tracking.files import (
    CURVES,
    DATA,
    FLOORS,
    PREDICTIONS,
    Curves,
    curves_in,
    floors_in,
    predictions_in,
    weights_in,
)
from tracking.store import SWEEPS, Store, open_store
from tracking.trained import Result

if TYPE_CHECKING:
    from linrnn.network import Network

PAGE = 1000  # runs a request
PARENT = "mlflow.parentRunId"  # the tag that links a trial's run to its sweep's


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

    from linrnn.network import network_of

    opened = store if isinstance(store, Store) else open_store(store)
    run = read_run(opened, run_id)
    config, stacked = read_config(run), read_weights(opened, run, weights)
    shapes = {name: value.shape[1:] for name, value in stacked.items()}
    replicas = config.training.replicas
    if not 0 <= replica < replicas:
        raise ConfigError(f"run {run_id} has the replicas 0 to {replicas - 1}, not {replica}")
    network = network_of(config.model, *config.model.sizes(shapes))
    network.load_state_dict({name: torch.from_numpy(value[replica]) for name, value in stacked.items()})
    return network


def read_run(store: Store, run_id: str) -> Run:
    """The run of that id."""
    try:
        return store.client.get_run(run_id)
    except MlflowException as error:
        raise ConfigError(f"no run {run_id!r} in the store {store.tracking_uri}: {first_line(error)}") from error


def resolve(store: Store, prefix: str) -> Run:
    """The run whose id begins so. ConfigError where there is none, or more than one."""
    if not set(prefix) <= set(digits + "abcdef") or not prefix:
        raise ConfigError(f"a run's id is 32 of the characters 0-9 and a-f, or the first few; not {prefix!r}")
    with store.reading():
        experiments = [found.experiment_id for found in store.client.search_experiments()]
        found = store.client.search_runs(experiments, f"attributes.run_id LIKE '{prefix}%'", max_results=4)
    if not found:
        raise ConfigError(f"no run {prefix!r} in the store {store.name}")
    if len(found) > 1:
        some = ", ".join(run.info.run_id[: len(prefix) + 4] for run in found)
        raise ConfigError(f"more than one run begins with {prefix!r}: {some}, ...; give more of the id")
    return found[0]


def read_config(run: Run) -> TrialConfig:
    """The trial config of a recorded trial, equal to the one that ran."""
    return from_text(run.data.params)


def read_weights(store: Store, run: Run, which: Literal["best", "final"] = "best") -> dict[str, NDArray[np.float32]]:
    """Parameters of all replicas by name, each `(S, *shape)`."""
    return weights_in(read_file(store, run, f"weights/{which}.safetensors"))


def count_parameters(store: Store, run: Run) -> int:
    """How many values one network of a trial has."""
    return sum(value[0].size for value in read_weights(store, run).values())


def read_curves(store: Store, run: Run) -> Curves:
    """The full curves: train_loss and gradient_norm `(E, S)`, val_loss `(V, S)` at the epochs `evaluated`, ..."""
    return curves_in(read_file(store, run, CURVES))


def read_predictions(store: Store, run: Run) -> Predictions | None:
    """What a trial says on the test split; None where it was not kept."""
    try:
        return predictions_in(read_file(store, run, PREDICTIONS))
    except StoreError:
        return None


def read_floors(store: Store, sweep_run: Run) -> Floors:
    """The floors of a sweep's task."""
    return floors_in(read_file(store, sweep_run, FLOORS))


def read_file(store: Store, run: Run, name: str) -> bytes:
    """Content of a run's artifact; floors and data that it has not itself are its parent's. StoreError if missing."""
    location = urlparse(run.info.artifact_uri)
    try:
        if location.scheme == "file":
            return Path(unquote(location.path), name).read_bytes()
        with TemporaryDirectory(prefix="linrnn-") as folder:
            return Path(store.client.download_artifacts(run.info.run_id, name, folder)).read_bytes()
    except (OSError, MlflowException) as error:
        if (name == FLOORS or name.startswith(f"{DATA}/")) and PARENT in run.data.tags:
            return read_file(store, read_run(store, run.data.tags[PARENT]), name)
        raise StoreError(f"run {run.info.run_id} has lost its {name}: {first_line(error)}") from error


def read_result(store: Store, run: Run) -> Result:
    """What the study of a recorded trial learns of it: the same as when it was trained."""
    config, outcome = read_config(run), run.data.tags["outcome"]
    started = run.info.start_time / 1000
    loss, curve = math.inf, {}
    if outcome != "failed":
        curves = read_curves(store, run)
        curve = reported(curves["val_loss"], curves["evaluated"].tolist(), config.training.milestones)
        loss = run.data.metrics.get("best_val_loss", math.inf)
    return Result(config, outcome, loss, curve, started, run.data.metrics["seconds"])


def recorded(run: Run) -> bool:
    """Whether a trial's run says all that there is to say; else it was cut short."""
    return (run.info.status, run.data.tags.get("outcome") == "failed") in (("FINISHED", False), ("FAILED", True))


def runs_of_study(store: Store, task: str, study: str) -> list[Run]:
    """All runs of a study's trials, those that were cut short among them."""
    return find(store, task, f"tags.study = '{study}'")


def trials_of(store: Store, sweep_run: Run) -> list[Run]:
    """The recorded trials of a sweep: of each study the first N, by number, then the confirmations."""
    task, count = sweep_run.data.tags["task"], int(sweep_run.data.params["sweep.trials"])
    trials = {
        (study, int(run.data.tags["trial"])): run
        for study in studies_of(sweep_run)
        for run in runs_of_study(store, task, study)
        if recorded(run) and int(run.data.tags["trial"]) < count
    }
    confirmations = confirmations_of(store, sweep_run)
    return [trials[key] for key in sorted(trials)] + [run for run in confirmations if recorded(run)]


def confirmations_of(store: Store, sweep_run: Run) -> list[Run]:
    """All runs of a sweep's confirmations, those that were cut short among them."""
    query = f"tags.phase = 'confirmation' and tags.`{PARENT}` = '{sweep_run.info.run_id}'"
    return find(store, sweep_run.data.tags["task"], query)


def studies_of(sweep_run: Run) -> list[str]:
    """Names of a sweep's studies, in the order of its model types."""
    return str(sweep_run.data.tags["studies"]).split(", ")


def sweeps(store: Store, query: str) -> list[Run]:
    """The sweeps' runs that answer a query, the earliest first; those of a linrnn that knew no floors left out."""
    return [run for run in find(store, SWEEPS, query) if "floors" in run.data.tags]


def last_sweeps(store: Store) -> dict[str, Run]:
    """The newest finished sweep of each task, by its name, or by its file's whole path."""
    finished = sweeps(store, "attributes.status = 'FINISHED'")
    return {run.data.params.get("task.file", run.data.tags["task"]): run for run in finished}


def require_sweeps(store: Store, tasks: Sequence[str]) -> list[Run]:
    """The newest finished sweeps of these tasks, of all if none is named. ConfigError where there is none."""
    last = last_sweeps(store)
    missing = [task for task in tasks if task not in last]
    if missing or not last:
        named = " ".join(missing) or "TASK"
        raise ConfigError(f"no finished sweep of {named} in {store.name}; run: linrnn sweep {named}")
    return [last[task] for task in tasks or last]


def newest(runs: Sequence[Run]) -> Run:
    """The run that began last."""
    return max(runs, key=lambda run: int(run.info.start_time))


def last_sweep(store: Store, task: str) -> Run | None:
    """That of one task; None where there is none."""
    return last_sweeps(store).get(task)


def find(store: Store, experiment: str, query: str) -> list[Run]:
    """The runs of an experiment, by its name, that answer a query; none where the experiment is not there."""
    with store.reading():
        found = store.client.get_experiment_by_name(experiment)
        return search(store, found.experiment_id, query) if found else []


def search(store: Store, experiment: str, query: str) -> list[Run]:
    """All runs that answer a query, the earliest first."""
    runs: list[Run] = []
    token = None
    while True:
        page = store.client.search_runs(
            [experiment], query, max_results=PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        runs.extend(page)
        token = page.token
        if not token:
            return runs
