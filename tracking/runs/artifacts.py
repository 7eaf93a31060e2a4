"""Artifacts of runs: values as the bytes of a file, and back."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors

from linrnn.analysis.characterisation import Characterisation
from linrnn.analysis.nonlinearity_tests import NonlinearityTest, NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.baseline.baselines import Baselines
from linrnn.baseline.candidate import CandidateLoss
from linrnn.baseline.lags import LagLoss
from linrnn.data.digests import digest
from linrnn.data.step_losses import mean_widths
from linrnn.models.linear import Linear
from linrnn.models.model import LinearPart, Shapes, flatten, unflatten
from linrnn.tasks.series import Series
from linrnn.tasks.task import TaskData
from linrnn.training.history import TrainingHistory, Weights
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, to_text
from tracking.runs.json_objects import parse_digests, parse_object
from tracking.schema import DATA, Artifact, CurveArray, StepArray
from tracking.store.error_translation import first_line

ORIGINS = ("data.train", "data.val", "data.test", "initial_weights")  # in digests.json, beside the files
MAX_BYTES = 10_000_000  # of a user's file larger than this, the record holds only the SHA-256
UNREADABLE = (  # raised by damaged content
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, RuntimeError, MemoryError),
    *(BadZipFile, zlib.error, struct.error, SafetensorError),
)
FORMS = ("kernels", "torch", "truncation")  # of a trial's computation
OLD_FIELDS = {"trivial": "naive"}  # of Baselines, in version 1 of the schema
Curves = dict[str, NDArray[Any]]
T = TypeVar("T")
Read = Callable[[str], bytes]


def trial_files(result: TrialResult) -> dict[str, bytes]:
    """Return name -> content of all files of a trial's run; `digests.json` holds the SHA-256 of the others."""
    history = result.history
    files = {
        Artifact.BEST_WEIGHTS: weights_file(history.best_weights, history.shapes),
        Artifact.FINAL_WEIGHTS: weights_file(history.weights, history.shapes),
        Artifact.CURVES: curves_file(result),
        Artifact.CONFIG: config_file(to_text(result.config)),
        Artifact.ENVIRONMENT: json_file(result.environment),
        **result.files,
    }
    digests = {
        **result.data,
        "initial_weights": digest(history.weight_digests[0]),
        **{name: sha256(content).hexdigest() for name, content in files.items()},
    }
    return {**files, Artifact.DIGESTS: json_file(digests)}


def data_files(data: TaskData) -> dict[str, bytes]:
    """Return name -> content of the user's files that a record holds: those that are not too large."""
    files = {f"{DATA}/{name}": content for name, content in data.files.items()}
    return {name: content for name, content in files.items() if len(content) < MAX_BYTES}


def load_result(
    config: TrialConfig, form: str, start: float, seconds: float, read: Read, has_weights: bool = True
) -> TrialResult:
    """Return the trial whose files `read` returns by name: the value that training returned, without its figures.

    Its networks have no parameters where its weights were deleted. Raises one of UNREADABLE where the files are not
    those of one trial.
    """
    if form not in FORMS:
        raise ValueError(f"{form!r} is no form of training")
    replicas = config.training.replicas
    none = np.empty((replicas, 0), np.float32)
    shapes, final, best = load_weights(config, read) if has_weights else ({}, none, none)
    curves = parse_file(read, Artifact.CURVES, parse_curves)
    digests = parse_file(read, Artifact.DIGESTS, parse_digests)
    require_replicas(replicas, curves, [best, final])
    history = TrainingHistory(
        shapes,
        curves[CurveArray.TRAIN_LOSS],
        curves[CurveArray.GRADIENT_NORM],
        tuple(curves[CurveArray.EVALUATION_EPOCHS].tolist()),
        curves[CurveArray.VAL_LOSS],
        final,
        best,
        curves[CurveArray.BEST_EPOCH],
        curves[CurveArray.WEIGHT_DIGESTS],
        form,
    )
    data = {name: text for name, text in digests.items() if name.startswith("data.")}
    environment = parse_file(read, Artifact.ENVIRONMENT, parse_object)
    if isinstance(config.task, Series) and not config.task.sha256:  # version 1 names the file in its environment alone
        config = replace(config, task=replace(config.task, sha256=environment.get("data_file", "")))
    return TrialResult(config, history, start, seconds, environment, data, curves.get(CurveArray.TEST_LOSS))


