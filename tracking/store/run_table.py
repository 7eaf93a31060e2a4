"""Runs of a local database, read from MLflow's tables without MLflow, which takes seconds to load."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tracking.run_views import RunRecord
from tracking.store.database_file import has_schema, read_database
from tracking.store.databases import find_move
from tracking.store.library_internals import (
    ACTIVE_RUN,
    EXPERIMENTS,
    MLFLOW_REVISION,
    RUN_ITEMS,
    RUNS,
    TAG_CONDITION,
    TAG_PRESENCE,
)
from tracking.store.run_search import RunFilter


class RunFacts(NamedTuple):
    """A row of the table of runs, with the names that MLflow has for its columns."""

    run_id: str
    experiment_id: str
    status: str
    start_time: int | None
    end_time: int | None
    artifact_uri: str


class RunValues(NamedTuple):
    """What is recorded with a run, by name."""

    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class LocalRun(NamedTuple):
    """A run of a local database."""

    info: RunFacts
    data: RunValues


class RunTable:
    """Searches in MLflow's SQLite database, which is opened for reading only.

    Parameters
    ----------
    path : pathlib.Path
        Absolute path of the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_readable(self) -> bool:
        """Whether the database is there, whole, and of the schema that is read here."""
        return has_schema(self.path, MLFLOW_REVISION)

    def experiments(self, stage: str = "active") -> dict[str, str]:
        """Return the ids of MLflow's experiments by name: of the active ones, or of the `deleted` ones."""
        with read_database(self.path) as connection:
            return {name: str(number) for name, number in connection.execute(EXPERIMENTS, [stage])}

    def find(self, experiment_ids: Sequence[str], condition: RunFilter) -> Iterator[RunRecord]:
        """Yield the runs of some experiments that fulfill a condition, the earliest first."""
        texts = [ACTIVE_RUN, f"runs.experiment_id in ({', '.join('?' * len(experiment_ids))})"]
        values = [*map(int, experiment_ids)]
        options = [("runs.status = ?", [condition.status])] if condition.status else []
        options += [("runs.run_uuid glob ?", [f"{condition.prefix}*"])] if condition.prefix else []
        options += [("substr(runs.name, 1, length(?)) = ?", [condition.name] * 2)] if condition.name else []
        options += [(TAG_CONDITION, [str(name), text]) for name, text in condition.tags.items()]
        options += [(TAG_PRESENCE, [str(condition.tag)])] if condition.tag else []
        yield from self.select(" and ".join([*texts, *(text for text, _ in options)]), [*values, *flat(options)])

    def read(self, run_id: str) -> RunRecord | None:
        """Return a run by its id; None where there is none."""
        return next(self.select("runs.run_uuid = ?", [run_id]), None)

    def select(self, condition: str, values: Sequence[str | int]) -> Iterator[RunRecord]:
        """Yield the runs of a condition in SQL, in the order of their start."""
        with read_database(self.path) as connection:
            connection.execute("begin")  # one state of the database for all statements
            move = find_move(connection, self.path.parent)
            rows = connection.execute(RUNS.format(condition=condition), values).fetchall()
            items: dict[str, dict[str, dict[str, object]]] = {name: {row[0]: {} for row in rows} for name in RUN_ITEMS}
            for name, statement in RUN_ITEMS.items():
                kinds = (float, int) if name == "metrics" else (str,)  # SQLite's columns hold values of any type
                for run_id, key, value in connection.execute(statement.format(condition=condition), values):
                    value = math.nan if name == "metrics" and value is None else value
                    if isinstance(value, kinds):
                        items[name][run_id][key] = value
        for run_id, experiment_id, status, start, end, location in rows:
            data = RunValues(**{name: items[name][run_id] for name in RUN_ITEMS})  # type: ignore[arg-type]
            artifacts = move.apply(str(location)) if move else str(location or "")
            yield LocalRun(RunFacts(run_id, str(experiment_id), status, start, end, artifacts), data)


def flat(options: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Return the values of some conditions, one after another."""
    return [value for _, values in options for value in values]
