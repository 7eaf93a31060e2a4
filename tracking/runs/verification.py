"""The record of a trial, in a store or exported to a folder, and its verification against its own digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from linrnn.baseline.baselines import Baselines
from linrnn.data.digests import row_digests
from linrnn.errors import ConfigError, LinrnnError
from linrnn.training.history import TrainingHistory
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig
from tracking.legacy_settings import parse_params
from tracking.run_views import SweepRun, TrialRun, check_version, deletion_text, list_deletions
from tracking.runs.artifacts import (
    ORIGINS,
    UNREADABLE,
    Read,
    config_file,
    json_file,
    load_result,
    parse_baselines,
    parse_config,
)
from tracking.runs.json_objects import parse_digests, parse_facts
from tracking.runs.reader import read_file
from tracking.runs.trial_metrics import trial_metrics
from tracking.schema import DATA, OBJECTIVE_VERSION, Artifact, Metric, SchemaError, Tag, check_artifact_name
from tracking.search_settings import is_logarithm
from tracking.store.access import Store
from tracking.store.disk import PathError, read_plain_file
from tracking.store.error_translation import first_line
from tracking.store_errors import StoreError

FACTS = "run.json"  # of an exported run: id, name, times, metrics and tags


class DamageError(StoreError):
    """A record that is not as it was written."""


@dataclass(frozen=True)
class TrialRecord:
    """The record of a trial; `read` returns the content of one of its files, or raises StoreError."""

    run_id: str
    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    start: float  # seconds since 1970
    read: Read

    @property
    def config(self) -> TrialConfig:
        """The config in its params."""
        return parse_params(self.params)

    @property
    def is_reduction(self) -> bool:
        """Whether its network was not trained, but reduced from another one."""
        return Artifact.REDUCTION in parse_digests(self.read(Artifact.DIGESTS))

    @property
    def deletions(self) -> frozenset[str]:
        """Names of its files that were deleted on purpose."""
        return list_deletions(self.tags)

    def find_file(self, name: str) -> bytes | None:
        """Return the content of a file; None where the record does not hold it."""
        try:
            return self.read(name)
        except LinrnnError:
            return None

    def copy(self, name: str) -> bytes | None:
        """Return the recorded content of a user's file, by its name; None where the record does not hold it."""
        return self.find_file(f"{DATA}/{name}")

    def verify(self) -> TrialResult:
        """Return the trial as training returned it; raise DamageError where the record is not as it was written.

        Its networks have no parameters where its weights were deleted on purpose.
        """
        damages = list(find_damage(self))
        if damages:
            raise DamageError(f"the record of {self.run_id} is damaged: {'; '.join(damages)}; it cannot be reproduced")
        return self.load()

    def verify_networks(self) -> TrialResult:
        """Return the same; raise StoreError where its weights were deleted."""
        for name in self.deletions & {Artifact.BEST_WEIGHTS, Artifact.FINAL_WEIGHTS}:
            raise StoreError(deletion_text(self.run_id, name))
        return self.verify()

    def load(self) -> TrialResult:
        """Return the same without verification; raise DamageError where what it needs is missing."""
        form, seconds = self.tags.get(Tag.FORM), self.metrics.get(Metric.SECONDS)
        if form is None or seconds is None:
            lacking = f"tag '{Tag.FORM}'" if form is None else f"metric '{Metric.SECONDS}'"
            raise DamageError(f"it lacks the {lacking}")
        has_weights = not self.deletions & {Artifact.BEST_WEIGHTS, Artifact.FINAL_WEIGHTS}
        return load_result(self.config, form, self.start, seconds, self.read, has_weights)

    def baselines(self) -> Baselines | None:
        """Return the baselines and bounds of its task as they were when it was trained; None where it has none."""
        content = self.find_file(Artifact.BASELINES)
        try:
            return parse_baselines(content) if content else None
        except UNREADABLE:
            return None


def load_record(store: Store, run: TrialRun | SweepRun) -> TrialRecord:
    """Return the record of a trial in a store; raise ConfigError for a sweep, and for a trial without a result."""
    if isinstance(run, SweepRun):
        raise ConfigError(f"run {run.run_id} is a sweep: name it by --sweep, or one of its trials")
    if not run.has_result:
        raise ConfigError(f"run {run.run_id} holds no trained trial: its status is {run.info.status}")
    return TrialRecord(
        run.run_id,
        run.name,
        run.params,
        run.metrics,
        run.tags,
        run.start_time,
        lambda name: read_file(store, run, name),
    )


def load_export(folder: Path) -> TrialRecord:
    """Return the record of a trial that was exported to a folder; raise DamageError where that cannot be read."""

    def read(name: str) -> bytes:
        names = name.names if isinstance(name, Artifact) else (name,)
        present = next((each for each in names if (folder / each).exists()), name)
        try:
            return read_plain_file(folder, FACTS if name == FACTS else check_artifact_name(str(present)))
        except OSError as error:
            raise DamageError(f"{folder} has lost its {name}: {error.strerror}") from error

    try:
        facts = parse_facts(read(FACTS))
        check_version(facts.tags.get(Tag.SCHEMA), f"the exported run in {folder}")
        params = parse_config(read(Artifact.CONFIG))
    except UNREADABLE as error:
        names = f"{FACTS} or {Artifact.CONFIG}"
        raise DamageError(f"{folder} is no exported run: its {names} cannot be read ({first_line(error)})") from error
    return TrialRecord(facts.run_id, facts.name, params, facts.metrics, facts.tags, facts.start, read)


