"""`linrnn report`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import TASK
from experiments.cli.terminal_text import echo


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
    type=OUTPUT_FILE,
    default="report.html",
    show_default=True,
    metavar="FILE",
    help="File to write.",
)
def report(options: GlobalOptions, task: str | None, output: Path) -> None:
    """Write the last finished sweep of a task as one HTML file.

    Without TASK, the last finished sweep of all. The file has the verdict, the comparison, the figures with their
    numbers, and the commands that reproduce the best trials. It loads nothing from elsewhere.
    """
    from experiments.cli.notes import print_omissions
    from experiments.report.summary import summarize
    from experiments.report.sweep_record import load_sweep
    from tracking.runs.query import inspect_sweeps, newest_sweep, require_sweeps
    from tracking.store.access import existing_store
    from tracking.store.disk import write_file

    store = existing_store(options.store)
    record = load_sweep(store, newest_sweep(require_sweeps(store, [task] if task else [])))
    summary = summarize(record)
    print_omissions([*record.omissions, *inspect_sweeps(store).faults])
    if not options.quiet:
        echo(f"{summary.task}: {summary.verdict.word}; drawing the figures", err=True)

    from experiments.report.html import sweep_report  # matplotlib and scikit-learn, which take seconds to load

    write_file(output, sweep_report(record, summary))
    if options.json:
        print_json({"task": summary.task, "file": str(output.resolve())})
    else:
        echo(f"{summary.task}: {summary.verdict.word}; open {output.resolve().as_uri()}")
