"""`linrnn ui`."""

from __future__ import annotations

import click

from experiments.cli.group import GlobalOptions, command


@command(
    "ui",
    """
    linrnn ui
    linrnn ui --port 5001 --store results
    """,
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=5000, show_default=True, metavar="N", help="Port on 127.0.0.1."
)
def ui(options: GlobalOptions, port: int) -> None:
    """Serve the start page and the MLflow UI on 127.0.0.1.

    Links are printed. The start page shows each sweep with its verdict; the others open the charts of each task, and
    the verdicts of all sweeps. Ctrl-C ends it.
    """
    from experiments.workflows.ui_server import serve_ui
    from tracking.store.access import changeable_store

    serve_ui(changeable_store(options.store), port)
