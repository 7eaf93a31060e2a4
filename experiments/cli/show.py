"""`linrnn show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.parameters import RunId
from experiments.cli.terminal_text import echo

if TYPE_CHECKING:
    from experiments.report.run_page import RunPage


@command(
    "show",
    """
    linrnn show 4f0c
    linrnn show sales.csv
    linrnn show "sales.csv linear confirmation" --json
    """,
)
@click.argument("run", type=RunId(), metavar="RUN")
def show(options: GlobalOptions, run: str) -> None:
    """Show a recorded run: results, settings, files, commands.

    RUN is the id of a trial or a sweep, its first characters, or a name as `linrnn list` prints it; the name of a task
    or of a file means its newest sweep.
    """
    from experiments.report.run_page import page_json, run_page
    from linrnn.errors import ConfigError
    from tracking.mlflow_ui.links import base_url, run_link
    from tracking.runs.file_list import list_files
    from tracking.runs.inspection import find_fault
    from tracking.runs.run_reference import find_run
    from tracking.store.access import existing_store

    store = existing_store(options.store)
    view = find_run(store, run)
    if view.is_claims:
        raise ConfigError(f"run {view.run_id} holds the verdicts on claims: linrnn claims shows them")
    link = run_link(base_url(store), view.experiment_id, view.run_id)
    page = run_page(view, list_files(store, view), link, find_fault(store, view) or "")
    print_json(page_json(view, page)) if options.json else show_page(page)


def show_page(page: RunPage) -> None:
    """Print a run."""
    from experiments.cli.terminal_table import print_table
    from experiments.report.run_page import size_text

    echo(page.title)
    width = max(map(len, page.facts))
    for name, text in page.facts.items():
        echo(f"  {name.ljust(width)}  {text}")
    echo()
    rows = [(name, value, meaning) for name, (value, meaning) in page.results.items()]
    print_table("Results. Losses: 1 is the best constant predictor's.", ("metric", "value", "meaning"), rows)
    echo()
    print_table("Settings.", ("setting", "value"), list(page.settings.items()))
    echo()
    print_table("Files.", ("file", "size"), [(name, size_text(size)) for name, size in page.files.items()])
    if page.commands:
        echo("\nCommands:")
    for line in page.commands:
        echo(f"  {line}")
