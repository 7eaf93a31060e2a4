"""The schema of a run: the name and meaning of every tag, param, metric and artifact, and typed views of runs.

All other modules take these names from here. Version 1 is that of linrnn 0.1.0, which wrote no version; what it
called by another name is read under that name, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from tracking.store.store_errors import StoreError

if TYPE_CHECKING:
    from mlflow.entities import Run

VERSION = 2  # of this schema, written with each run
SWEEPS = "sweeps"  # the MLflow experiment that holds one run per sweep


class Name(StrEnum):
    """A name in MLflow and what it means."""

    meaning: str
    old_name: str | None

    def __new__(cls, value: str, meaning: str = "", old_name: str | None = None) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.meaning, member.old_name = value, meaning, old_name
        return member


class Tag(Name):
    """Tags of runs."""

    SCHEMA = "schema", "version of this schema"
    PHASE = "phase", "why a trial was trained: search, confirmation, reproduction or single"
    OUTCOME = "outcome", "how a trial ended: complete, pruned, diverged or failed"
    REASON = "reason", "why a trial failed"
    STUDY = "study", "name of the Optuna study that a trial belongs to"
    TRIAL = "trial", "number of a trial in its study, from 0"
    FORM = "form", "what trained it: kernels (the same bits on every processor) or torch"
    DIGESTS = "digests", "SHA-256 of digests.json, which holds those of all other files"
    BEST = "best", "yes on the best trial of a study"
    REPRODUCED = "reproduced", "result and time of the last reproduction of this trial"
    REPRODUCTION_OF = "reproduction_of", "id of the run that this run trained again"
    REPRODUCTION_RESULT = "reproduction_result", "IDENTICAL, EQUIVALENT or DIFFERENT", "verdict"
    TASK = "task", "task of a sweep"
    STUDIES = "studies", "names of a sweep's studies, in the order of its model types"
    IDENTITY = "identity", "equal for two sweeps if and only if the same computation is asked for"
    BASELINES = "baselines", "SHA-256 of baselines.json of a sweep", "floors"
    VERDICT = "verdict", "verdict of a finished sweep"
    PARENT = "mlflow.parentRunId", "the sweep of a trial, or the original of a reproduction"
    RUN_NAME = "mlflow.runName", "name of the run"
    NOTE = "mlflow.note.content", "description, in Markdown"
    COMMIT = "mlflow.source.git.commit", "commit of the code that ran"
    USER = "mlflow.user", "who ran it"
    SOURCE_TYPE = "mlflow.source.type", "always LOCAL"
    SOURCE_NAME = "mlflow.source.name", "always linrnn"


class Metric(Name):
    """Metrics of runs. Losses are normalized: 1 is the best constant predictor's."""

    TRAIN_LOSS = "train_loss", "median training loss over replicas, by epoch"
    VAL_LOSS = "val_loss", "median validation loss over replicas, by epoch"
    BEST_VAL_LOSS = "best_val_loss", "median over replicas of each one's lowest validation loss"
    FINAL_VAL_LOSS = "final_val_loss", "median validation loss over replicas after the last epoch"
    TEST_LOSS = "test_loss", "median test loss over replicas; confirmations, single trials and their reproductions only"
    DIVERGED_REPLICAS = "diverged_replicas", "number of replicas whose loss is no longer finite"
    SECONDS = "seconds", "training time; of a sweep, of all its trials"
    HIDDEN_SIZE = "hidden_size", "the param model.hidden_size as a number, so that it can be filtered by range"
    LEARNING_RATE = "learning_rate", "the param training.learning_rate as a number, so that it can be filtered by range"
    BASELINE_NAIVE = "baseline_naive", "test loss of the naive baseline", "floor_trivial"
    BASELINE_LINEAR = "baseline_linear", "test loss of the linear baseline", "floor_linear"
    BASELINE_NONLINEAR = "baseline_nonlinear", "test loss of the nonlinear baseline", "floor_nonlinear"
    BOUND_ANALYTIC = "bound_analytic", "loss of the best linear predictor, in closed form", "floor_analytic"
    BOUND_NOISE = "bound_noise", "loss that no predictor can beat", "floor_noise"


class Param(Name):
    """Params of a sweep's run beside the settings; those of a trial's run are its whole config as flat text."""

    MODELS = "models", "model types of a sweep"
    FIXED = "fixed", "settings that were given and therefore not searched"
    DATA_FILE = "data_file", "SHA-256 of the user's file"
    TRIALS = "sweep.trials", "trials of each study"


class Artifact(Name):
    """Artifacts of runs."""

    BEST_WEIGHTS = "weights/best.safetensors", "weights of all replicas at the lowest validation loss"
    FINAL_WEIGHTS = "weights/final.safetensors", "weights of all replicas after the last epoch"
    CURVES = "curves.npz", "losses, gradient norms and digests of the weights of all replicas, by epoch"
    CURVES_FIGURE = "curves.png", "learning curves"
    CONFIG = "config.txt", "the trial config as flat text"
    ENVIRONMENT = "environment.json", "versions, processor and variables that training ran with"
    DIGESTS = "digests.json", "SHA-256 of the data, the first weights and the other files"
    PREDICTIONS = "predictions.npz", "predictions of the median replica on the test split"
    PREDICTION_FIGURE = "predictions.png", "predictions against targets"
    CLOSED_LOOP_FIGURE = "closed-loop.png", "the network driven by its own predictions"
    BASELINES = "baselines.json", "baselines and bounds of the task", "floors.json"
    BASELINES_FIGURE = "baselines.png", "the linear baseline by number of lags", "floors.png"
    DIFF = "uncommitted.diff", "changes of the code since its commit"
    COMPARISON = "comparison.csv", "comparison table of a sweep"
    REPORT = "report.html", "report of a sweep"


