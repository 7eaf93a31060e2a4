"""Trials of the studies: of a local database without Optuna, which takes a second to load, elsewhere by Optuna."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tracking.store.database_file import has_schema, read_database
from tracking.store.library_internals import (
    OPTUNA_REVISION,
    STUDY_TRIALS,
    TRIAL_ITEMS,
    trials_by_study,
)

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

RUN_ID = "run_id"  # user attribute of a trial: its run in MLflow


class OptunaTrial(NamedTuple):
    """A trial as Optuna's database has it.

    Parameters
    ----------
    number : int
        From 0.
    state : str
        `COMPLETE`, `PRUNED`, ...
    run_id : str or None
        Its run in MLflow; None where it names none.
    params : mapping of str to float
        Settings that were searched, by name.
    value : float or None
        What its study minimizes; None where there is no finite value.
    """

    number: int
    state: str
    run_id: str | None
    params: Mapping[str, float]
    value: float | None


class StudyTable:
    """Optuna's SQLite database, which is opened for reading only.

    Parameters
    ----------
    path : pathlib.Path
        Absolute path of the database.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def is_readable(self) -> bool:
        """Whether the database is there, whole, and of the schema that is read here."""
        return has_schema(self.path, OPTUNA_REVISION)

    def trials(self) -> dict[str, list[OptunaTrial]]:
        """Return the trials of all studies by the study's name, in the order of their numbers."""
        studies: dict[str, list[OptunaTrial]] = {}
        items: dict[str, dict[int, dict[str, object]]] = {name: {} for name in TRIAL_ITEMS}
        with read_database(self.path) as connection:
            connection.execute("begin")  # one state of the database for all statements
            rows = connection.execute(STUDY_TRIALS).fetchall()
            for name, statement in TRIAL_ITEMS.items():
                for trial_id, key, value in connection.execute(statement):
                    items[name].setdefault(trial_id, {})[key] = value
        for study, number, state, trial_id in rows:
            trials = studies.setdefault(study, [])
            if trial_id is not None:
                attributes, params, values = (items[name].get(trial_id, {}) for name in TRIAL_ITEMS)
                run_id = json.loads(str(attributes.get(RUN_ID, "null")))
                trials.append(OptunaTrial(number, state, run_id, params, next(iter(values.values()), None)))  # type: ignore[arg-type]
        return studies


def storage_trials(storage: RDBStorage) -> dict[str, list[OptunaTrial]]:
    """Return the same by Optuna."""
    return {
        name: [
            OptunaTrial(
                trial.number,
                trial.state.name,
                trial.user_attrs.get(RUN_ID),
                trial.params,
                next((value for value in trial.values or () if abs(value) < float("inf")), None),
            )
            for trial in trials
        ]
        for name, trials in trials_by_study(storage).items()
    }
