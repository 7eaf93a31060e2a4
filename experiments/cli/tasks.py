"""`linrnn tasks`."""

from __future__ import annotations

from typing import Any

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json


@command(
    "tasks",
    """
    linrnn tasks
    linrnn tasks --json
    """,
)
def tasks(options: GlobalOptions) -> None:
    """List the built-in tasks and their settings.

    --set task.NAME=VALUE changes a setting of a task in the other commands.
    """
    from experiments.cli.terminal_table import print_table
    from linrnn.tasks import TASKS

    items = [task_json(name) for name in TASKS]
    if options.json:
        print_json({"tasks": items})
        return
    rows = [(item["task"], item["summary"], settings_text(item["settings"])) for item in items]
    print_table("Tasks; --set task.NAME=VALUE changes a setting.", ("task", "summary", "settings"), rows)


def task_json(name: str) -> dict[str, Any]:
    """Return a task's summary, its settings, and the defaults that it changes."""
    from linrnn.config.settings import format_value, get_domain, list_settings, setting_name
    from linrnn.tasks import TASKS

    task = TASKS[name]
    settings = {
        setting_name(task.kind, item.name): {
            "default": format_value(item.default),
            "values": str(get_domain(item)),
            "what": item.metadata["help"],
        }
        for item in list_settings(task)
    }
    return {"task": name, "summary": task.summary(), "settings": settings, "defaults": dict(task.defaults)}


def settings_text(settings: dict[str, dict[str, str]]) -> str:
    """Write settings with their defaults in one line."""
    return " ".join(f"{name.partition('.')[2]}={setting['default']}" for name, setting in settings.items())
