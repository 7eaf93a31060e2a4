"""`linrnn compare`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import TASK


@command(
    "compare",
    """
    linrnn compare sine
    linrnn compare sine xor sunspots --json
    linrnn compare data.csv
    linrnn compare --csv > sweeps.csv
    linrnn compare xor --figures xor-figures
    """,
)
@click.argument("tasks", nargs=-1, type=TASK, metavar="[TASK]...")
@click.option("--csv", "as_csv", is_flag=True, help="Print a line of CSV a task and model type.")
@click.option(
    "--figures",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Draw the figures into DIR, a folder a task, with the numbers behind each as CSV.",
)
def compare(shared: GlobalOptions, tasks: tuple[str, ...], as_csv: bool, figures: Path | None) -> None:
    """Compare the model types by the last finished sweep of each task, from the store alone.

    Without a task: all that have been swept. Of each model type: what became of its trials, the best config, and of
    the confirmation's test losses the median with quartiles and 95 % interval, how it stands to the floors, and to
    linear: ratio of the medians, permutation test, probability that a network of it is better than a linear one.
    """
    if as_csv and shared.as_json:
        raise click.UsageError("--csv and --json are two forms of the same: name one")

    from experiments.cli.text import show_comparisons
    from experiments.report.html import write_figures
    from experiments.report.serialization import sweeps_json, sweeps_table
    from experiments.report.summary import summarize_sweep
    from experiments.report.table import csv_text
    from tracking.runs.query import require_sweeps
    from tracking.store.access import existing_store

    store = existing_store(shared.store)
    sweeps = require_sweeps(store, tasks)
    summaries = [summarize_sweep(store, sweep) for sweep in sweeps]
    if figures:
        write_figures(figures, store, sweeps, summaries)
    if shared.as_json:
        click.echo(json.dumps(sweeps_json(summaries)))
    elif as_csv:
        click.echo(csv_text(sweeps_table(summaries)), nl=False)
    else:
        show_comparisons(store, summaries)
