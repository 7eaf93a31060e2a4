"""Writing runs: a trial's, after it was trained, and a sweep's, around its trials."""

from __future__ import annotations

import getpass
import math
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from mlflow.entities import Metric, Param, RunInfo

from linrnn.training.result import FailedTrial, TrialResult
from linrnn.training.trial_config import to_text
from tracking.mlflow_ui.experiments import experiment_id
from tracking.runs.artifacts import BASELINES, DIGESTS, parse_baselines, trial_files
from tracking.store.access import SWEEPS, Store
from tracking.store.disk import write_durably
from tracking.store.error_translation import FAILURES
from tracking.store.urls import file_path

PROVENANCE = ("commit", "uncommitted_changes", "python", "torch", "cpu")  # tags; environment.json has it all
Point = tuple[str, float, int]  # metric, value, step


def record_trial(
    store: Store, trained: TrialResult, name: str, tags: Mapping[str, str], without: Collection[str] = frozenset()
) -> str:
    """Write a trained trial as one finished MLflow run in its task's experiment; the run's id.

    The files `without` are those that its parent's run has.
    """
    files = trial_files(trained)
    every_tag = {
        **tags,
        "outcome": trained.outcome,
        "form": trained.progress.form,
        "digests": sha256(files[DIGESTS]).hexdigest(),
        "mlflow.source.git.commit": trained.environment["commit"],
        **{item: trained.environment[item] for item in PROVENANCE},
    }
    with store.write_errors():
        made = begin_run(store, trained.config.task.label, name, every_tag, trained.started)
        with run_status(store, made.run_id, trained.started + trained.seconds):
            write_files(store, made, {name: files[name] for name in files if name not in without})
            write_batch(store, made.run_id, to_text(trained.config), trial_metrics(trained), trained.started)
    return str(made.run_id)


def record_failed_trial(store: Store, failed: FailedTrial, name: str, tags: Mapping[str, str]) -> str:
    """Write a trial that came to nothing as one failed MLflow run, with the reason; the run's id."""
    ended = failed.started + failed.seconds
    every_tag = {**tags, "outcome": "failed", "reason": failed.reason, "mlflow.note.content": failed.reason}
    with store.write_errors():
        made = begin_run(store, failed.config.task.label, name, every_tag, failed.started)
        with run_status(store, made.run_id, ended, "FAILED"):
            write_batch(store, made.run_id, to_text(failed.config), [("seconds", failed.seconds, 0)], failed.started)
    return str(made.run_id)


def begin_run(store: Store, experiment: str, name: str, tags: Mapping[str, str], started: float) -> RunInfo:
    """A new run, RUNNING, in the experiment of that name."""
    source = {"mlflow.user": user(), "mlflow.source.type": "LOCAL", "mlflow.source.name": "linrnn"}
    every_tag = {**source, **tags}
    made: RunInfo = store.client.create_run(
        experiment_id(store, experiment), milliseconds(started), every_tag, name
    ).info
    return made


def end_run(store: Store, run_id: str, status: str, when: float | None = None) -> None:
    """Close a run as FINISHED, FAILED or KILLED."""
    store.client.set_terminated(run_id, status, milliseconds(time.time() if when is None else when))


@contextmanager
def run_status(store: Store, run_id: str, ended: float | None = None, done: str = "FINISHED") -> Iterator[None]:
    """Close a run with what becomes of the body: `done`, KILLED when it is interrupted, FAILED when it raises.

    `ended` says when it was over where the body only writes down what is. Where even closing fails, the error of the
    body is the one to hear of; whoever comes next to the store closes what is left open.
    """
    try:
        yield
    except BaseException as error:
        interrupted = isinstance(error, (KeyboardInterrupt, SystemExit))
        with suppress(*FAILURES):
            end_run(store, run_id, "KILLED" if interrupted else "FAILED", ended)
        raise
    end_run(store, run_id, done, ended)


def begin_sweep(
    store: Store, name: str, params: Mapping[str, str], tags: Mapping[str, str], files: Mapping[str, bytes]
) -> str:
    """The run of a sweep that begins, with what its task's floors are; its id."""
    with store.write_errors():
        made = begin_run(store, SWEEPS, name, {**tags, "floors": sha256(files[BASELINES]).hexdigest()}, time.time())
        write_sweep(store, made, params, files)
    return str(made.run_id)


def resume_sweep(store: Store, run: RunInfo, params: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Make a sweep's run that was left RUNNING again; its params and files, which it may lack, are the same."""
    with store.write_errors():
        store.client.update_run(run.run_id, status="RUNNING")
        write_sweep(store, run, params, files)


def write_sweep(store: Store, run: RunInfo, params: Mapping[str, str], files: Mapping[str, bytes]) -> None:
    """Params, floors and files of a sweep's run."""
    lines = [(f"floor_{name}", loss, 0) for name, loss in parse_baselines(files[BASELINES]).lines.items()]
    write_files(store, run, files)
    write_batch(store, run.run_id, params, lines, time.time())


def write_batch(store: Store, run_id: str, params: Mapping[str, str], rows: Iterable[Point], when: float) -> None:
    """Params and metrics of a run in one batch; values that are not finite are left out, never logged."""
    stamp = milliseconds(when)
    metrics = [Metric(name, value, stamp, step) for name, value, step in rows if math.isfinite(value)]
    store.client.log_batch(run_id, metrics, [Param(name, text) for name, text in params.items()])


def set_description(store: Store, run_id: str, text: str) -> None:
    """Set a run's description, markdown."""
    store.client.set_tag(run_id, "mlflow.note.content", text)


def set_tags(store: Store, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags of a run."""
    with store.write_errors():
        for name, text in tags.items():
            store.client.set_tag(run_id, name, text)


def trial_metrics(trained: TrialResult) -> list[Point]:
    """The metrics of a trial: curves as medians over replicas, and its measures at the last step."""
    progress, last = trained.progress, trained.progress.epoch
    milestones = trained.config.training.milestones  # MLflow's rows cost time; curves.npz has every epoch
    kept = [k for k, epoch in enumerate(progress.evaluated) if epoch in milestones]
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


def write_files(store: Store, made: RunInfo, files: Mapping[str, bytes]) -> None:
    """Log files, given by name and content, as artifacts of a run; in a local folder, they are on disk then."""
    folder = file_path(made.artifact_uri)
    if not files:
        return
    if folder:
        write_durably(folder, files)
        return
    with tempfile.TemporaryDirectory(prefix="linrnn-") as temporary:
        write_durably(Path(temporary), files)
        store.client.log_artifacts(made.run_id, temporary)


def milliseconds(seconds: float) -> int:
    """MLflow's time stamps."""
    return round(seconds * 1000)


def user() -> str:
    """Name of whoever runs this, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
