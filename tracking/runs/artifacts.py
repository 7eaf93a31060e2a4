"""The files of a trial's run: what was computed, and from what, as bytes and back."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from linrnn.analysis.predictions import Predictions
from linrnn.baseline.baselines import Baselines
from linrnn.baseline.lags import LagLoss
from linrnn.data.digests import digest
from linrnn.models.model import Shapes, flatten, unflatten
from linrnn.tasks.task import Task
from linrnn.training.history import TrainingHistory
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, to_text

BEST, FINAL = "weights/best.safetensors", "weights/final.safetensors"
CURVES, CONFIG, ENVIRONMENT, DIGESTS = "curves.npz", "config.txt", "environment.json", "digests.json"
BASELINES = "floors.json"  # of a sweep's run
PREDICTIONS = "predictions.npz"  # of a trial whose test split was read
ORIGINS = ("data.train", "data.val", "data.test", "initial_weights")  # in digests.json, beside the files
DATA = "data"  # the folder of the user's files
KEPT_BYTES = 10_000_000  # a file from this size on is not kept, only its SHA-256
UNREADABLE = (ValueError, TypeError, KeyError, EOFError, BadZipFile, SafetensorError)  # what a damaged one raises
Curves = dict[str, NDArray[Any]]
Read = Callable[[str], bytes]


def trial_files(trained: TrialResult) -> dict[str, bytes]:
    """Name -> content of all files of a trial's run; `digests.json` holds the SHA-256 of the others."""
    progress = trained.progress
    files = {
        BEST: weights_file(progress.best_weights, progress.shapes),
        FINAL: weights_file(progress.weights, progress.shapes),
        CURVES: curves_file(trained),
        CONFIG: config_file(to_text(trained.config)),
        ENVIRONMENT: json_file(trained.environment),
        **trained.files,
        **data_files(trained.config.task),
    }
    digests = {
        **trained.data,
        "initial_weights": digest(progress.weight_digests[0]),
        **{name: sha256(content).hexdigest() for name, content in files.items()},
    }
    return {**files, DIGESTS: json_file(digests)}


def data_files(task: Task) -> dict[str, bytes]:
    """Name -> content of the user's files that a record keeps: those that are not too large."""
    named = {f"{DATA}/{name}": content for name, content in task.data_files.items()}
    return {name: content for name, content in named.items() if len(content) < KEPT_BYTES}


def load_result(config: TrialConfig, form: str, started: float, seconds: float, read: Read) -> TrialResult:
    """The trial whose files `read` gives by name: the same value that came back from training, but for its plot."""
    final = parse_weights(read(FINAL))
    shapes = {name: final[name].shape[1:] for name in config.model.shapes(1, 1)}  # which asks for no data
    curves = parse_curves(read(CURVES))
    digests = json.loads(read(DIGESTS))
    progress = TrainingHistory(
        shapes,
        curves["train_loss"],
        curves["gradient_norm"],
        tuple(curves["evaluated"].tolist()),
        curves["val_loss"],
        flatten(final, shapes),
        flatten(parse_weights(read(BEST)), shapes),
        curves["best_epoch"],
        curves["weight_digests"],
        form,
    )
    data = {name: text for name, text in digests.items() if name.startswith("data.")}
    environment = json.loads(read(ENVIRONMENT))
    return TrialResult(config, progress, started, seconds, environment, data, curves.get("test_loss"))


def curves_file(trained: TrialResult) -> bytes:
    """The full curves of all replicas, exact."""
    progress = trained.progress
    curves: Curves = {
        "train_loss": progress.train_loss,
        "gradient_norm": progress.gradient_norm,
        "evaluated": np.array(progress.evaluated),
        "val_loss": progress.val_loss,
        "best_epoch": progress.best_epoch,
        "weight_digests": progress.weight_digests,
    }
    if trained.test_loss is not None:
        curves["test_loss"] = trained.test_loss
    return archive(curves)


def archive(arrays: Mapping[str, Any]) -> bytes:
    """Arrays by name, exact."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def parse_curves(content: bytes) -> Curves:
    """The arrays of a file; what would have to be unpickled is refused."""
    with np.load(io.BytesIO(content), allow_pickle=False) as curves:
        return dict(curves)


def predictions_file(said: Predictions) -> bytes:
    """What a replica says on the test split, exact."""
    return archive(said._asdict())


def parse_predictions(content: bytes) -> Predictions:
    """The predictions in such a file."""
    read: dict[str, Any] = dict(parse_curves(content))
    return Predictions(**(read | {name: read[name].item() for name in ("replica", "classes", "start")}))


def weights_file(weights: NDArray[np.float32], shapes: Shapes) -> bytes:
    """All replicas' parameters `(S, P)` by name, each `(S, *shape)`, as safetensors."""
    named = unflatten(weights, shapes)
    return bytes(save_safetensors({name: np.ascontiguousarray(value) for name, value in named.items()}))


def parse_weights(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Parameters of all replicas by name, each `(S, *shape)`."""
    return load_safetensors(content)


def config_file(text: Mapping[str, str]) -> bytes:
    """The flat text of a config, a setting a line, by name."""
    return "".join(f"{name} = {value}\n" for name, value in sorted(text.items())).encode()


def parse_config(content: bytes) -> dict[str, str]:
    """The flat text in a config file."""
    lines = (line.partition(" = ") for line in content.decode().splitlines())
    return {name: value for name, _, value in lines}


def json_file(items: Mapping[str, Any]) -> bytes:
    """A JSON file of names and values."""
    return (json.dumps(dict(items), indent=2) + "\n").encode()


def baselines_file(floors: Baselines) -> bytes:
    """The floors of a sweep's task."""
    return json_file(asdict(floors))


def parse_baselines(content: bytes) -> Baselines:
    """The floors in such a file."""
    read = json.loads(content)
    return Baselines(**(read | {"curve": tuple(LagLoss(*point) for point in read["curve"])}))
