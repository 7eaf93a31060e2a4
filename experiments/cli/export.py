"""`linrnn export`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import RunId


@command(
    "export",
    """
    linrnn export 4f0c best-linear
    linrnn reproduce best-linear
    """,
)
@click.argument("run", type=RunId(), metavar="RUN_ID")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def export(shared: GlobalOptions, run: str, folder: Path) -> None:
    """Write a recorded trial to a folder that stands alone: config, curves, weights, digests, environment.

    linrnn reproduce DIR then verifies it, on another machine too, without the store.
    """
    from tracking.runs.export_folder import export_trial
    from tracking.runs.query import find_run
    from tracking.runs.verification import load_record
    from tracking.store.access import existing_store

    store = existing_store(shared.store)
    record = load_record(store, find_run(store, run))
    record.verify()  # refuses a damaged one
    export_trial(record, folder)
    if shared.as_json:
        click.echo(json.dumps({"schema": 1, "run_id": record.run_id, "folder": str(folder.resolve())}))
    else:
        click.echo(f"run {record.run_id} is in {folder}; check it with: linrnn reproduce {folder}")
