"""Writing runs: a trial's, after it was trained, and a sweep's, around its trials."""

from __future__ import annotations

import getpass
import io
import json
import math
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from mlflow.entities import Metric, Param, RunInfo
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from numpy.typing import NDArray
from safetensors.numpy import save

from linrnn.config import to_text
from linrnn.models.base import unflatten
from linrnn.progress import Progress
from tracking.store import SWEEPS, Store
from tracking.trained import Trained

PARENT = "mlflow.parentRunId"  # the tag that links a trial's run to its sweep's
PROVENANCE = ("commit", "uncommitted_changes", "python", "torch", "cpu")  # tags; environment.json has it all
CURVE_POINTS = 25  # of a curve as a metric: MLflow's rows cost time; curves.npz has them all
Point = tuple[str, float, int]  # metric, value, step


def record(store: Store, trained: Trained, name: str, tags: Mapping[str, str]) -> str:
    """Write a trained trial as one finished MLflow run in its task's experiment; the run's id."""
    experiment = store.experiment(trained.config.task.name)
    files = data_files(trained)
    digests = {**trained.digests, **{name: sha256(content).hexdigest() for name, content in files.items()}}
    every_tag = {
        **tags,
        "outcome": trained.outcome,
        "form": trained.progress.form,
        "mlflow.source.git.commit": trained.environment["commit"],
        **{item: trained.environment[item] for item in PROVENANCE},
    }
    with run(store, experiment, name, every_tag, trained.started, trained.seconds) as made:
        facts = {"environment.json": as_json(trained.environment), "digests.json": as_json(digests)}
        write_files(store, made, {**files, **facts, **trained.files})
        write(store, made.run_id, to_text(trained.config), points(trained), trained.started)
    return str(made.run_id)


@contextmanager
def run(
    store: Store, experiment: str, name: str, tags: Mapping[str, str], started: float, seconds: float | None = None
) -> Iterator[RunInfo]:
    """A run that is FINISHED when the body ends, KILLED when it is interrupted, FAILED when it raises.

    `seconds` says how long it took where the body only writes down what is over.
    """
    source = {"mlflow.user": user(), "mlflow.source.type": "LOCAL", "mlflow.source.name": "linrnn"}
    made: RunInfo = store.client.create_run(experiment, milliseconds(started), {**source, **tags}, name).info
    status = "FAILED"
    try:
        yield made
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        ended = time.time() if seconds is None else started + seconds
        store.client.set_terminated(made.run_id, status, milliseconds(ended))


def sweep_run(store: Store, name: str, tags: Mapping[str, str]) -> AbstractContextManager[RunInfo]:
    """The run of a sweep, open while its body goes on."""
    return run(store, store.experiment(SWEEPS), name, tags, time.time())


def write(store: Store, run_id: str, params: Mapping[str, str], rows: Iterable[Point], when: float) -> None:
    """Params and metrics of a run in one batch; values that are not finite are left out, never logged."""
    stamp = milliseconds(when)
    metrics = [Metric(name, value, stamp, step) for name, value, step in rows if math.isfinite(value)]
    store.client.log_batch(run_id, metrics, [Param(name, text) for name, text in params.items()])


def describe(store: Store, run_id: str, text: str) -> None:
    """Set a run's description, markdown."""
    store.client.set_tag(run_id, "mlflow.note.content", text)


def points(trained: Trained) -> list[Point]:
    """The metrics of a trial: curves as medians over replicas, and its measures at the last step."""
    progress, last = trained.progress, trained.progress.epoch
    every = -(-len(progress.evaluated) // CURVE_POINTS)
    kept = range(len(progress.evaluated) - 1, -1, -every)[::-1]  # evenly spaced, the last among them
    curves = {"train_loss": progress.median_train_loss, "val_loss": progress.median_val_loss}
    rows = [(name, curve[k], progress.evaluated[k]) for name, curve in curves.items() for k in kept]
    measures = {
        "best_val_loss": progress.median_best_val_loss,
        "final_val_loss": progress.median_val_loss[-1],
        "diverged_replicas": float(progress.diverged.sum()),
        "seconds": trained.seconds,
        "learning_rate": trained.config.training.learning_rate,  # as metrics too: params cannot be filtered
        "hidden_size": float(trained.config.model.hidden_size),  # by range
    }
    if trained.test_loss is not None:
        measures["test_loss"] = float(np.median(trained.test_loss))
    return [(name, float(value), step) for name, value, step in rows] + [
        (name, float(value), last) for name, value in measures.items()
    ]


def data_files(trained: Trained) -> dict[str, bytes]:
    """The files that hold what was computed: weights of all replicas, best and final, and the full curves."""
    progress = trained.progress
    curves: dict[str, Any] = {
        "train_loss": progress.train_loss,
        "gradient_norm": progress.gradient_norm,
        "evaluated": np.array(progress.evaluated),
        "val_loss": progress.val_loss,
        "best_epoch": progress.best_epoch,
    }
    if trained.test_loss is not None:
        curves["test_loss"] = trained.test_loss
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **curves)
    return {
        "weights/best.safetensors": safetensors(progress, progress.best_weights),
        "weights/final.safetensors": safetensors(progress, progress.weights),
        "curves.npz": buffer.getvalue(),
    }


def safetensors(progress: Progress, weights: NDArray[np.float32]) -> bytes:
    """All replicas' parameters by name, each `(S, *shape)`."""
    named = unflatten(weights, progress.shapes)
    return bytes(save({name: np.ascontiguousarray(value) for name, value in named.items()}))


def as_json(items: Mapping[str, str]) -> bytes:
    """A JSON file of names and texts."""
    return (json.dumps(dict(items), indent=2) + "\n").encode()


def write_files(store: Store, made: RunInfo, files: Mapping[str, bytes]) -> None:
    """Log files, given by name and content, as artifacts of a run; its own client would read the run for each."""
    with tempfile.TemporaryDirectory(prefix="linrnn-") as folder:
        for name, content in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        artifacts: Any = get_artifact_repository(made.artifact_uri, store.tracking_uri)
        artifacts.log_artifacts(folder)


def milliseconds(seconds: float) -> int:
    """MLflow's time stamps."""
    return round(seconds * 1000)


def user() -> str:
    """Name of whoever runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
