"""Commands on a store that others have touched: in the MLflow UI, by its API, in Optuna's dashboard, in SQL.

Each row is an edit and what each reading command makes of it: exit code, at most two lines on stderr that say what is
wrong, no error that nobody foresaw, the store unchanged.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search.executors import SerialExecutor
from experiments.search.sweep_config import sweep_config
from experiments.workflows.sweep import run_sweep
from linrnn.models import DEFAULT_MODELS
from tests.conftest import Golden, Here
from tests.faults.harness import BUDGET, facts, new_store
from tracking.runs.query import find_sweeps, trial_runs
from tracking.schema import Phase
from tracking.store.access import Store, open_store

SECONDS = 20  # of a command on a machine with much else to do; a hang takes minutes
MATTERS = {"search": "model.hidden_size", "confirmation": "training.learning_rate", "sweep": "sweep.trials"}
CONTRADICTION = {"list": 0, "show": 0, "compare": 6, "report": 6, "doctor": 1}


class Touched(NamedTuple):
    """A copy of the golden store whose rows are edited and put back: its folder, and an id of each kind of run."""

    folder: Path
    ids: Mapping[str, str]

    def execute(self, statements: Sequence[str]) -> None:
        with closing(sqlite3.connect(self.folder / "mlflow.db")) as connection, connection:
            for statement in statements:
                connection.execute(statement, self.ids)

    def state(self) -> str:
        """A digest of all rows."""
        with closing(sqlite3.connect(self.folder / "mlflow.db")) as connection:
            return sha256("\n".join(connection.iterdump()).encode()).hexdigest()


@pytest.fixture(scope="module")
def touched(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Touched:
    store = open_store(new_store(golden.store.folder, tmp_path_factory.mktemp("touched") / "copy"))
    (sweep,) = find_sweeps(store)
    trials = trial_runs(store, sweep)
    first = {phase: next(run for run in trials if run.phase is phase) for phase in (Phase.SEARCH, Phase.CONFIRMATION)}
    ids = {phase.value: run.run_id for phase, run in first.items()}
    return Touched(store.folder, {**ids, "sweep": sweep.run_id})


class Row(NamedTuple):
    """An edit of one kind of run, and the exit code of each command; `doctor` is part of all."""

    name: str
    edit: str
    codes: Mapping[str, int]
    kind: str = "search"
    words: str = ""  # in the output of `doctor`


def edit_rows(kind: str) -> Iterator[Row]:
    """Removed and edited tags, params and metrics of a run, as many as are of consequence."""
    codes = {"search": {**CONTRADICTION, "compare": 0, "report": 0}}.get(kind, CONTRADICTION)
    tags = {"search": ["phase", "outcome", "study", "trial", "digests"], "confirmation": ["phase", "outcome", "form"]}
    tags["sweep"] = ["task", "identity", "baselines"]
    for tag in tags[kind]:
        where = f"where key = '{tag}' and run_uuid = :{kind}"
        yield Row(f"{kind}: tag {tag} removed", f"delete from tags {where}", codes, kind, tag)
        yield Row(f"{kind}: tag {tag} edited", f"update tags set value = '99' {where}", codes, kind)
    where = f"where key = '{MATTERS[kind]}' and run_uuid = :{kind}"
    yield Row(f"{kind}: param removed", f"delete from params {where}", codes, kind)
    yield Row(f"{kind}: param edited", f"update params set value = '99' {where}", codes, kind)
    if kind != "sweep":
        where = f"where key = 'objective' and run_uuid = :{kind}"
        yield Row(f"{kind}: metric removed", f"delete from latest_metrics {where}", codes, kind, "objective")
        yield Row(f"{kind}: metric edited", f"update latest_metrics set value = 0 {where}", codes, kind, "objective")


QUIET = {"list": 0, "show": 0, "compare": 0, "report": 0, "doctor": 0}
ROWS = [
    *(row for kind in MATTERS for row in edit_rows(kind)),
    Row("a run renamed", "update tags set value = '\x1b[31mmine' where key = 'mlflow.runName'", QUIET),
    Row("descriptions removed", "delete from tags where key like 'mlflow.note%'", QUIET),
    Row("colors edited", "update tags set value = 'red' where key = 'mlflow.runColor'", QUIET),
    Row(
        "experiments renamed",
        "update experiments set name = 'my ' || name where experiment_id > 0",
        {**QUIET, "doctor": 1},
        words="named 'my sine'",
    ),
    Row(
        "experiment deleted",
        "update experiments set lifecycle_stage = 'deleted' where name = 'sine'",
        {"list": 0, "compare": 6, "report": 6, "doctor": 1},
        "sweep",
        "'sine' was deleted",
    ),
    Row(
        "a run deleted",
        "update runs set lifecycle_stage = 'deleted' where run_uuid = :search",
        {"list": 0, "compare": 0, "report": 0, "doctor": 1},
        "search",
        "its run is missing",
    ),
    Row("no status", "update runs set status = 'KILLED' where run_uuid = :confirmation", {"list": 0, "compare": 6}),
    Row("no start", "update runs set start_time = null where run_uuid = :search", QUIET),
    Row("times that are none", "update runs set start_time = 'x', end_time = 90000000000000000", QUIET),
    Row(
        "a metric of letters",
        "update latest_metrics set value = 'abc' where key = 'objective' and run_uuid = :search",
        {**CONTRADICTION, "compare": 0, "report": 0},
        words="objective",
    ),
    Row(
        "a tag of bytes",
        "update tags set value = x'ff00' where key = 'outcome' and run_uuid = :confirmation",
        CONTRADICTION,
        "confirmation",
        "outcome",
    ),
    Row(
        "artifacts on a server",
        "update runs set artifact_uri = 'http://127.0.0.1:9/x' where run_uuid = :search",
        {**CONTRADICTION, "compare": 0, "report": 0},
        words="which is no folder",
    ),
    Row(
        "somebody's own runs",
        "insert into runs (run_uuid, name, experiment_id, status, start_time, lifecycle_stage, artifact_uri) select "
        "'f00d' || experiment_id, 'mine', experiment_id, 'FINISHED', 0, 'active', 'file:///nowhere' from experiments",
        QUIET,
    ),
]
CHEAP = ("search: param edited", "sweep: tag task removed", "experiments renamed", "somebody's own runs")
CHEAP += ("times that are none", "artifacts on a server")
QUICK = [row for row in ROWS if row.name in CHEAP]


@pytest.fixture
def undone(touched: Touched) -> Iterator[Callable[[str], None]]:
    """Edit the store; afterwards its rows are as before."""
    with closing(sqlite3.connect(touched.folder / "mlflow.db")) as connection:
        saved = sqlite3.connect(":memory:")
        connection.backup(saved)

        def edit(statement: str) -> None:
            with connection:
                names = {name: text for name, text in touched.ids.items() if f":{name}" in statement}
                connection.execute(statement, names)

        yield edit
        saved.backup(connection)
        saved.close()


def check(touched: Touched, row: Row, here: Here, edit: Callable[[str], None]) -> None:
    before = touched.state()
    edit(row.edit)
    assert touched.state() != before, "nothing was edited"
    state = touched.state()
    options = {"show": [touched.ids[row.kind]], "list": ["--phase", "search"] if row.kind == "search" else []}
    for command, code in row.codes.items():
        started = time.monotonic()
        answer = here(command, *options.get(command, []), "--store", str(touched.folder))
        assert answer[0] == code, (command, answer)
        assert len(answer[2].splitlines()) <= 2, (command, answer)
        assert "--debug" not in answer[2], (command, answer)
        assert "\x1b" not in answer[1] + answer[2], (command, answer)
        assert time.monotonic() - started < SECONDS
        if code and row.codes is not QUIET and command != "doctor":
            assert touched.ids[row.kind] in answer[2] or "no sound" in answer[2], (command, answer)
        if command == "doctor":
            assert row.words in answer[1], answer
            assert code == 0 or touched.ids[row.kind] in answer[1] or row.words, answer
    assert touched.state() == state


@pytest.mark.usefixtures("one_figure")
@pytest.mark.parametrize("row", QUICK, ids=lambda row: row.name)
def test_each_command_says_what_is_wrong(row: Row, touched: Touched, here: Here, undone: Callable[[str], None]) -> None:
    check(touched, row._replace(codes={k: v for k, v in row.codes.items() if k in ("list", "compare")}), here, undone)


@pytest.mark.long
@pytest.mark.usefixtures("one_figure")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_command_says_what_is_wrong(
    row: Row, touched: Touched, here: Here, undone: Callable[[str], None]
) -> None:
    check(touched, row, here, undone)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["confirmation", "search"])
def test_what_is_damaged_is_trained_again(kind: str, golden_copy: Store, golden: Golden) -> None:
    """The same sweep trains what was edited and what was deleted, and its result is what it was, bit for bit."""
    (sweep,) = find_sweeps(golden_copy)
    first = next(run for run in trial_runs(golden_copy, sweep) if run.phase == kind)
    with closing(sqlite3.connect(golden_copy.folder / "mlflow.db")) as connection, connection:
        connection.execute(
            "update params set value = '99' where key = 'model.hidden_size' and run_uuid = ?", [first.run_id]
        )
    before = {each.run_id for each in trial_runs(golden_copy, sweep)}
    summary = run_sweep(sweep_config("sine", DEFAULT_MODELS, BUDGET), golden_copy, SerialExecutor(), figures=False)
    assert not summary.omissions
    (again,) = {each.run_id for each in trial_runs(golden_copy, sweep)} - before
    golden_copy.client.delete_run(first.run_id)
    assert {name: value for name, value in facts(golden_copy).items() if name.startswith("sine")} == {
        name: value for name, value in facts(golden.store).items() if name.startswith("sine")
    }
    assert again != first.run_id


def test_a_trial_edited_in_optuna_changes_nothing_and_is_found(
    golden_copy: Store, here: Here, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(golden_copy.folder / "optuna.db")) as connection, connection:
        connection.execute("update trial_values set value = -1")
    assert here("compare", "--store", str(golden_copy.folder))[0] == 0
    code, out, _ = here("doctor", "--store", str(golden_copy.folder), "--json")
    assert code == 1
    assert [finding["kind"] for finding in json.loads(out)["findings"]] == ["altered study"] * 2
    assert run(group, ["doctor", "--fix", "--store", str(golden_copy.folder)]) == 0
    assert run(group, ["doctor", "--store", str(golden_copy.folder)]) == 0


@pytest.mark.long
def test_doctor_restores_and_renames_experiments(golden_copy: Store, here: Here) -> None:
    number = golden_copy.client.get_experiment_by_name("sine").experiment_id
    golden_copy.client.rename_experiment(number, "mine")
    options = ("--store", str(golden_copy.folder))
    assert "'mine'" in here("doctor", *options)[1]
    assert (here("doctor", "--fix", *options)[0], here("doctor", *options)[0]) == (0, 0)
    assert golden_copy.client.get_experiment(number).name == "sine"
    golden_copy.client.delete_experiment(number)
    assert here("compare", *options)[0] == 6
    assert (here("doctor", "--fix", *options)[0], here("doctor", *options)[0]) == (0, 0)
    assert here("compare", *options)[0] == 0
