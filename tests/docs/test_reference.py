"""Generated reference pages have all that the code has."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from docs import reference, tables
from experiments.__main__ import linrnn as command_group
from experiments.report.comparison_table import EXPLANATIONS
from linrnn.config.settings import list_settings, setting_name
from linrnn.models import MODELS
from linrnn.tasks import BUILT_IN, TASKS
from linrnn.training.trial_config import TrainingConfig, TrialConfig
from tracking import schema

COMMUNITY = ("CONTRIBUTING.md", "SECURITY.md")
SCHEMA = (schema.Tag, schema.Metric, schema.Param, schema.Artifact)


@cache
def page(name: str) -> str:
    """A page of the site as Sphinx reads it."""
    text = (tables.DOCS / f"{name}.md").read_text()
    return tables.fill_markers(text, {**tables.GENERATORS, **reference.GENERATORS})


@pytest.mark.parametrize("task", BUILT_IN)
def test_tasks_are_described_with_all_settings(task: str) -> None:
    text = page("tasks")
    assert f"\n## {task}\n" in text
    section = text.partition(f"\n## {task}\n")[2].partition("\n## ")[0]
    assert TASKS[task].summary() in section
    assert all(f"`{setting_name('task', item.name)}`" in section for item in list_settings(TASKS[task]))


def test_settings_are_described_with_default_and_range() -> None:
    text = page("settings")
    owners = [TrainingConfig, TrialConfig, *MODELS.values()]
    names = [setting_name(owner.kind, item.name) for owner in owners for item in list_settings(owner)]
    assert all(f"| `{name}` |" in text for name in names)
    row = next(line for line in text.splitlines() if line.startswith("| `training.learning_rate` |"))
    assert "| `0.01` | a number from 1e-08 to 10; searched from 0.0001 to 0.1 |" in row


@pytest.mark.parametrize("names", SCHEMA, ids=lambda names: names.__name__)
def test_every_name_of_the_schema_is_explained(names: type[schema.Name]) -> None:
    text = page("records")
    assert all(f"| `{entry.value}` | {entry.meaning} |" in text for entry in names)
    assert all(f"`{entry.old_name}`" in text for entry in names if entry.old_name)


def test_every_measure_of_the_comparison_is_explained() -> None:
    text = page("comparison")
    assert all(f"| {name} |" in text for name in (*EXPLANATIONS, "hidden size", "learning rate"))


def test_every_visible_command_has_its_help() -> None:
    text = page("cli")
    for name, command in command_group.commands.items():
        assert (f"\n## linrnn {name}\n" in text) != command.hidden
        options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
        section = text.partition(f"\n## linrnn {name}\n")[2].partition("\n## ")[0]
        assert command.hidden or all(option.opts[-1] in section for option in options)


@pytest.mark.parametrize("name", ["linrnn", "tracking", "experiments"])
def test_every_public_name_is_documented(name: str) -> None:
    package, text = __import__(name), page(f"api/{name}")
    assert all(f":: {name}.{public}\n" in text for public in getattr(package, "__all__", ()))


def test_every_module_is_listed() -> None:
    text = page("architecture")
    paths = [path for room in ("linrnn", "tracking", "experiments") for path in reference.modules_of(room)]
    assert all(path.name in text for path in paths if not path.name.startswith("__"))


@pytest.mark.parametrize(
    "path", [*tables.pages(), *(reference.ROOT / name for name in COMMUNITY)], ids=lambda path: path.stem
)
def test_files_that_a_page_names_are_there(path: Path) -> None:
    named = re.findall(r"`((?:linrnn|tracking|experiments|tests|docs)/[\w./-]+)`", path.read_text())
    assert [name for name in named if not (reference.ROOT / name).exists() and "_build" not in name] == []
