"""`linrnn suite`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import EPOCHS, REPLICAS, SEED, SETTINGS, settings_text
from experiments.cli.sweep import sweep_all
from linrnn.models import MODELS
from linrnn.tasks import BUILT_IN


@command(
    "suite",
    """
    linrnn suite
    linrnn suite --trials 10 --figure suite.png
    linrnn suite --json
    """,
)
@click.option("--trials", metavar="N", help="Trials of each study.")
@REPLICAS
@EPOCHS
@click.option("--workers", type=click.IntRange(1, 256), metavar="W", help="Worker processes.  [default: one a core]")
@click.option(
    "--figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw what came out to this PNG."
)
@SEED
@SETTINGS
def suite(
    shared: GlobalOptions,
    trials: str | None,
    replicas: str | None,
    epochs: str | None,
    workers: int | None,
    figure: Path | None,
    seed: str | None,
    settings: tuple[str, ...],
) -> None:
    """Sweep all built-in tasks with all model types, and show what came of them in one table.

    The same command again goes on where it was interrupted, or shows what it found.
    """
    from experiments.search.sweep_config import sweep_config

    shorthands = {
        "sweep.trials": trials,
        "training.replicas": replicas,
        "training.epochs": epochs,
        "seed": seed,
    }
    given = settings_text(settings, shorthands)
    configs = [sweep_config(task, tuple(MODELS), given) for task in BUILT_IN]
    _, summaries = sweep_all(shared, configs, workers)

    from experiments.cli.text import show_suite
    from experiments.report.figures.task_figures import suite_figure
    from experiments.report.serialization import sweeps_json
    from tracking.store.disk import write_file

    click.echo(json.dumps(sweeps_json(summaries))) if shared.as_json else show_suite(summaries)
    if figure:
        write_file(figure, suite_figure(summaries))
