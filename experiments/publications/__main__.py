"""`python -m experiments.publications`: our figures beside the published ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from linrnn.errors import LinrnnError

if TYPE_CHECKING:
    from experiments.publications.datasets import DataFolder
    from experiments.report.summary import SweepSummary
    from tracking.store.access import Store

FILE = "published.json"
FOLDER = click.Path(path_type=Path)


@click.command()
@click.option("--data", required=True, type=FOLDER, help="Folder with ETTh1.csv and silverbox.csv.")
@click.option("--out", default="published", type=FOLDER, help="Folder of the store and results.  [default: published]")
@click.option("--workers", type=click.IntRange(1), help="Worker processes; one per core by default.")
@click.option("--quick", is_flag=True, help="A tiny budget, to see that everything works.")
@click.option("--least-squares", "closed_form", is_flag=True, help="Least squares alone, without networks: a minute.")
def main(data: Path, out: Path, workers: int | None, quick: bool, closed_form: bool) -> None:
    """Measure ETTh1 and Silverbox as published, within an hour on 2 cores; the same command again resumes."""
    try:
        replicate(data, out, workers or os.cpu_count() or 1, quick, closed_form)
    except LinrnnError as error:
        for line in str(error).splitlines():
            click.echo(f"linrnn: {line}", err=True)
        sys.exit(error.exit_code)


def replicate(data: Path, out: Path, workers: int, quick: bool, closed_form: bool) -> None:
    """Run the sweeps, unless least squares alone are asked for; print the table and write it to `out`."""
    from experiments.cli.terminal_table import print_table
    from experiments.publications.datasets import DataFolder
    from experiments.publications.figure_table import COLUMNS, results_file
    from experiments.publications.replication import ett_rows, silverbox_rows
    from tracking.store.disk import write_file

    folder = DataFolder(data, out / "data")
    folder.check()
    folder.cut_silverbox()
    store, summaries = (None, []) if closed_form else run_networks(folder, out, workers, quick)
    rows = [*ett_rows(folder, store, summaries), *silverbox_rows(folder, store, summaries)]
    print_table(
        "Test errors beside the published ones; of networks the median replica and (best on the validation split).",
        COLUMNS,
        [[cell or "-" for cell in row.cells()] for row in rows],
    )
    write_file(out / FILE, results_file(rows))


def run_networks(folder: DataFolder, out: Path, workers: int, quick: bool) -> tuple[Store, list[SweepSummary]]:
    """Run or resume the sweeps; return the store and their summaries."""
    from experiments.cli.group import GlobalOptions
    from experiments.cli.sweep import sweep_all
    from experiments.publications.replication import list_sweeps

    options = GlobalOptions(store=str(out / "store"))
    return sweep_all(options, list_sweeps(folder, quick), workers)


if __name__ == "__main__":
    main()
