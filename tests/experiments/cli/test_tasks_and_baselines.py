"""`linrnn tasks`, `linrnn baselines` and `linrnn suite`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linrnn.baseline.baselines import compute_baselines
from linrnn.tasks import BUILT_IN, TASKS
from tests.conftest import Here


def test_tasks_are_listed_with_their_summaries(here: Here) -> None:
    code, said, _ = here("tasks")
    assert code == 0
    names = [line.split()[0] for line in said.splitlines()[2:] if not line.startswith(" ")]  # of wrapped ones the first
    assert names == list(TASKS)
    assert " ".join(TASKS["delay"].summary().split()) in " ".join(said.split())


def test_tasks_as_json_can_be_set(here: Here) -> None:
    found = {each["task"]: each for each in json.loads(here("tasks", "--json")[1])["tasks"]}
    horizon = found["mackey-glass"]["settings"]["task.horizon"]
    assert (horizon["default"], horizon["values"]) == ("84", "a whole number from 1 to 100000")
    assert found["delay"]["defaults"] == {"model.init": "orthogonal"}


DELAY = ("delay", "--set", "task.delay=5", "--set", "task.length=60")


def test_baselines_as_json(here: Here) -> None:
    code, out, _ = here("baselines", *DELAY, "--json")
    printed = json.loads(out)
    assert code == 0
    assert list(printed) == ["schema", "task", "question", "column", "notes", "baselines", "bounds"]
    names = ["naive", "linear", "linear_lags", "nonlinear", "naive_method", "linear_method", "candidates"]
    assert list(printed["baselines"]) == [*names, "intervals", "rmse", "mae"]
    assert printed["baselines"]["linear_method"] == printed["baselines"]["candidates"][0]["name"]
    assert (printed["task"], printed["baselines"]["linear_lags"]) == ("delay", 5)
    assert printed["bounds"] == {"analytic": 0.0, "noise": 0.0}


def test_floors_is_a_hidden_alias_of_baselines(here: Here) -> None:
    assert here("floors", *DELAY, "--json") == here("baselines", *DELAY, "--json")
    assert "floors" not in here("--help")[1]


def test_baselines_as_tables_and_figure(here: Here, tmp_path: Path) -> None:
    code, out, _ = here("baselines", "sunspots", "--figure", "lags.png")
    baselines = compute_baselines(TASKS["sunspots"]())
    assert code == 0
    words = " ".join(out.split())  # cells may be wrapped
    assert baselines.linear_method in words
    assert baselines.naive_method in words
    assert all(each.name[:40] in words for each in baselines.candidates)
    assert next(line for line in out.splitlines() if line.endswith("chosen")).split()[0] == str(baselines.linear_lags)
    assert (tmp_path / "lags.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["lags.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["baselines", "dleay"], 2, "did you mean 'delay'?"),
        (["baselines", "delay", "--set", "task.delay=500"], 2, "task.delay must be below task.length, 300, not 500"),
        (["baselines", "henon", "--set", "task.a=2.0"], 2, "grow without bound"),
        (["baselines", "sine", "--figure", "/proc/figure.png"], 1, "cannot write /proc/figure.png"),
    ],
)
def test_an_error_is_one_line(here: Here, arguments: list[str], code: int, words: str) -> None:
    found, out, error = here(*arguments)
    *question, message = error.splitlines()
    assert (found, out, len(question)) == (code, "", code == 1)
    assert words in message


@pytest.mark.long
def test_the_suite_ends_with_a_line_a_task_and_goes_on_where_it_was(here: Here, tmp_path: Path) -> None:
    tiny = ("--trials", "1", "--epochs", "5", "--replicas", "1", "--set", "sweep.confirmation=5", "-q")
    code, said, _ = here("suite", *tiny, "--figure", "suite.png")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines()[1:] if line[:1] not in ("", " ")] == ["task", *BUILT_IN]
    assert max(map(len, said.splitlines()[1:])) <= 80
    assert (tmp_path / "suite.png").read_bytes().startswith(b"\x89PNG")
    stamp = (tmp_path / "mlflow.db").stat().st_mtime_ns
    assert here("suite", *tiny)[1] == said
    assert (tmp_path / "mlflow.db").stat().st_mtime_ns == stamp
    found = json.loads(here("suite", *tiny, "--json")[1])["sweeps"]
    assert [each["task"] for each in found] == list(BUILT_IN)
    assert all(1 <= each["order"] <= 64 for each in found)
