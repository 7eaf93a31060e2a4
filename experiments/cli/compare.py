"""`linrnn compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output_path import OUTPUT_FOLDER
from experiments.cli.parameters import TASK
from experiments.cli.terminal_text import echo

if TYPE_CHECKING:
    from experiments.report.sweep_record import SweepRecord


@command(
    "compare",
    """
    linrnn compare sine
    linrnn compare sine xor sunspots --json
    linrnn compare data.csv
    linrnn compare --csv > sweeps.csv
    linrnn compare xor --figures xor-figures
    linrnn compare xor --by parameters
    """,
)
@click.argument("tasks", nargs=-1, type=TASK, metavar="[TASK]...")
@click.option("--csv", is_flag=True, help="Print CSV, a line for each task and model type.")
@click.option(
    "--by",
    "measure",
    type=click.Choice(["parameters", "hidden-size"]),
    help="Compare at equal size instead: the best trials with at most so many.  [default: none]",
)
@click.option(
    "--figures",
    type=OUTPUT_FOLDER,
    metavar="DIR",
    help="Draw the figures as PNG, with their numbers as CSV, into DIR/TASK.",
)
def compare(
    options: GlobalOptions, tasks: tuple[str, ...], csv: bool, measure: str | None, figures: Path | None
) -> None:
    """Show the last sweep of each task: table and verdict.

    Reads the store and trains nothing. Without TASK, all tasks that have a finished sweep.

    For each model type the table shows the trials of its study, the best config, and of the confirmation the test
    loss: median, quartiles and 95 % interval, divided by the linear baseline, and compared with linear (ratio of the
    medians, Diebold-Mariano test, probability that a network of it is better).

    With --by parameters, or hidden-size, a table for each sweep shows the lowest objective of the trials of each model
    type with at most so many parameters, or units: what a comparison at equal size tells.
    """
    if csv and options.json:
        raise click.UsageError("--csv and --json exclude each other: name one of them")

    from experiments.cli.notes import print_omissions
    from experiments.cli.output import print_json
    from experiments.cli.text import show_comparisons
    from experiments.report.serialization import sweeps_json, sweeps_table
    from experiments.report.summary import summarize
    from experiments.report.sweep_record import load_sweep
    from experiments.report.table import csv_text
    from tracking.runs.query import inspect_sweeps, require_sweeps
    from tracking.store.access import existing_store

    store = existing_store(options.store)
    records = [load_sweep(store, run) for run in require_sweeps(store, tasks)]
    print_omissions(inspect_sweeps(store).faults)
    summaries = [] if measure and not figures else [summarize(record) for record in records]
    if figures:
        from experiments.report.html import write_figures

        write_figures(figures, records, summaries)
    if measure:
        show_sizes(records, measure, options.json, csv)
    elif options.json:
        print_json(sweeps_json(summaries))
    elif csv:
        echo(csv_text(sweeps_table(summaries)), nl=False)
    else:
        show_comparisons(store, summaries)


def show_sizes(records: Sequence[SweepRecord], measure: str, json: bool, csv: bool) -> None:
    """Print the best trials of each sweep by size, as tables, JSON or CSV."""
    from experiments.cli.output import print_json
    from experiments.cli.terminal_table import print_wide_table
    from experiments.report.size_comparison import size_table, sizes_json, sizes_rows
    from experiments.report.table import csv_text

    if json:
        print_json({"sweeps": [sizes_json(record, measure) for record in records]})
    elif csv:
        echo(csv_text(sizes_rows(records, measure)), nl=False)
    else:
        for k, record in enumerate(records):
            objective = f"val loss ({record.objective_name}) of the best trial with at most so many"
            print_wide_table(f"{chr(10) if k else ''}{record.task}: {objective}.", *size_table(record, measure))
