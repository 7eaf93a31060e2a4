"""`linrnn tasks`."""

from __future__ import annotations

from typing import Any

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import Name
from experiments.cli.settings import HEADER, describe_settings, setting_rows
from experiments.cli.terminal_text import echo
from linrnn.tasks import TASKS


@command(
    "tasks",
    """
    linrnn tasks
    linrnn tasks series
    linrnn tasks --json
    """,
)
@click.argument("task", required=False, type=Name(TASKS, "task"), metavar="[NAME]")
def tasks(options: GlobalOptions, task: str | None) -> None:
    """List the built-in tasks, or the settings of one.

    --set task.NAME=VALUE changes a setting of a task in the other commands. The settings of a file of your own are
    those of `series`.
    """
    from experiments.cli.terminal_table import print_table

    items = [task_json(name) for name in TASKS if task in (None, name)]
    if options.json:
        print_json({"tasks": items})
        return
    if task is None:
        rows = [(item["task"], item["summary"]) for item in items]
        print_table("Tasks; linrnn tasks NAME lists the settings of one.", ("task", "summary"), rows)
        return
    (item,) = items
    print_table(f"{task}: {item['summary']}.", HEADER, setting_rows(item["settings"]))
    own = " ".join(f"{name}={text}" for name, text in item["defaults"].items())
    if own:
        echo(f"\nDefaults of its own: {own}")


def task_json(name: str) -> dict[str, Any]:
    """Return a task's summary, its settings, and the defaults that it changes."""
    task = TASKS[name]
    return {
        "task": name,
        "summary": task.summary(),
        "settings": describe_settings(task),
        "defaults": dict(task.defaults),
    }
