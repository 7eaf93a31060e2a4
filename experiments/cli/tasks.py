"""`linrnn tasks`."""

from __future__ import annotations

import json
from typing import Any

import click

from experiments.cli.group import GlobalOptions, command


@command(
    "tasks",
    """
    linrnn tasks
    linrnn tasks --json
    """,
)
def tasks(shared: GlobalOptions) -> None:
    """List the built-in tasks, a line each, with the settings that --set task.NAME=VALUE changes."""
    from experiments.cli.terminal_table import print_table
    from linrnn.tasks import TASKS

    found = [task_json(name) for name in TASKS]
    if shared.as_json:
        click.echo(json.dumps({"schema": 1, "tasks": found}))
        return
    rows = [(each["task"], each["summary"], settings_line(each["settings"])) for each in found]
    print_table("Tasks; --set task.NAME=VALUE changes a setting.", ("task", "what is to be learnt", "settings"), rows)


def task_json(name: str) -> dict[str, Any]:
    """A task, its settings, and what it needs other defaults for."""
    from linrnn.config.settings import domain_of, format_value, setting_name, settings_of
    from linrnn.tasks import TASKS

    task = TASKS[name]
    settings = {
        setting_name(task.kind, item.name): {
            "default": format_value(item.default),
            "values": str(domain_of(item)),
            "what": item.metadata["help"],
        }
        for item in settings_of(task)
    }
    return {"task": name, "summary": task.summary(), "settings": settings, "defaults": dict(task.defaults)}


def settings_line(settings: dict[str, dict[str, str]]) -> str:
    """The settings and their defaults in a line."""
    return " ".join(f"{name.partition('.')[2]}={told['default']}" for name, told in settings.items())
