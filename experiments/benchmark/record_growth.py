"""Growth of what a store costs with the number of its trials, most of which are copies of the rows of a few."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from experiments.benchmark.large_store import create_large_store, time_comparison
from experiments.benchmark.targets import Target
from experiments.search.optuna_adapter import ask
from experiments.search.study_state import StudyState, open_studies
from experiments.search.sweep_config import read_sweep_config
from experiments.workflows.doctor import check_records
from tracking.runs.query import find_sweeps
from tracking.schema import Tag
from tracking.store.access import Store, existing_store
from tracking.store.study_table import RUN_ID

SIZES = (200, 2000, 20_000)  # trials of a store
ORIGINALS = 100  # trials that are recorded; the rows of the others are copies of theirs
GROWTH = 1.5  # of the time per trial, at most, from the second size to the last one
RUN_TABLES = ("runs", "params", "tags", "latest_metrics")
TRIAL_TABLES = ("trials", "trial_params", "trial_values", "trial_user_attributes", "trial_intermediate_values")


class RecordTimes(NamedTuple):
    """Milliseconds per trial of a store of so many trials, and of one trial more."""

    trials: int
    compare: float
    doctor: float
    resume: float
    next_trial: float  # asked of Optuna and added to it, in a generation


def measure_growth(quick: bool) -> Iterator[RecordTimes]:
    """Yield the times at each size."""
    for trials in (20, 40, 60) if quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="linrnn-growth-") as folder:
            yield measure_store(Path(folder), trials, 4 if quick else ORIGINALS)


def measure_store(folder: Path, trials: int, originals: int) -> RecordTimes:
    """Create a store of so many trials and measure it."""
    store = fill_store(folder, trials, originals)
    (sweep,) = find_sweeps(store)
    config = read_sweep_config(sweep)
    compare = time_comparison(str(folder))
    doctor = measure_seconds(lambda: list(check_records(existing_store(folder))))
    states: list[StudyState] = []
    resume = measure_seconds(lambda: states.extend(open_studies(config, existing_store(folder), sweep.studies)))
    each = 1000 / trials
    return RecordTimes(trials, compare * each, doctor * each, resume * each, 1000 * measure_next_trial(states[0]))


def fill_store(folder: Path, trials: int, originals: int) -> Store:
    """Create a store of one sweep of so many trials, of which so many are recorded; the others are their copies."""
    store = create_large_store(folder, trials, originals=originals)
    (sweep,) = find_sweeps(store)
    config = read_sweep_config(sweep)
    for state in open_studies(config, store, sweep.studies):
        copy_trials(store, state, config.trials)
    return store


def measure_seconds(action: Callable[[], object]) -> float:
    """Return the seconds of an action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure_next_trial(state: StudyState) -> float:
    """Return the seconds to ask Optuna for a trial of a generation, and to add it, beside all that are recorded."""
    history, space = state.first_trials(state.config.trials), state.config.space(state.base)
    count = state.config.generation
    asking = measure_seconds(lambda: ask(state.base, space, history, count)) / count
    return asking + measure_seconds(lambda: state.study.add_trial(history[-1]))


def copy_trials(store: Store, state: StudyState, count: int) -> None:
    """Give a study so many trials: the rows of those that it has, in both databases, under new ids and numbers."""
    sources = [state.history[number] for number in sorted(state.history)]
    copies = [(sources[number % len(sources)], number, uuid.uuid4().hex) for number in range(len(sources), count)]
    runs = [(trial.user_attrs[RUN_ID], run_id, number) for trial, number, run_id in copies]
    if store.database:
        copy_runs(store.database, runs)
    if store.studies_database:
        copy_study(store.studies_database, [(source, number, run_id) for source, run_id, number in runs])


def copy_runs(path: Path, copies: Sequence[tuple[str, str, int]]) -> None:
    """Copy runs in MLflow's database: source, new id, and number in the study; files are shared."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create temp table copies (source text, id text, number integer)")
        connection.executemany("insert into copies values (?, ?, ?)", copies)
        for table in RUN_TABLES:
            copy_rows(connection, table, "run_uuid", {"run_uuid": "copies.id"})
        connection.execute("create index temp.copy_ids on copies (id)")
        connection.execute(
            "update tags set value = (select number from copies where id = run_uuid) "
            "where key = ? and run_uuid in (select id from copies)",
            [str(Tag.TRIAL)],
        )


def copy_study(path: Path, copies: Sequence[tuple[str, int, str]]) -> None:
    """Copy trials in Optuna's database: run of the source, number in the study, and run of the copy."""
    with closing(sqlite3.connect(path)) as connection, connection:
        (first,) = connection.execute("select max(trial_id) + 1 from trials").fetchone()
        connection.execute("create temp table copies (source integer, id integer, number integer, run text)")
        attributes = "select value_json, trial_id from trial_user_attributes where key = ?"
        ids = dict(connection.execute(attributes, [RUN_ID]))
        rows = [
            (ids[json.dumps(source)], first + k, number, json.dumps(run))
            for k, (source, number, run) in enumerate(copies)
        ]
        connection.executemany("insert into copies values (?, ?, ?, ?)", rows)
        for table in TRIAL_TABLES:
            own = {"trial_id": "copies.id", **({"number": "copies.number"} if table == "trials" else {})}
            copy_rows(connection, table, "trial_id", own)
        connection.execute("create index temp.copy_ids on copies (id)")
        connection.execute(
            "update trial_user_attributes set value_json = (select run from copies where id = trial_id) "
            "where key = ? and trial_id in (select id from copies)",
            [RUN_ID],
        )


def copy_rows(connection: sqlite3.Connection, table: str, key: str, own: dict[str, str]) -> None:
    """Copy the rows of all sources in one table, whose own number, if it has one, is given anew."""
    columns = [(row[1], bool(row[5])) for row in connection.execute(f"pragma table_info({table})")]
    serial = {name for name, is_key in columns if is_key and name != key and name.endswith("_id")}
    names = [name for name, _ in columns if name not in serial]
    values = ", ".join(own.get(name, f'{table}."{name}"') for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.execute(
        f"insert into {table} ({quoted}) select {values} from {table} join copies on {table}.{key} = copies.source"
    )


def growth_targets(times: Sequence[RecordTimes]) -> list[Target]:
    """Return the targets: the time per trial of the last size over that of the second."""
    _, middle, last = times
    return [
        Target(
            f"time per trial of {name.replace('_', ' ')}, {last.trials} over {middle.trials} trials",
            GROWTH,
            getattr(last, name) / getattr(middle, name),
            most=True,
        )
        for name in RecordTimes._fields[1:]
    ]
