"""`linrnn compare`."""

from __future__ import annotations

import json

import click

from experiments.cli import Settings, command
from experiments.commands.parameters import TASK
from linrnn.errors import ConfigError
from linrnn.tasks import TASKS


@command(
    "compare",
    """
    linrnn compare sine
    linrnn compare sine xor sunspots --json
    """,
)
@click.argument("tasks", nargs=-1, type=TASK, metavar="[TASK]...")
def compare(shared: Settings, tasks: tuple[str, ...]) -> None:
    """Compare the model types by the last finished sweep of each task, from the store alone.

    Without a task: all that have been swept.
    """
    from experiments.summary import as_json, summarise
    from experiments.telling import show_sweeps
    from tracking.reading import last_sweep
    from tracking.store import existing_store

    store = existing_store(shared.store)
    found = {task: last_sweep(store, task) for task in tasks or TASKS}
    missing = [task for task, run in found.items() if run is None]
    if missing and (tasks or len(missing) == len(found)):
        raise ConfigError(
            f"no finished sweep of {', '.join(missing)} in {store.folder}; run: linrnn sweep {' '.join(missing)}"
        )
    summaries = [summarise(store, run) for run in found.values() if run]
    if shared.as_json:
        click.echo(json.dumps(as_json(summaries)))
    else:
        show_sweeps(store, summaries)
