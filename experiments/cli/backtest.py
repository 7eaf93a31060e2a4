"""`linrnn backtest`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import MODEL, RunOrTask
from experiments.cli.terminal_text import echo


@command(
    "backtest",
    """
    linrnn backtest sales.csv
    linrnn backtest sales.csv --steps 24 -o errors.csv --figure errors.png
    linrnn backtest 1b5e --model linear --json
    """,
)
@click.argument("target", type=RunOrTask(), metavar="RUN|TASK|FILE")
@click.option(
    "--steps",
    type=click.IntRange(1, 1000),
    default=12,
    show_default=True,
    metavar="N",
    help="Largest number of rows ahead.",
)
@click.option("--model", type=MODEL, help="Only networks of this model type.  [default: all]")
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="File to write the numbers into, as CSV.  [default: none]",
)
@click.option("--figure", type=OUTPUT_FILE, metavar="FILE", help="Draw it as PNG.")
def backtest(
    options: GlobalOptions, target: str, steps: int, model: str | None, output: Path | None, figure: Path | None
) -> None:
    """Evaluate forecasts of the test part by rows ahead.

    Each row of the test part is forecast from 1, 2, ... rows before it (rolling origin): by the confirmed networks of a
    sweep, or those of a run, as in `linrnn forecast`, and by the naive and the linear baseline, which are fitted to the
    training and validation part for each number of rows ahead. Errors are in the unit of the data.
    """
    from experiments.cli.progress_bar import progress_reporter
    from experiments.report.backtest_table import ErrorTable
    from experiments.report.table import csv_text
    from experiments.workflows.backtest_networks import run_backtest
    from experiments.workflows.forecast_networks import find_networks, load_networks
    from tracking.store.access import existing_store
    from tracking.store.disk import write_file

    store = existing_store(options.store)
    networks = [load_networks(store, run) for run in find_networks(store, target, model)]
    with progress_reporter(steps, options.quiet, "rows ahead", options.verbose) as progress:
        progress.start(networks[0].task.label)
        result = run_backtest(networks, steps, progress)
    errors = ErrorTable(result.errors)
    if output:
        write_file(output, csv_text(errors.numbers()).encode())
    if figure:
        from experiments.report.figures.backtest_figure import backtest_figure

        write_file(figure, backtest_figure(errors, result.column).png())
    for note in networks[0].notes:
        echo(f"{result.label}: {note}", err=True)
    if options.json:
        print_json({"task": result.label, "column": result.column, "errors": errors.entries()})
        return
    from experiments.cli.terminal_table import print_table

    count = result.errors[0].values
    title = f"{result.label}: RMSE of {result.column!r} on {count} test values, by number of rows ahead."
    print_table(title, *errors.overview())
