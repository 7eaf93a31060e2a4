"""Typed views of the MLflow runs of trials and sweeps: the only readers of their tags, params and metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from linrnn.training.history import OBJECTIVE
from tracking.schema import (
    DELETABLE,
    FAILED,
    MODEL,
    OBJECTIVE_VERSION,
    OUTCOMES,
    PROGRAM,
    PROVENANCE,
    VERSION,
    Metric,
    Param,
    Phase,
    SchemaError,
    Tag,
    objective_metric,
)

T = TypeVar("T", bound=str)
LAST_TIME = 250_000_000_000_000  # milliseconds; in the year 9892
ADVICE = ": see linrnn doctor"  # ends the message on a run


class RunRecord(Protocol):
    """A run as it is read from a store: an `mlflow.entities.Run`, or a row of a local database with the same fields."""

    @property
    def info(self) -> Any:
        """Id, experiment, status, times, and location of the artifacts."""

    @property
    def data(self) -> Any:
        """Params, tags, and the last value of each metric, by name."""


def check_version(text: str | None, subject: str) -> int:
    """Return the schema version in a tag, 1 where there is none; raise SchemaError for a newer or an unreadable one."""
    if text is None:
        return 1
    if not text.isdecimal():
        raise SchemaError(f"{subject}: its tag '{Tag.SCHEMA}' is {text!r}, not a number{ADVICE}")
    if int(text) > VERSION:
        raise SchemaError(
            f"{subject} was written by a newer linrnn (schema {text}; this one reads up to {VERSION}): upgrade linrnn"
        )
    return int(text)


def to_seconds(milliseconds: object) -> float | None:
    """Return a time stamp of MLflow's in seconds since 1970; None where it is no time of a calendar."""
    return milliseconds / 1000 if isinstance(milliseconds, int) and 0 < milliseconds < LAST_TIME else None


def name_objective(version: int) -> str:
    """Return the quantile over replicas that the studies of a schema version minimize: `median`, `upper quartile`."""
    return OBJECTIVE if version >= OBJECTIVE_VERSION else "median"


