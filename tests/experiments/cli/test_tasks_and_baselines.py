"""`linrnn tasks`, `linrnn floors` and `linrnn suite`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import BUILT_IN, TASKS
from tests.conftest import Here


def test_tasks_are_listed_with_a_line_each(here: Here) -> None:
    code, said, _ = here("tasks")
    assert code == 0
    lines = {line.split()[0]: line for line in said.splitlines()[2:]}
    assert list(lines) == list(TASKS)
    assert "delay=20" in lines["delay"]


def test_tasks_as_json_can_be_set(here: Here) -> None:
    found = {each["task"]: each for each in json.loads(here("tasks", "--json")[1])["tasks"]}
    horizon = found["mackey-glass"]["settings"]["task.horizon"]
    assert (horizon["default"], horizon["values"]) == ("84", "a whole number from 1 to 100000")
    assert found["delay"]["defaults"] == {"model.init": "orthogonal"}


def test_floors_as_json(here: Here) -> None:
    code, said, _ = here("floors", "delay", "--set", "task.delay=5", "--json")
    found = json.loads(said)
    assert code == 0
    assert list(found) == ["schema", "task", "trivial", "linear", "linear_lags", "analytic", "nonlinear", "noise"]
    assert (found["task"], found["linear_lags"], found["analytic"], found["noise"]) == ("delay", 5, 0.0, 0.0)


def test_floors_as_tables_and_figure(here: Here, tmp_path: Path) -> None:
    code, said, _ = here("floors", "sunspots", "--figure", "floors.png")
    floors = compute_baselines(TASKS["sunspots"]())
    assert code == 0
    assert f"least squares on {floors.linear_lags} lags" in said
    assert next(line for line in said.splitlines() if "chosen" in line).split()[0] == str(floors.linear_lags)
    assert (tmp_path / "floors.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["floors.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["floors", "dleay"], "did you mean 'delay'?"),
        (["floors", "delay", "--set", "task.delay=500"], "task.delay must be below task.length, 300, not 500"),
        (["floors", "henon", "--set", "task.a=2.0"], "grow without bound"),
        (["floors", "xor", "--figure", "no/such/folder.png"], "cannot write no/such/folder.png"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(here: Here, arguments: list[str], words: str) -> None:
    code, said, wrong = here(*arguments)
    assert (code, said, len(wrong.splitlines())) == (2, "", 1)
    assert words in wrong


@pytest.mark.long
def test_the_suite_ends_with_a_line_a_task_and_goes_on_where_it_was(here: Here, tmp_path: Path) -> None:
    tiny = ("--trials", "1", "--epochs", "5", "--replicas", "1", "--set", "sweep.confirmation=5", "-q")
    code, said, _ = here("suite", *tiny, "--figure", "suite.png")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[2:]] == list(BUILT_IN)
    assert (tmp_path / "suite.png").read_bytes().startswith(b"\x89PNG")
    stamp = (tmp_path / "mlflow.db").stat().st_mtime_ns
    assert here("suite", *tiny)[1] == said
    assert (tmp_path / "mlflow.db").stat().st_mtime_ns == stamp
    found = json.loads(here("suite", *tiny, "--json")[1])["sweeps"]
    assert [each["task"] for each in found] == list(BUILT_IN)