DATA = "data"  # folder of the user's files among the artifacts
FIGURES = "figures"  # folder of a sweep's figures
ARTIFACT_NAMES = frozenset(name for artifact in Artifact for name in (artifact.value, artifact.old_name) if name)
TRIAL_ARTIFACTS = (Artifact.BEST_WEIGHTS, Artifact.FINAL_WEIGHTS, Artifact.CURVES, Artifact.DIGESTS)  # always there


class SchemaError(StoreError):
    """A run that lacks something or contradicts the schema."""


@dataclass(frozen=True)
class LinrnnRun:
    """What the runs of trials and sweeps share.

    Parameters
    ----------
    run : mlflow.entities.Run
        As MLflow returns it.
    """

    run: Run

    @property
    def run_id(self) -> str:
        return str(self.run.info.run_id)

    @property
    def name(self) -> str:
        return self.tag(Tag.RUN_NAME)

    @property
    def status(self) -> str:
        """RUNNING, FINISHED, FAILED or KILLED."""
        return str(self.run.info.status)

    @property
    def started(self) -> float:
        """Start, in seconds since 1970."""
        return float(self.run.info.start_time) / 1000

    @property
    def experiment(self) -> str:
        """Id of its MLflow experiment."""
        return str(self.run.info.experiment_id)

    @property
    def params(self) -> Mapping[str, str]:
        params: Mapping[str, str] = self.run.data.params
        return params

    @property
    def version(self) -> int:
        """Version of the schema that it was written with."""
        return int(self.find_tag(Tag.SCHEMA) or 1)

    def find_tag(self, tag: Tag) -> str | None:
        """Return a tag, under its old name where it has only that, or None."""
        tags = self.run.data.tags
        found: str | None = tags.get(tag, tags.get(tag.old_name) if tag.old_name else None)
        return found

    def tag(self, tag: Tag) -> str:
        """Return a tag; raise SchemaError where it is missing."""
        found = self.find_tag(tag)
        if found is None:
            raise SchemaError(f"run {self.run_id} lacks the tag '{tag}': see linrnn doctor")
        return found

    def param(self, param: str) -> str:
        """Return a param; raise SchemaError where it is missing."""
        if param not in self.params:
            raise SchemaError(f"run {self.run_id} lacks the param '{param}': see linrnn doctor")
        return self.params[param]

    def find_metric(self, metric: Metric) -> float | None:
        """Return the last value of a metric, under its old name where it has only that, or None."""
        metrics = self.run.data.metrics
        found: float | None = metrics.get(metric, metrics.get(metric.old_name) if metric.old_name else None)
        return found

    def metric(self, metric: Metric) -> float:
        """Return the last value of a metric; raise SchemaError where it is missing."""
        found = self.find_metric(metric)
        if found is None:
            raise SchemaError(f"run {self.run_id} lacks the metric '{metric}': see linrnn doctor")
        return found


class TrialRun(LinrnnRun):
    """The run of a trial."""

    @property
    def phase(self) -> str:
        return self.tag(Tag.PHASE)

    @property
    def outcome(self) -> str:
        return self.tag(Tag.OUTCOME)

    @property
    def failed(self) -> bool:
        """Whether the trial ended without a result."""
        return self.find_tag(Tag.OUTCOME) == "failed"

    @property
    def is_recorded(self) -> bool:
        """Whether the run was written to its end."""
        return (self.status, self.failed) in (("FINISHED", False), ("FAILED", True))

    @property
    def study(self) -> str:
        return self.tag(Tag.STUDY)

    @property
    def number(self) -> int:
        """Number of the trial in its study."""
        text = self.tag(Tag.TRIAL)
        if not text.isdecimal():
            raise SchemaError(f"run {self.run_id}: its tag '{Tag.TRIAL}' is {text!r}, not a number: see linrnn doctor")
        return int(text)

    @property
    def model(self) -> str:
        """Model type."""
        return self.param("model")

    @property
    def best_val_loss(self) -> float:
        """Objective of the study; inf where it was not finite and therefore not logged."""
        loss = self.find_metric(Metric.BEST_VAL_LOSS)
        return math.inf if loss is None else loss

    @property
    def seconds(self) -> float:
        return self.metric(Metric.SECONDS)


class SweepRun(LinrnnRun):
    """The run of a sweep."""

    @property
    def task(self) -> str:
        """What the task is called: the name of the experiment that holds the trials."""
        return self.tag(Tag.TASK)

    @property
    def source(self) -> str:
        """What the user named: the task, or the path of a file."""
        return self.params.get("task.file", self.task)

    @property
    def models(self) -> list[str]:
        """Model types."""
        return self.param(Param.MODELS).split(", ")

    @property
    def studies(self) -> list[str]:
        """Names of the studies, in the order of the model types."""
        return self.tag(Tag.STUDIES).split(", ")

    @property
    def identity(self) -> str:
        return self.tag(Tag.IDENTITY)

    @property
    def trials(self) -> int:
        """Number of trials in each study."""
        return int(self.param(Param.TRIALS))


def check_artifact_name(name: str) -> str:
    """Return the name of an artifact; SchemaError for one that no run of linrnn has, wherever it would lead."""
    folder, _, file = name.rpartition("/")
    is_plain = file not in ("", ".", "..") and "\x00" not in file
    if name not in ARTIFACT_NAMES and not (folder in (DATA, FIGURES) and is_plain):
        raise SchemaError(f"{name!r} is not the name of a file of a run")
    return name


def is_trial(run: Run) -> bool:
    """Whether a run is a trial's."""
    return Tag.PHASE in run.data.tags


def is_sweep(run: Run) -> bool:
    """Whether a run is a sweep's."""
    return Tag.STUDIES in run.data.tags