@dataclass(frozen=True)
class LinrnnRun:
    """What the runs of trials and sweeps share."""

    run: RunRecord

    @property
    def version(self) -> int:
        """Version of the schema that it was written with; SchemaError for a newer or an unreadable one."""
        return check_version(self.tags.get(Tag.SCHEMA), f"run {self.run_id}")

    @property
    def objective_name(self) -> str:
        """What its study minimizes: `upper quartile` over replicas of the best validation loss, or `median` of old."""
        return name_objective(self.version)

    @property
    def info(self) -> Any:
        """MLflow's own record of the run: id, experiment, status, times, location of the artifacts."""
        return self.run.info

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return str(self.info.run_id)

    @property
    def name(self) -> str:
        """Name of the run, which the user may change; the begin of its id where it has none."""
        return self.find_tag(Tag.RUN_NAME) or self.run_id[:8]

    @property
    def short_name(self) -> str:
        """Name of the run without the values of settings that it ends with: `linear 03`, `tanh confirmation`."""
        return " ".join(word for word in self.name.split() if "=" not in word)

    @property
    def is_running(self) -> bool:
        """Whether the run is open: its writer is at work, or was killed."""
        return bool(self.info.status == "RUNNING")

    @property
    def is_finished(self) -> bool:
        """Whether the run was closed in the ordinary way."""
        return bool(self.info.status == "FINISHED")

    @property
    def start_time(self) -> float:
        """Start, in seconds since 1970; 0 where it is no time."""
        return to_seconds(self.info.start_time) or 0.0

    @property
    def end_time(self) -> float | None:
        """End, in seconds since 1970; None while the run is open."""
        return to_seconds(self.info.end_time)

    @property
    def experiment_id(self) -> str:
        """Id of its MLflow experiment."""
        return str(self.info.experiment_id)

    @property
    def is_claims(self) -> bool:
        """Whether it is the run of `linrnn claims`, which is no trial but the parent of some."""
        return Tag.CLAIMS in self.tags and Tag.PHASE not in self.tags

    @property
    def parent(self) -> str | None:
        """Id of the run that it belongs to: the sweep or claims of a trial, or the original of a reproduction."""
        return self.find_tag(Tag.PARENT)

    @property
    def params(self) -> Mapping[str, str]:
        """All params, by name."""
        params: Mapping[str, str] = self.run.data.params
        return params

    @property
    def metrics(self) -> Mapping[str, float]:
        """The last value of all metrics, by name."""
        metrics: Mapping[str, float] = self.run.data.metrics
        return metrics

    @property
    def tags(self) -> Mapping[str, str]:
        """All tags, by name."""
        tags: Mapping[str, str] = self.run.data.tags
        return tags

    def find_tag(self, tag: Tag) -> str | None:
        """Return a tag, under its old name where it has only that, or None."""
        return next((self.tags[name] for name in tag.names if name in self.tags), None)

    def tag(self, tag: Tag) -> str:
        """Return a tag; raise SchemaError where it is missing."""
        text = self.find_tag(tag)
        if text is None:
            raise self.error(f"lacks the tag '{tag}'")
        return text

    def param(self, param: str) -> str:
        """Return a param; raise SchemaError where it is missing."""
        if param not in self.params:
            raise self.error(f"lacks the param '{param}'")
        return self.params[param]

    def find_metric(self, metric: Metric) -> float | None:
        """Return the last value of a metric, under its old name where it has only that, or None."""
        return next((self.metrics[name] for name in metric.names if name in self.metrics), None)

    def metric(self, metric: Metric) -> float:
        """Return the last value of a metric; raise SchemaError where it is missing."""
        value = self.find_metric(metric)
        if value is None:
            raise self.error(f"lacks the metric '{metric}'")
        return value

    def count(self, text: str, name: str) -> int:
        """Return the whole number in the text of a tag or param; raise SchemaError where it is none."""
        if not text.isdecimal():
            raise self.error(f"has {text!r} as its '{name}', not a whole number")
        return int(text)

    def error(self, problem: str) -> SchemaError:
        """Return the error for this run, with its id."""
        return SchemaError(f"run {self.run_id} {problem}{ADVICE}")


@dataclass(frozen=True)
class TrialRun(LinrnnRun):
    """Typed view of the MLflow run of a trial.

    Parameters
    ----------
    run : RunRecord
        The run as it is read from a store, such as an `mlflow.entities.Run`.

    Raises
    ------
    SchemaError
        The properties raise it where the run lacks what they return, or contradicts the schema, or has a newer one; the
        message names the run and the tag, param or metric.

    See Also
    --------
    tracking.read_config : The trial config of the run.
    tracking.load : One of its trained networks.
    """

    @property
    def phase(self) -> Phase:
        """Why the trial was trained."""
        return _member(self, Tag.PHASE, tuple(Phase))

    @property
    def outcome(self) -> str:
        """How the trial ended: complete, pruned, diverged or failed."""
        return _member(self, Tag.OUTCOME, OUTCOMES)

    @property
    def is_failed(self) -> bool:
        """Whether the trial ended without a result."""
        return self.find_tag(Tag.OUTCOME) == FAILED

    @property
    def is_complete(self) -> bool:
        """Whether the trial was trained to its last epoch with a finite loss."""
        return self.outcome == OUTCOMES[0]

    @property
    def is_recorded(self) -> bool:
        """Whether the run was written to its end."""
        return self.is_finished or (self.info.status == "FAILED" and self.is_failed)

    @property
    def has_result(self) -> bool:
        """Whether the run holds curves and weights."""
        return self.is_recorded and not self.is_failed and self.find_tag(Tag.OUTCOME) is not None

    @property
    def study(self) -> str | None:
        """Name of its Optuna study; None for a trial that belongs to none."""
        return self.find_tag(Tag.STUDY)

    @property
    def number(self) -> int:
        """Number of the trial in its study, from 0."""
        return self.count(self.tag(Tag.TRIAL), Tag.TRIAL)

    @property
    def model(self) -> str:
        """Model type."""
        return self.param(MODEL)

    @property
    def best_val_loss(self) -> float:
        """Median over replicas of the best validation loss; inf where it was not finite and therefore not logged."""
        loss = self.find_metric(Metric.BEST_VAL_LOSS)
        return math.inf if loss is None else loss

    @property
    def objective(self) -> float:
        """What its study minimizes, normalized; inf where it was not finite and therefore not logged."""
        loss = self.find_metric(objective_metric(self.version))
        return math.inf if loss is None else loss

    @property
    def diverged_replicas(self) -> int:
        """Number of replicas whose loss is no longer finite."""
        return round(self.metric(Metric.DIVERGED_REPLICAS))

    @property
    def has_diverged(self) -> bool:
        """Whether a replica diverged; False before version 3, whose studies ranked trials by their loss alone."""
        return self.version >= OBJECTIVE_VERSION and not self.is_failed and self.diverged_replicas > 0

    @property
    def seconds(self) -> float:
        """Training time, s."""
        return self.metric(Metric.SECONDS)

    @property
    def deletions(self) -> frozenset[str]:
        """Names of its files that were deleted on purpose, by `linrnn gc`."""
        return list_deletions(self.tags)

    @property
    def provenance(self) -> dict[str, str]:
        """Commit, Python, torch and processor that it ran with; empty for a failed trial."""
        return {name: self.tags[name] for name in PROVENANCE if name in self.tags}


