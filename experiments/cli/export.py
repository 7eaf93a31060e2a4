"""`linrnn export`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import RunId
from experiments.cli.terminal_text import echo


@command(
    "export",
    """
    linrnn export 4f0c best-linear
    linrnn reproduce best-linear
    """,
)
@click.argument("run", type=RunId(), metavar="RUN_ID")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
def export(options: GlobalOptions, run: str, folder: Path) -> None:
    """Write a recorded trial to a folder that needs no store.

    The folder has config, curves, weights, digests and environment; `linrnn reproduce DIR` verifies it, on another
    machine as well. RUN_ID may be the first characters of the id.
    """
    from tracking.runs.export_folder import export_trial
    from tracking.runs.run_reference import find_run
    from tracking.runs.verification import load_record
    from tracking.store.access import existing_store

    store = existing_store(options.store)
    record = load_record(store, find_run(store, run))
    record.verify()  # raises an error if the record is damaged
    export_trial(record, folder)
    if options.json:
        print_json({"run_id": record.run_id, "folder": str(folder.resolve())})
    else:
        echo(f"exported run {record.run_id} to {folder}; verify it with: linrnn reproduce {folder}")