def export_facts(record: TrialRecord) -> bytes:
    """Return the file of an exported run that holds what is not in the files of a run."""
    tags = {name: text for name, text in record.tags.items() if not name.startswith("mlflow.")}
    return json_file(
        {
            "run_id": record.run_id,
            "name": record.name,
            "started": record.start,
            "metrics": dict(record.metrics),
            "tags": tags,
        }
    )


def find_damage(record: TrialRecord) -> Iterator[str]:
    """Return each difference between a record and what was written, in words."""
    try:
        content = record.read(Artifact.DIGESTS)
        digests = parse_digests(content)
    except (LinrnnError, ValueError):
        yield from find_file_damage(record)
        return
    if Artifact.CONFIG not in digests:
        yield f"it was recorded by an earlier linrnn, whose {Artifact.DIGESTS} has no digest of the config"
        return
    if sha256(content).hexdigest() != record.tags.get(Tag.DIGESTS):
        yield f"{Artifact.DIGESTS} is not the file whose SHA-256 is in the run's tag"
    yield from find_file_damage(record)
    if sha256(config_file(record.params)).hexdigest() != digests[Artifact.CONFIG]:
        yield from param_damage(record)
        return
    try:
        result = record.load()
        yield from metric_damage(record, result)
        yield from weight_damage(result.history)
    except (LinrnnError, *UNREADABLE) as error:
        yield f"its files do not fit together ({error})"


def find_file_damage(record: TrialRecord) -> Iterator[str]:
    """Return each file of a record that is missing or is not the one that was written, in words."""
    try:
        digests = parse_digests(record.read(Artifact.DIGESTS))
    except (LinrnnError, ValueError) as error:
        yield f"{Artifact.DIGESTS} cannot be read ({error})"
        return
    for name in sorted(digests.keys() - set(ORIGINS)):
        yield from file_damage(record, name, digests[name])


def find_content_damage(record: TrialRecord) -> Iterator[str]:
    """Return each file that is missing or was changed; if there is none, weights that the curves do not name.

    Nothing where this version does not know a setting of the trial: its weights cannot be loaded, and are not damaged.
    """
    damages = list(find_file_damage(record))
    yield from damages
    try:
        yield from () if damages else weight_damage(record.load().history)
    except MemoryError:
        raise
    except ConfigError:
        return
    except (LinrnnError, *UNREADABLE) as error:
        yield f"its files do not fit together ({error})"


def file_damage(record: TrialRecord, name: str, digest: str) -> Iterator[str]:
    """Return whether a file is missing or is not the one that was written."""
    try:
        if sha256(record.read(check_artifact_name(name))).hexdigest() != digest:
            yield f"{name} is not the file that was written (its SHA-256 differs)"
    except (SchemaError, PathError) as error:
        yield f"{Artifact.DIGESTS} is wrong ({error})"
    except LinrnnError:
        if name not in record.deletions:
            yield f"{name} is missing"


def param_damage(record: TrialRecord) -> Iterator[str]:
    """Return the params that differ from the config file."""
    content = record.find_file(Artifact.CONFIG)
    try:
        config = parse_config(content) if content else {}
    except ValueError:
        config = {}
    names = [name for name in {**config, **record.params} if config.get(name) != record.params.get(name)]
    if not config or not names:
        yield "its params are not those that were written"
    for name in names:
        yield f"param {name} is {record.params.get(name, 'missing')}, and was written as {config.get(name, 'none')}"


def weight_damage(history: TrainingHistory) -> Iterator[str]:
    """Return the files of weights that are not those whose digests are in the curves; none where they were deleted."""
    if not history.shapes:
        return
    rows, evaluations = np.arange(len(history.weights)), [0, *history.evaluation_epochs]
    best = [evaluations.index(epoch) for epoch in history.best_epoch.tolist()]
    for name, weights, places in (
        (Artifact.BEST_WEIGHTS, history.best_weights, best),
        (Artifact.FINAL_WEIGHTS, history.weights, [-1]),
    ):
        if not np.array_equal(row_digests(weights), history.weight_digests[places, rows]):
            yield f"{name} holds other weights than those whose digests are in {Artifact.CURVES}"


def metric_damage(record: TrialRecord, result: TrialResult) -> Iterator[str]:
    """Return the metrics that differ from those computed from the files, of those that its schema has."""
    version = check_version(record.tags.get(Tag.SCHEMA), f"run {record.run_id}")
    last = {name: value for name, value, _ in trial_metrics(result)}
    if version < OBJECTIVE_VERSION:
        del last[Metric.OBJECTIVE]
    for name, value in last.items():
        metric = record.metrics.get(name)
        is_optional = abs(value) == float("inf") or is_logarithm(name)
        if metric != value and not (metric is None and is_optional):
            yield f"metric {name} is {metric}, and its files say {value}"
