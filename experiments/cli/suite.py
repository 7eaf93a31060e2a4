"""`linrnn suite`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output import print_json
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import (
    DRY_RUN,
    EPOCHS,
    MODELS_OPTION,
    NO_DIFF,
    REPLICAS,
    SEED,
    SETTINGS,
    TRIALS,
    WORKERS,
    expand_models,
    settings_text,
)
from experiments.cli.plan_text import show_plan
from experiments.cli.sweep import sweep_all
from linrnn.tasks import BUILT_IN


@command(
    "suite",
    """
    linrnn suite
    linrnn suite --trials 10 --figure suite.png
    linrnn suite --models all
    linrnn suite --json
    """,
)
@MODELS_OPTION
@TRIALS
@REPLICAS
@EPOCHS
@WORKERS
@DRY_RUN
@click.option(
    "--figure",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Also draw the losses of all tasks as PNG.",
)
@SEED
@SETTINGS
@NO_DIFF
def suite(
    options: GlobalOptions,
    models: tuple[str, ...],
    trials: str | None,
    replicas: str | None,
    epochs: str | None,
    workers: int | None,
    dry_run: bool,
    figure: Path | None,
    seed: str | None,
    settings: tuple[str, ...],
) -> None:
    """Run the sweeps of all built-in tasks and show one table.

    The table has baselines, the median test loss of each model type, the order that the linear network reduces to, and
    the verdict. The same command again resumes the sweeps, or shows their results.
    """
    from experiments.search.sweep_config import prepare_sweep

    shorthands = {
        "sweep.trials": trials,
        "training.replicas": replicas,
        "training.epochs": epochs,
        "seed": seed,
    }
    text = settings_text(settings, shorthands)
    sweeps = [prepare_sweep(task, expand_models(models), text) for task in BUILT_IN]
    if dry_run:
        return show_plan(sweeps, workers, options.json)
    store, summaries = sweep_all(options, sweeps, workers)

    from experiments.cli.text import show_suite
    from experiments.report.figures.task_figures import suite_figure
    from experiments.report.serialization import sweeps_json
    from experiments.report.summary import require_confirmations
    from experiments.workflows.reduce import measure_orders
    from tracking.store.disk import write_file

    orders = measure_orders(store, summaries)
    if options.json:
        content = sweeps_json(summaries)
        print_json({"sweeps": [{**sweep, "order": orders[sweep["task"]]} for sweep in content["sweeps"]]})
    else:
        show_suite(summaries, orders)
    if figure:
        write_file(figure, suite_figure(summaries))
    require_confirmations(summaries)