@dataclass(frozen=True)
class SweepRun(LinrnnRun):
    """Typed view of the MLflow run of a sweep.

    Parameters
    ----------
    run : RunRecord
        The run as it is read from a store, such as an `mlflow.entities.Run`.

    Raises
    ------
    SchemaError
        The properties raise it where the run lacks what they return, or contradicts the schema, or has a newer one; the
        message names the run and the tag, param or metric.
    """

    @property
    def task(self) -> str:
        """Label of the task, which is also the name of the experiment that holds the trials."""
        return self.tag(Tag.TASK)

    @property
    def source(self) -> str:
        """The TASK of the command line: the name of a built-in task, or the absolute path of a file."""
        return self.params.get("task.file", self.task)

    @property
    def models(self) -> list[str]:
        """Model types."""
        return self.param(Param.MODELS).split(", ")

    @property
    def studies(self) -> list[str]:
        """Names of the studies, in the order of the model types."""
        studies = self.tag(Tag.STUDIES).split(", ")
        if Param.MODELS in self.params and len(studies) != len(self.models):  # a run that just began has no params
            raise self.error(f"has {len(studies)} names in its tag '{Tag.STUDIES}' for {len(self.models)} model types")
        return studies

    @property
    def identity(self) -> str:
        """Equal for two sweeps if and only if the same computation is asked for."""
        return self.tag(Tag.IDENTITY)

    @property
    def notes(self) -> list[str]:
        """How the user's file was read."""
        return (self.find_tag(Tag.DATA_NOTES) or "").splitlines()

    @property
    def n_trials(self) -> int:
        """Number of trials in each study."""
        return self.count(self.param(Param.TRIALS), Param.TRIALS)


def list_deletions(tags: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the files of a trial that were deleted on purpose, of those that may be."""
    return DELETABLE.intersection(tags.get(Tag.DELETIONS, "").split(", "))


def deletion_text(run_id: str, name: str) -> str:
    """Return what to do where a file of a trial was deleted on purpose, and is needed."""
    return f"linrnn gc has deleted {name} of run {run_id}: linrnn reproduce {run_id[:8]} trains it again"


def _member(run: LinrnnRun, tag: Tag, values: tuple[T, ...]) -> T:
    """Return the value that a tag has, of those that it may have; raise SchemaError for another one."""
    text = run.tag(tag)
    for value in values:
        if text == value:
            return value
    raise run.error(f"has {text!r} as its tag '{tag}', which is none of {', '.join(values)}")


def to_linrnn_run(run: RunRecord) -> TrialRun | SweepRun | None:
    """Return the view of a run that linrnn wrote; None for a run of another program."""
    tags = run.data.tags
    if Tag.STUDIES in tags:
        return SweepRun(run)
    return TrialRun(run) if Tag.PHASE in tags or tags.get(Tag.SOURCE_NAME) == PROGRAM else None
