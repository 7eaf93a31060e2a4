"""`linrnn baselines`."""

from __future__ import annotations

from pathlib import Path

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import SETTINGS, TASK, settings_text


@command(
    "baselines",
    """
    linrnn baselines narma10
    linrnn baselines mackey-glass --set task.horizon=6 --figure lags.png
    linrnn baselines data.csv --set task.column=sales
    linrnn baselines sunspots --json
    """,
)
@click.argument("task", type=TASK, metavar="TASK")
@click.option(
    "--figure",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Also draw them, with least squares by number of lags, as PNG.",
)
@SETTINGS
def baselines(options: GlobalOptions, task: str, figure: Path | None, settings: tuple[str, ...]) -> None:
    """Compute the baselines and bounds of a task; train nothing.

    TASK is a name that `linrnn tasks` lists, or a file: .csv, .tsv, .txt (also .gz), .xlsx, .parquet, .feather,
    .json, .npy or .npz, or - for standard input.

    Losses are of the test split; 1 is the best constant predictor's. Baselines are predictors chosen on the validation
    split and fitted to the training and validation splits: naive (the mean, the last value, or the value a period
    before), linear (least squares, ridge regression, autoregression, seasonal ARMA or a state space, whichever is
    best, or their mean) and nonlinear (kernel ridge regression). Bounds are the lowest possible losses, where they are
    known: analytic (of linear predictors) and noise (of all predictors).
    """
    from experiments.cli.notes import print_question
    from experiments.cli.output import print_json
    from experiments.cli.text import show_baselines
    from experiments.report.figures.task_figures import baselines_figure
    from experiments.report.serialization import baselines_json
    from experiments.search.sweep_config import task_text
    from linrnn.analysis.verdict import find_intervals
    from linrnn.baseline.baselines import compute_baselines
    from linrnn.training.trial_config import from_text
    from tracking.store.disk import write_file

    data = from_text({"model": "linear", **task_text(task, settings_text(settings, {}))}).task.load()
    print_question(data.task)
    result = compute_baselines(data.task, data.splits)
    intervals = find_intervals(result)
    if figure:
        write_file(figure, baselines_figure(result))
    if options.json:
        question = {"question": data.task.question, "column": data.task.target_column}
        reading = {**question, "notes": list(data.task.notes())}
        print_json({"task": result.task, **reading, **baselines_json(result, intervals)})
    else:
        show_baselines(result, intervals)