def load_weights(config: TrialConfig, read: Read) -> tuple[Shapes, Weights, Weights]:
    """Return the shapes of one replica's parameters, and the final and the best weights of all replicas, `(S, P)`."""
    both = [parse_file(read, name, parse_weights) for name in (Artifact.FINAL_WEIGHTS, Artifact.BEST_WEIGHTS)]
    if any(value.dtype != np.float32 for each in both for value in each.values()):
        raise ValueError("the weights are not in float32")
    shapes = {name: both[0][name].shape[1:] for name in config.model.shapes(1, 1)}  # which asks for no data
    final, best = (flatten(each, shapes) for each in both)
    return shapes, final, best


def parse_file(read: Read, name: Artifact, parse: Callable[[bytes], T]) -> T:
    """Return the value in a file; raise ValueError with its name where that is damaged."""
    content = read(name)
    try:
        return parse(content)
    except UNREADABLE as error:
        raise ValueError(f"{name}: {first_line(error)}") from error


def require_replicas(count: int, curves: Curves, weights: Sequence[Weights]) -> None:
    """Raise ValueError where curves or weights are not those of so many replicas, or do not fit together."""
    evaluated = curves[CurveArray.EVALUATION_EPOCHS]
    epochs = len(curves[CurveArray.TRAIN_LOSS])
    shapes = {
        CurveArray.TRAIN_LOSS: (epochs, count),
        CurveArray.GRADIENT_NORM: (epochs, count),
        CurveArray.VAL_LOSS: (len(evaluated), count),
        CurveArray.BEST_EPOCH: (count,),
        CurveArray.WEIGHT_DIGESTS: (len(evaluated) + 1, count, 32),
        **({CurveArray.TEST_LOSS: (count,)} if CurveArray.TEST_LOSS in curves else {}),
    }
    for name, shape in shapes.items():
        if curves[name].shape != shape:
            raise ValueError(f"{name} has the shape {curves[name].shape}, not {shape}")
    if not len(evaluated) or evaluated.min() < 0 or evaluated.max() > epochs:
        raise ValueError(f"{CurveArray.EVALUATION_EPOCHS} are not from 0 to {epochs}")
    if any(len(each) != count for each in weights):
        raise ValueError(f"the weights are not those of {count} replicas")


def curves_file(result: TrialResult) -> bytes:
    """Return the full curves of all replicas, exact."""
    history = result.history
    curves: Curves = {
        CurveArray.TRAIN_LOSS: history.train_loss,
        CurveArray.GRADIENT_NORM: history.gradient_norm,
        CurveArray.EVALUATION_EPOCHS: np.array(history.evaluation_epochs),
        CurveArray.VAL_LOSS: history.val_loss,
        CurveArray.BEST_EPOCH: history.best_epoch,
        CurveArray.WEIGHT_DIGESTS: history.weight_digests,
    }
    if result.test_loss is not None:
        curves[CurveArray.TEST_LOSS] = result.test_loss
    return archive(curves)


