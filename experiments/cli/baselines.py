"""`linrnn floors`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.parameters import SETTINGS, TASK, settings_text


@command(
    "floors",
    """
    linrnn floors narma10
    linrnn floors mackey-glass --set task.horizon=6 --figure floors.png
    linrnn floors sunspots --json
    """,
)
@click.argument("task", type=TASK, metavar="TASK")
@click.option(
    "--figure", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Draw them to this PNG, too."
)
@SETTINGS
def floors(shared: GlobalOptions, task: str, figure: Path | None, settings: tuple[str, ...]) -> None:
    """Compute what any linear predictor, and some nonlinear one, can reach on a task, before anything is trained.

    TASK is one that `linrnn tasks` lists, or the path of a .csv, .tsv, .txt or .npz file. In NMSE on the test split
    (for classes cross-entropy over its best constant's). trivial: the mean, or the last value; linear: least squares
    on the inputs so far, the number of lags chosen on the val split; analytic: the same in closed form; nonlinear:
    kernel ridge regression, a reference; noise: what nothing goes below.
    """
    from experiments.cli.notes import print_notes
    from experiments.cli.text import show_floors
    from experiments.report.figures.task_figures import baselines_figure
    from experiments.report.serialization import baselines_json
    from experiments.search.sweep_config import task_text
    from linrnn.baseline.baselines import compute_baselines
    from linrnn.training.trial_config import from_text
    from tracking.store.disk import write_file

    config = from_text({"model": "linear", **task_text(task, settings_text(settings, {}))}).loaded()
    print_notes(config.task)
    found = compute_baselines(config.task)
    if figure:
        write_file(figure, baselines_figure(found))
    if shared.as_json:
        click.echo(json.dumps({"schema": 1, **baselines_json(found)}))
    else:
        show_floors(found)
