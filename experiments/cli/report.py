"""`linrnn report`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import TASK


@command(
    "report",
    """
    linrnn report xor -o report.html
    linrnn report data.csv
    linrnn report
    """,
)
@click.argument("task", required=False, type=TASK, metavar="[TASK]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="Where to write it.",
)
def report(shared: GlobalOptions, task: str | None, output: Path) -> None:
    """Write the last finished sweep of a task, or of all, as one HTML file: verdict, comparison, figures, commands.

    It holds all that it shows, so that it can be sent by mail or kept beside a paper.
    """
    from experiments.report.html import sweep_report
    from experiments.report.summary import summarize_sweep
    from tracking.runs.query import newest_sweep, require_sweeps
    from tracking.store.access import existing_store
    from tracking.store.disk import write_file

    store = existing_store(shared.store)
    sweep = newest_sweep(require_sweeps(store, [task] if task else []))
    summary = summarize_sweep(store, sweep)
    write_file(output, sweep_report(store, sweep, summary))
    if shared.as_json:
        click.echo(json.dumps({"schema": 1, "task": summary.task, "file": str(output.resolve())}))
    else:
        click.echo(f"{summary.task}: {summary.verdict.word}; open {output.resolve().as_uri()}")