def archive(arrays: Mapping[str, Any]) -> bytes:
    """Return an `.npz` file of arrays by name, exact."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def parse_curves(content: bytes) -> Curves:
    """Return the arrays in such a file; content that would have to be unpickled or decompressed is refused."""
    with ZipFile(io.BytesIO(content)) as zipped:
        if any(item.compress_type != ZIP_STORED for item in zipped.infolist()):
            raise ValueError("its arrays are compressed")
    with np.load(io.BytesIO(content), allow_pickle=False) as curves:
        return dict(curves)


def predictions_file(predictions: Predictions) -> bytes:
    """Return the predictions of a replica on the test split, exact."""
    arrays = predictions._asdict()
    arrays["continued"] = arrays.pop("free_run")  # its name in the file
    return archive(arrays)


def parse_predictions(content: bytes) -> Predictions:
    """Return the predictions in such a file."""
    arrays: dict[str, Any] = dict(parse_curves(content))
    arrays["free_run"] = arrays.pop("continued")
    scalars = {name: array.item() for name, array in arrays.items() if array.ndim == 0}
    return Predictions(**(arrays | scalars))


def characterisation_file(characterisation: Characterisation) -> bytes:
    """Return a network as a dynamical system, exact: the fields of its characterisation by name."""
    return archive({field.name: getattr(characterisation, field.name) for field in fields(Characterisation)})


def parse_characterisation(content: bytes) -> Characterisation:
    """Return the characterisation in such a file; one without `linear_part` knows `linear` networks as linear alone."""
    arrays: dict[str, Any] = dict(parse_curves(content))
    is_linear = arrays["model"].item() == Linear.name
    arrays.setdefault("linear_part", np.array(LinearPart.NETWORK if is_linear else LinearPart.NONE, str))
    return Characterisation(**{name: array if array.ndim else array.item() for name, array in arrays.items()})


def weights_file(weights: NDArray[np.float32], shapes: Shapes) -> bytes:
    """Return all replicas' parameters `(S, P)` as safetensors, by name, each `(S, *shape)`."""
    tensors = unflatten(weights, shapes)
    return bytes(save_safetensors({name: np.ascontiguousarray(value) for name, value in tensors.items()}))


def parse_weights(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of all replicas by name, each `(S, *shape)`."""
    return load_safetensors(content)


def config_file(text: Mapping[str, str]) -> bytes:
    """Return the flat text of a config, one setting per line, by name."""
    return "".join(f"{name} = {value}\n" for name, value in sorted(text.items())).encode()


def parse_config(content: bytes) -> dict[str, str]:
    """Return the flat text in a config file."""
    lines = (line.partition(" = ") for line in content.decode().splitlines())
    return {name: value for name, _, value in lines}


def json_file(items: Mapping[str, Any]) -> bytes:
    """Return a JSON file of names and values."""
    return (json.dumps(dict(items), indent=2) + "\n").encode()


def baselines_file(baselines: Baselines) -> bytes:
    """Return the baselines and bounds of a task as JSON, without their step losses."""
    values = asdict(replace(baselines, step_losses={}))
    return json_file({name: value for name, value in values.items() if name != "step_losses"})


def nonlinearity_tests_file(tests: NonlinearityTests) -> bytes:
    """Return nonlinearity tests as JSON, without the samples that a figure draws."""
    values = asdict(replace(tests, samples={}))
    return json_file({name: value for name, value in values.items() if name != "samples"})


def parse_nonlinearity_tests(content: bytes) -> NonlinearityTests:
    """Return the nonlinearity tests in such a file."""
    values = json.loads(content)
    return NonlinearityTests(**(values | {"tests": tuple(NonlinearityTest(**each) for each in values["tests"])}))


def parse_baselines(content: bytes) -> Baselines:
    """Return the baselines and bounds in such a file, by their present names or those of version 1."""
    values = {OLD_FIELDS.get(name, name): value for name, value in json.loads(content).items()}
    lists = {
        "curve": tuple(LagLoss(*point) for point in values["curve"]),
        "candidates": tuple(CandidateLoss(*losses) for losses in values.get("candidates", ())),
    }
    earlier = {"linear_method": f"least squares, {values['linear_lags']} lags"}  # the only one before it was recorded
    return Baselines(**(earlier | values | lists))


class StepLosses(NamedTuple):
    """Step losses by predictor, and how many consecutive steps each value averages, `(T,)`; None where it is one."""

    losses: Curves
    counts: NDArray[np.int64] | None = None


def step_losses_file(step_losses: Mapping[str, NDArray[Any]], steps: int) -> bytes:
    """Return step losses of so many test steps by the name of their predictor, in float32."""
    arrays: Curves = {name: losses.astype(np.float32) for name, losses in step_losses.items()}
    count, batch = next(iter(arrays.values())).shape[-2:]
    counts = {} if count == steps else {str(StepArray.STEP_COUNTS): mean_widths(steps, batch)}
    return archive(arrays | counts)


def parse_step_losses(content: bytes) -> StepLosses:
    """Return the step losses in such a file, in float64."""
    arrays = parse_curves(content)
    counts = arrays.pop(StepArray.STEP_COUNTS, None)
    return StepLosses({name: losses.astype(np.float64) for name, losses in arrays.items()}, counts)
