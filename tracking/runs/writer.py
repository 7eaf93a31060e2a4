"""Writing runs: a trial's, after it was trained, and a sweep's, around its trials.

MLflow is imported where something is written, as it takes seconds, in which the first trials train.
"""

from __future__ import annotations

import getpass
import math
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from linrnn.baseline.baselines import Baselines
from linrnn.training.result import FailedTrial, TrialResult
from linrnn.training.trial_config import to_text
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.model_colors import model_color
from tracking.run_views import SweepRun
from tracking.runs.artifacts import parse_baselines, trial_files
from tracking.runs.source_code import records_diff
from tracking.runs.trial_metrics import Point, trial_metrics
from tracking.schema import FAILED, PROGRAM, PROVENANCE, SWEEPS, VERSION, Artifact, Metric, Tag
from tracking.store.access import Store
from tracking.store.disk import write_durably
from tracking.store.error_translation import failures
from tracking.store.run_rows import MOST_CHARACTERS, DatasetRow
from tracking.store.run_table import RunFacts
from tracking.store.urls import file_path

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, RunInfo

BASELINE_METRICS = {  # by the name in Baselines.lines
    "naive": Metric.BASELINE_NAIVE,
    "linear": Metric.BASELINE_LINEAR,
    "nonlinear": Metric.BASELINE_NONLINEAR,
    "analytic": Metric.BOUND_ANALYTIC,
    "noise": Metric.BOUND_NOISE,
}
DATASET_DIGEST = 36  # characters, as many as MLflow stores


def record_trial(
    store: Store, result: TrialResult, name: str, tags: Mapping[str, str], omit: Collection[str] = frozenset()
) -> str:
    """Write a trial as one finished MLflow run in its task's experiment; return the run's id.

    The files in `omit` are those that its parent's run holds.
    """
    if not records_diff():  # though the worker that trained it, on another machine maybe, has attached them
        result = replace(result, files={name: result.files[name] for name in result.files if name != Artifact.DIFF})
    files = trial_files(result)
    every_tag = {
        **tags,
        Tag.OUTCOME: result.outcome,
        Tag.QUESTION: result.config.task.question,
        Tag.FORM: result.history.form,
        Tag.DIGESTS: sha256(files[Artifact.DIGESTS]).hexdigest(),
        Tag.COMMIT: result.environment["commit"],
        Tag.RUN_COLOR: model_color(result.config.model.name),
        **{item: result.environment[item] for item in PROVENANCE},
    }
    files = {item: files[item] for item in files if item not in omit}
    params, points = to_text(result.config), trial_metrics(result)
    data = dataset(result.config.task.label, result.data)
    end = result.start_time + result.seconds
    with store.write_errors():
        rows = store.run_rows
        if rows is None or max(map(len, params.values())) > MOST_CHARACTERS:
            info = begin_run(store, result.config.task.label, name, every_tag, result.start_time)
            with run_status(store, info.run_id, end):
                write_files(store, info, files)
                write_batch(store, info.run_id, params, points, result.start_time)
                store.client.log_inputs(info.run_id, [dataset_input(data)])
            return str(info.run_id)
        number, tags = experiment_id(store, result.config.task.label), first_tags(every_tag)
        facts = rows.begin(number, name, tags[Tag.USER], tags, milliseconds(result.start_time))
        with close_on_failure(store, facts.run_id, end):
            write_files(store, facts, files)
            rows.complete(facts, params, finite(points), data, "FINISHED", milliseconds(end))
    return facts.run_id


def record_failed_trial(store: Store, failure: FailedTrial, name: str, tags: Mapping[str, str]) -> str:
    """Write a trial without a result as one failed MLflow run, with the reason; return the run's id."""
    end = failure.start_time + failure.seconds
    color = model_color(failure.config.model.name)
    every_tag = {
        **tags,
        Tag.OUTCOME: FAILED,
        Tag.REASON: failure.reason,
        Tag.NOTE: failure.reason,
        Tag.RUN_COLOR: color,
    }
    metrics = [(Metric.SECONDS, failure.seconds, 0)]
    with store.write_errors():
        info = begin_run(store, failure.config.task.label, name, every_tag, failure.start_time)
        with run_status(store, info.run_id, end, "FAILED"):
            write_batch(store, info.run_id, to_text(failure.config), metrics, failure.start_time)
    return str(info.run_id)


def begin_run(store: Store, experiment: str, name: str, tags: Mapping[str, str], start: float) -> RunInfo:
    """Create a run, RUNNING, in the experiment of that name, with the version of the schema."""
    info: RunInfo = store.client.create_run(
        experiment_id(store, experiment), milliseconds(start), first_tags(tags), name
    ).info
    return info


def first_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags with which a run begins: the version of the schema, who made it, and those given."""
    source: dict[str, str] = {Tag.USER: user(), Tag.SOURCE_TYPE: "LOCAL", Tag.SOURCE_NAME: PROGRAM}
    return plain({Tag.SCHEMA: str(VERSION), **source, **tags})


def plain(tags: Mapping[str, str]) -> dict[str, str]:
    """Return names and values as str, not as members of the schema's enumerations."""
    return {str(tag): str(text) for tag, text in tags.items()}


