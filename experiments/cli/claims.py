"""`linrnn claims`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from experiments.claims.catalog import CLAIMS
from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FOLDER
from experiments.cli.parameters import NO_DIFF, WORKERS, Name
from experiments.cli.terminal_text import echo


@command(
    "claims",
    """
    linrnn claims
    linrnn claims --only e
    linrnn claims -o claims-page
    linrnn claims --only b --only f --json
    """,
)
@click.option(
    "--only",
    "ids",
    multiple=True,
    type=Name(CLAIMS, "claim"),
    metavar="ID",
    help=f"Only this claim, may be repeated: {', '.join(CLAIMS)}.  [default: all]",
)
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FOLDER,
    metavar="DIR",
    help="Also write a page, claims.md, and the figures with their numbers as CSV into DIR.  [default: none]",
)
@WORKERS
@NO_DIFF
@click.option("--quick", is_flag=True, help="Train too little for a verdict, to see that everything works.")
def claims(options: GlobalOptions, ids: tuple[str, ...], output: Path | None, workers: int | None, quick: bool) -> None:
    """Measure what is often said of linear recurrent networks.

    Each claim is an experiment that ends with a verdict: it holds, it holds if a condition is met, or it is refuted.
    Networks are trained on 30 seeds, the linear and the tanh network from the same initial weights; every trial is
    recorded, and linrnn reproduce repeats it.

    The same command again trains only what the store does not hold. All claims take minutes on two cores.
    """
    from experiments.claims.claim import FULL, QUICK
    from experiments.claims.claims_page import write_page
    from experiments.claims.verdicts import count_trials, measure_claims
    from experiments.cli.progress_bar import progress_reporter
    from experiments.search.executors import local_workers
    from experiments.workflows.interrupts import add_resume_hint
    from tracking.store.access import open_store

    chosen, budget = [each for each in CLAIMS if each in ids or not ids], QUICK if quick else FULL
    processes = workers or os.cpu_count() or 1
    store = open_store(options.store)
    total = count_trials(chosen, budget)
    with progress_reporter(total, options.quiet, verbose=options.verbose) as progress, add_resume_hint():
        results = measure_claims(chosen, store, lambda count: local_workers(min(processes, count)), progress, budget)
    if output:
        write_page(output, results)
    if options.json:
        print_json({"claims": [each.to_json() for each in results]})
    else:
        show_claims([each.to_json() for each in results])


def show_claims(claims: Sequence[Mapping[str, Any]]) -> None:
    """Print the table of verdicts, and when each is the opposite."""
    from experiments.claims.claims_page import COLUMNS, claims_rows
    from experiments.cli.terminal_table import print_table

    print_table("", COLUMNS, claims_rows(claims))
    echo()
    for each in claims:
        echo(f"({each['id']}) reverses: {each['reversal']}.")
