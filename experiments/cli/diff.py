"""`linrnn diff`."""

from __future__ import annotations

import json

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import RunId


@command(
    "diff",
    """
    linrnn diff 4f0c 91ab
    linrnn diff 4f0c 91ab --json
    """,
)
@click.argument("one", type=RunId(), metavar="RUN_A")
@click.argument("other", type=RunId(), metavar="RUN_B")
def diff(shared: GlobalOptions, one: str, other: str) -> None:
    """Say what differs between two recorded trials: config, environment, data, results, and where their curves part."""
    from experiments.cli.reproduction_text import difference_json, show_difference
    from experiments.workflows.diff import diff_runs
    from tracking.runs.query import find_run
    from tracking.runs.verification import load_record
    from tracking.store.access import existing_store

    store = existing_store(shared.store)
    records = [load_record(store, find_run(store, name)) for name in (one, other)]
    found = diff_runs(*records)
    click.echo(json.dumps(difference_json(found))) if shared.as_json else show_difference(found)
