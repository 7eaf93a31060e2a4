"""`linrnn diff`."""

from __future__ import annotations

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import RunId


@command(
    "diff",
    """
    linrnn diff 4f0c 91ab
    linrnn diff 4f0c 91ab --json
    """,
)
@click.argument("first", type=RunId(), metavar="RUN_A")
@click.argument("second", type=RunId(), metavar="RUN_B")
def diff(options: GlobalOptions, first: str, second: str) -> None:
    """Compare two recorded trials bit for bit.

    Lists the differences in config, environment, data and results, and the first epoch and quantity at which their
    curves differ. RUN_A and RUN_B may be the first characters of the ids.
    """
    from experiments.cli.reproduction_text import run_diff_json, show_run_diff
    from experiments.workflows.diff import diff_runs
    from tracking.runs.run_reference import find_run
    from tracking.runs.verification import load_record
    from tracking.store.access import existing_store

    store = existing_store(options.store)
    result = diff_runs(*(load_record(store, find_run(store, run_id)) for run_id in (first, second)))
    print_json(run_diff_json(result)) if options.json else show_run_diff(result)
