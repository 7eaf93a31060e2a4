"""`linrnn compare`."""

from __future__ import annotations

import json

import click

from experiments.cli import Settings, command
from experiments.commands.parameters import TASK
from linrnn.errors import ConfigError


@command(
    "compare",
    """
    linrnn compare sine
    linrnn compare sine xor sunspots --json
    linrnn compare data.csv
    """,
)
@click.argument("tasks", nargs=-1, type=TASK, metavar="[TASK]...")
def compare(shared: Settings, tasks: tuple[str, ...]) -> None:
    """Compare the model types by the last finished sweep of each task, from the store alone.

    Without a task: all that have been swept.
    """
    from experiments.forms import as_json
    from experiments.summary import summarise
    from experiments.telling import show_sweeps
    from tracking.reading import last_sweeps
    from tracking.store import existing_store

    store = existing_store(shared.store)
    last = last_sweeps(store)
    wanted = tasks or tuple(last)
    missing = [task for task in wanted if task not in last]
    if missing or not last:
        named = " ".join(missing) or "TASK"
        raise ConfigError(f"no finished sweep of {named} in {store.folder}; run: linrnn sweep {named}")
    summaries = [summarise(store, last[task]) for task in wanted]
    if shared.as_json:
        click.echo(json.dumps(as_json(summaries)))
    else:
        show_sweeps(store, summaries)
