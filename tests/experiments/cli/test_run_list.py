"""`linrnn list`, `show`, `settings` and `tasks NAME`: what they print, in 80 columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from experiments.cli.terminal_table import plain_table
from linrnn.config.settings import list_settings, setting_name
from linrnn.models import MODELS
from linrnn.tasks import TASKS
from linrnn.training.trial_config import TrainingConfig
from tests.conftest import Golden, Here
from tests.faults.harness import TRIALS
from tracking.runs.query import find_sweeps, find_trials
from tracking.runs.reader import read_config


def parse(answer: tuple[int, str, str]) -> Any:
    code, out, err = answer
    assert (code, err) == (0, "")
    return json.loads(out)


def test_sweeps_and_trials_are_listed(here: Here, golden: Golden) -> None:
    folder, store = str(golden.store.folder), golden.store
    (sweep,) = find_sweeps(store)
    code, out, _ = here("list", "--store", folder)
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 3 + out.count("\n   "))
    assert lines[2].startswith(f"{sweep.run_id[:8]}  sine")
    assert "linear suffices" in lines[2]
    code, out, _ = here("list", "sine", "--store", folder)
    assert code == 0
    trials = find_trials(store, "sine")
    for run in trials:
        assert run.run_id[:8] in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("sine",), TRIALS),
        (("sine", "--model", "linear"), TRIALS // 2),
        (("--model", "tanh", "--phase", "confirmation"), 1),
        (("sine sweep", "--phase", "search"), TRIALS - 2),
        (("--task", "sine", "--outcome", "complete"), TRIALS),
        (("--outcome", "failed"), 0),
        (("--task", "xor", "--model", "linear"), 0),
    ],
)
def test_filters_select(here: Here, golden: Golden, options: tuple[str, ...], count: int) -> None:
    runs = parse(here("list", *options, "--json", "--store", str(golden.store.folder)))["runs"]
    assert len(runs) == count
    for entry in runs:
        config = read_config(next(run for run in find_trials(golden.store, "sine") if run.run_id == entry["run_id"]))
        assert entry["settings"]["model.hidden_size"] == config.model.hidden_size
        assert entry["settings"]["training.learning_rate"] == config.training.learning_rate
        assert (entry["test_loss"] is None) == (entry["phase"] == "search")


def test_a_trial_is_no_list(here: Here, golden: Golden) -> None:
    code, out, err = here("list", "linear confirmation", "--store", str(golden.store.folder))
    assert (code, out) == (2, "")
    assert "is a trial" in err


@pytest.mark.parametrize("name", ["sine", "linear 03", "tanh confirmation"])
def test_a_run_is_shown_with_commands_that_name_it(here: Here, golden: Golden, name: str) -> None:
    folder = str(golden.store.folder)
    page = parse(here("show", name, "--json", "--store", folder))
    code, out, _ = here("show", name, "--store", folder)
    assert code == 0
    assert page["run_id"] in out
    for file in page["files"]:
        assert file in out
    for line in page["commands"]:
        assert f"  {line}\n" in out
        assert page["run_id"][:8] in line or "sine" in line
    for setting, value in page["params"].items():
        assert setting in out
        assert value[:40] in out
    assert page["files"].keys() >= ({"report.html"} if name == "sine" else {"curves.npz", "weights/best.safetensors"})


def test_the_commands_shown_are_commands(here: Here, golden: Golden) -> None:
    from experiments.__main__ import linrnn as group

    for name in ("sine", "tanh confirmation"):
        for line in parse(here("show", name, "--json", "--store", str(golden.store.folder)))["commands"]:
            assert line.split()[1] in group.commands, line


def test_settings_are_listed_with_meaning_default_and_range(here: Here) -> None:
    tables = parse(here("settings", "--json"))["settings"]
    assert tables.keys() == {*MODELS, "training", "sweep"}
    for item in list_settings(TrainingConfig):
        entry = tables["training"][setting_name("training", item.name)]
        assert entry["what"] == item.metadata["help"]
    assert tables["training"]["training.learning_rate"]["values"].endswith("searched from 0.0001 to 0.1")
    code, out, _ = here("settings", "--model", "linear")
    assert code == 0
    assert "Settings of linear.\n" in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("task", ["series", "lorenz"])
def test_the_settings_of_a_task(here: Here, task: str) -> None:
    code, out, _ = here("tasks", task)
    assert code == 0
    assert all(f"task.{item.name}" in out for item in list_settings(TASKS[task]))
    assert max(map(len, out.splitlines())) <= 80
    (entry,) = parse(here("tasks", task, "--json"))["tasks"]
    assert entry["task"] == task
    assert here("tasks", "sinus")[0] == 2


def test_cells_are_wrapped_and_never_cut() -> None:
    long = "word " * 30 + "x" * 100
    text = plain_table(("name", "text"), [("a", long.strip()), ("[b]", "")])
    assert max(map(len, text.splitlines())) <= 80
    assert "".join(text.replace("name  text", "").split()) == "a" + "word" * 30 + "x" * 100 + "[b]"
    assert plain_table(("a", "b"), [("1", "2")]) == "a  b\n1  2"
