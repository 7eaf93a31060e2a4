"""The help of every command: fits 80 columns, has examples, and shows the defaults that the settings declare."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search.sweep_config import SweepConfig
from linrnn.config.settings import Config, list_settings
from linrnn.training.trial_config import TrainingConfig, TrialConfig

COMMANDS = [name for name, command in group.commands.items() if not command.hidden]
WIDTH = 80
DEFAULTS: dict[str, tuple[type[Config], str]] = {
    "trials": (SweepConfig, "trials"),
    "epochs": (TrainingConfig, "epochs"),
    "replicas": (TrainingConfig, "replicas"),
    "seed": (TrialConfig, "seed"),
}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_fits_80_columns_and_has_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group, [name, "--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= WIDTH
    examples = text.partition("Examples:\n")[2].split("\n")
    assert all(shlex.split(line)[:2] == ["linrnn", name] or "reproduce" in line for line in examples if line.strip())
    assert any(f"linrnn {name}" in line for line in examples)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_the_group_lists_its_commands_in_80_columns_with_whole_sentences(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, arguments) == (0 if arguments else 2)
    text = "".join(capsys.readouterr())
    assert max(map(len, text.splitlines())) <= WIDTH
    listed = text.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_with_a_value_shows_its_default(name: str) -> None:
    command = group.commands[name]
    for option in command.params:
        if isinstance(option, click.Option) and not option.is_flag and not option.required:
            shown = bool(option.show_default) or "[default: " in (option.help or "")
            assert shown or option.opts[0] in ("--figure", "--figures", "--sweep"), option.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_in_help_are_those_that_are_declared(name: str) -> None:
    for option in group.commands[name].params:
        if isinstance(option, click.Option) and option.name in DEFAULTS:
            owner, field = DEFAULTS[option.name]
            (declared,) = [item.default for item in list_settings(owner) if item.name == field]
            assert re.findall(r"\[default: (\d+)(?:, or the task's own)?\]", option.help or "") == [str(declared)]
