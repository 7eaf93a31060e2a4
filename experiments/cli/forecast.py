"""`linrnn forecast`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import MODEL, RunOrTask
from experiments.cli.terminal_text import echo


@command(
    "forecast",
    """
    linrnn forecast sales.csv
    linrnn forecast sales.csv --steps 24 -o next.csv --figure next.png
    linrnn forecast sales.csv --data january.csv --model tanh
    linrnn forecast 4f0c --json
    """,
)
@click.argument("target", type=RunOrTask(), metavar="RUN|TASK|FILE")
@click.option(
    "--steps",
    type=click.IntRange(1, 10_000),
    default=12,
    show_default=True,
    metavar="N",
    help="Number of rows to forecast.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="New rows to forecast after.  [default: none]",
)
@click.option("--model", type=MODEL, help="Model type of a sweep.  [default: the best by validation loss]")
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="File to write the numbers into, as CSV.  [default: none]",
)
@click.option("--figure", type=OUTPUT_FILE, metavar="FILE", help="Draw it as PNG.")
def forecast(
    options: GlobalOptions,
    target: str,
    steps: int,
    data: Path | None,
    model: str | None,
    output: Path | None,
    figure: Path | None,
) -> None:
    """Forecast the rows after a series, with intervals.

    RUN is a trained trial or a sweep; TASK or FILE means its newest finished sweep, of which the confirmed networks of
    the lowest validation loss are taken. The networks read their own predictions. The median and the intervals are
    those of all replicas, widened by the errors that they made as many rows ahead on the test part.

    New rows follow those of the file by their dates, or replace rows of the same dates. Networks that read other
    columns predict one row for each row of --data, which needs those columns only.
    """
    from experiments.report.forecast_table import forecast_json, forecast_numbers, forecast_overview, interval_sentences
    from experiments.report.table import csv_text
    from experiments.workflows.forecast import forecast_series_end
    from experiments.workflows.forecast_networks import find_networks, load_networks
    from tracking.store.access import existing_store
    from tracking.store.disk import write_file

    store = existing_store(options.store)
    networks = load_networks(store, find_networks(store, target, model)[0])
    each = forecast_series_end(networks, steps, os.path.abspath(data) if data else None)
    row_name = "date" if each.has_dates else "row"
    numbers = forecast_numbers(each.result, each.rows, each.names, row_name)
    if output:
        write_file(output, csv_text(numbers).encode())
    if figure:
        from experiments.report.figures.forecast_figure import forecast_figure

        recent = each.recent[:, 0]
        picture = forecast_figure(each.result, each.rows, recent, each.recent_rows, each.run.model, each.column)
        write_file(figure, picture.png())
    for note in each.notes:
        echo(f"{each.label}: {note}", err=True)
    if options.json:
        facts = {"task": each.label, "run_id": each.run.run_id, "model": each.run.model, "column": each.column}
        print_json({**facts, "after": each.last, **forecast_json(each.result, numbers), "notes": list(each.notes)})
        return
    from experiments.cli.terminal_table import print_table

    rows = f"{each.result.steps} row{'s' * (each.result.steps > 1)}"
    print_table(
        f"{each.label}: {each.column!r}, {rows} after {each.last}, by {each.result.replicas} {each.run.model} networks "
        f"(run {each.run.run_id[:8]}).",
        *forecast_overview(each.result, each.rows, each.names, row_name),
    )
    echo()
    for sentence in interval_sentences(each.result):
        echo(sentence)