def end_run(store: Store, run_id: str, status: str, end: float | None = None) -> None:
    """Close a run as FINISHED, FAILED or KILLED."""
    store.client.set_terminated(run_id, status, milliseconds(time.time() if end is None else end))


@contextmanager
def run_status(store: Store, run_id: str, end: float | None = None, status: str = "FINISHED") -> Iterator[None]:
    """Close a run after the body: with `status`, as KILLED if it is interrupted, as FAILED if it raises.

    `end` is the end of the training where the body only records it. If closing fails, too, the error of the body is
    raised; the next process that opens the sweep closes the run.
    """
    with close_on_failure(store, run_id, end):
        yield
    end_run(store, run_id, status, end)


@contextmanager
def close_on_failure(store: Store, run_id: str, end: float | None = None) -> Iterator[None]:
    """Close a run whose body raises: as KILLED if it is interrupted, as FAILED otherwise."""
    try:
        yield
    except BaseException as error:
        interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
        with suppress(*failures()):
            end_run(store, run_id, "KILLED" if interrupted else "FAILED", end)
        raise


def begin_sweep(
    store: Store, name: str, params: Mapping[str, str], tags: Mapping[str, str], files: Mapping[str, bytes]
) -> str:
    """Create the run of a sweep, with its params, files, baselines and bounds; return its id."""
    with store.write_errors():
        info = begin_run(store, SWEEPS, name, {**tags, **baselines_tag(files)}, time.time())
        write_sweep(store, info, params, files)
    return str(info.run_id)


def resume_sweep(store: Store, sweep: SweepRun, params: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Make an interrupted sweep's run RUNNING again, and write its params and files, which it may lack."""
    with store.write_errors():
        store.client.update_run(sweep.run_id, status="RUNNING")
        set_tags(store, sweep.run_id, {Tag.SCHEMA: str(VERSION), **baselines_tag(files)})
        write_sweep(store, sweep.info, params, files)


def baselines_tag(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the tag that holds the digest of a sweep's baselines."""
    return {Tag.BASELINES: sha256(files[Artifact.BASELINES]).hexdigest()}


def write_sweep(store: Store, info: RunInfo, params: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Write params, files, baselines and bounds of a sweep's run."""
    write_files(store, info, files)
    metrics = baseline_metrics(parse_baselines(files[Artifact.BASELINES]))
    write_batch(store, info.run_id, params, metrics, time.time())


def baseline_metrics(baselines: Baselines) -> list[Point]:
    """Return the metrics of a sweep's baselines and bounds."""
    return [(BASELINE_METRICS[name], loss, 0) for name, loss in baselines.lines.items()]


def write_batch(
    store: Store, run_id: str, params: Mapping[str, str], points: Iterable[Point], timestamp: float
) -> None:
    """Write params and metrics of a run in one batch; values that are not finite are left out, never logged."""
    from mlflow import entities

    stamp = milliseconds(timestamp)
    metrics = [entities.Metric(name, value, stamp, step) for name, value, step in finite(points)]
    store.client.log_batch(run_id, metrics, [entities.Param(str(name), text) for name, text in params.items()])


def finite(points: Iterable[Point]) -> list[Point]:
    """Return the points whose values are finite."""
    return [(str(name), value, step) for name, value, step in points if math.isfinite(value)]


def dataset(name: str, digests: Mapping[str, str]) -> DatasetRow:
    """Return the data of a trial as MLflow's charts and filters name it: by a digest of those of its splits."""
    combined = sha256("".join(digests[part] for part in sorted(digests)).encode()).hexdigest()
    return DatasetRow(name, combined[:DATASET_DIGEST], PROGRAM, name, "training")


def dataset_input(data: DatasetRow) -> DatasetInput:
    """Return the data of a trial for MLflow's client."""
    from mlflow import entities
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    context = entities.InputTag(MLFLOW_DATASET_CONTEXT, data.context)
    return entities.DatasetInput(entities.Dataset(*data[:-1]), [context])


def set_description(store: Store, run_id: str, text: str) -> None:
    """Set a run's description, in Markdown."""
    store.client.set_tag(run_id, str(Tag.NOTE), text)


def set_tags(store: Store, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of a run."""
    with store.write_errors():
        for tag, text in plain(tags).items():
            store.client.set_tag(run_id, tag, text)


def write_files(store: Store, info: RunInfo | RunFacts, files: Mapping[str, bytes]) -> None:
    """Log files, by name and content, as artifacts of a run; in a local folder, they are on disk on return."""
    folder = file_path(info.artifact_uri)
    if not files:
        return
    if folder:
        write_durably(folder, files)
        return
    with tempfile.TemporaryDirectory(prefix="linrnn-") as temporary:
        write_durably(Path(temporary), files)
        store.client.log_artifacts(info.run_id, temporary)


def milliseconds(seconds: float) -> int:
    """Return a time stamp of MLflow's."""
    return round(seconds * 1000)


def user() -> str:
    """Return the login name of the user, or `unknown`."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
