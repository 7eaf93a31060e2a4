"""A recorded trial, in a store or exported to a folder: its facts, and whether they are as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mlflow.entities import Run

from linrnn.baseline.baselines import Baselines
from linrnn.errors import ConfigError, LinrnnError
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, from_text
from tracking.runs.artifacts import (
    BASELINES,
    CONFIG,
    DATA,
    DIGESTS,
    ORIGINS,
    UNREADABLE,
    Read,
    config_file,
    json_file,
    load_result,
    parse_baselines,
    parse_config,
)
from tracking.runs.query import is_recorded
from tracking.runs.reader import read_file
from tracking.runs.writer import trial_metrics
from tracking.schema import SchemaError, check_artifact_name
from tracking.store.access import Store
from tracking.store.disk import OutsideError, read_inside
from tracking.store.store_errors import StoreError

FACTS = "run.json"  # of an exported run: what is not in the files of a run


class DamageError(StoreError):
    """A record that is not as it was written."""


@dataclass(frozen=True)
class TrialRecord:
    """What is recorded of a trial; `read` gives the content of one of its files, or raises StoreError."""

    run_id: str
    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    started: float  # seconds since 1970
    read: Read

    @property
    def config(self) -> TrialConfig:
        """The config that its params tell."""
        return from_text(self.params)

    def copy(self, name: str) -> bytes | None:
        """The content of a data file that was kept with it; None where it was not."""
        try:
            return self.read(f"{DATA}/{name}")
        except LinrnnError:
            return None

    def trained(self) -> TrialResult:
        """The trial as it came back from training. DamagedError where the record is not as it was written."""
        damages = list(find_damage(self))
        if damages:
            raise DamageError(f"the record of {self.run_id} is damaged: {'; '.join(damages)}; it cannot be reproduced")
        return self.told()

    def floors(self) -> Baselines | None:
        """The floors that were known of its task when it was trained."""
        try:
            return parse_baselines(self.read(BASELINES))
        except LinrnnError:
            return None

    def told(self) -> TrialResult:
        """The same, unchecked."""
        return load_result(self.config, self.tags["form"], self.started, self.metrics["seconds"], self.read)


def load_record(store: Store, run: Run) -> TrialRecord:
    """The record of a trial in a store. ConfigError for a run that is none, or that came to nothing."""
    tags, run_id = run.data.tags, run.info.run_id
    if "studies" in tags:
        raise ConfigError(f"run {run_id} is a sweep: name it by --sweep, or one of its trials")
    if not is_recorded(run) or tags.get("outcome") in (None, "failed"):
        raise ConfigError(f"run {run_id} holds no trained trial: its status is {run.info.status}")
    return TrialRecord(
        run_id,
        tags["mlflow.runName"],
        run.data.params,
        run.data.metrics,
        tags,
        run.info.start_time / 1000,
        lambda name: read_file(store, run, name),
    )


def load_export(folder: Path) -> TrialRecord:
    """The record of a trial that was exported to a folder. DamagedError where that cannot be read."""

    def read(name: str) -> bytes:
        try:
            return read_inside(folder, name if name == FACTS else check_artifact_name(name))
        except OSError as error:
            raise DamageError(f"{folder} has lost its {name}: {error.strerror}") from error

    try:
        facts = json.loads(read(FACTS))
        params = parse_config(read(CONFIG))
        return TrialRecord(
            facts["run_id"], facts["name"], params, facts["metrics"], facts["tags"], facts["started"], read
        )
    except UNREADABLE as error:
        raise DamageError(f"{folder} is no exported run: its {FACTS} or {CONFIG} cannot be read") from error


def export_facts(record: TrialRecord) -> bytes:
    """What an exported run keeps beside its files."""
    tags = {name: text for name, text in record.tags.items() if not name.startswith("mlflow.")}
    return json_file(
        {
            "run_id": record.run_id,
            "name": record.name,
            "started": record.started,
            "metrics": dict(record.metrics),
            "tags": tags,
        }
    )


def find_damage(record: TrialRecord) -> Iterator[str]:
    """What of a record is not as it was written, in words; nothing where all of it is."""
    try:
        content = record.read(DIGESTS)
        digests = json.loads(content)
    except (LinrnnError, ValueError) as error:
        yield f"{DIGESTS} cannot be read ({error})"
        return
    if CONFIG not in digests:
        yield f"it was recorded by an earlier linrnn, whose {DIGESTS} do not tell the config"
        return
    if sha256(content).hexdigest() != record.tags.get("digests"):
        yield f"{DIGESTS} is not the file that the run's tag tells"
    for name in digests.keys() - set(ORIGINS):
        yield from damage_of_file(record, name, digests[name])
    if sha256(config_file(record.params)).hexdigest() != digests[CONFIG]:
        yield from changed_params(record)
        return
    try:
        yield from changed_metrics(record)
    except (LinrnnError, *UNREADABLE) as error:
        yield f"its files do not fit together ({error})"


def damage_of_file(record: TrialRecord, name: str, digest: str) -> Iterator[str]:
    """What is wrong with a file."""
    try:
        if sha256(record.read(check_artifact_name(name))).hexdigest() != digest:
            yield f"{name} is not the file that was written (its SHA-256 differs)"
    except (SchemaError, OutsideError) as error:
        yield f"{DIGESTS} is wrong ({error})"
    except LinrnnError:
        yield f"{name} is missing"


def changed_params(record: TrialRecord) -> Iterator[str]:
    """Which params are not those that were written, as far as the config file tells."""
    try:
        written = parse_config(record.read(CONFIG))
    except (LinrnnError, ValueError):
        written = {}
    names = [name for name in {**written, **record.params} if written.get(name) != record.params.get(name)]
    if not written or not names:
        yield "its params are not those that were written"
    for name in names:
        yield f"param {name} is {record.params.get(name, 'missing')}, and was written as {written.get(name, 'none')}"


def changed_metrics(record: TrialRecord) -> Iterator[str]:
    """Which metrics are not what the files say."""
    last = {name: value for name, value, _ in trial_metrics(record.told())}
    for name, value in last.items():
        found = record.metrics.get(name)
        if found != value and not (found is None and abs(value) == float("inf")):
            yield f"metric {name} is {found}, and its files say {value}"
