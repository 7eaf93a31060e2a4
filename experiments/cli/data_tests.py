"""`linrnn test`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.output_path import OUTPUT_FILE
from experiments.cli.parameters import SETTINGS, TASK, settings_text
from experiments.cli.terminal_text import echo

if TYPE_CHECKING:
    from linrnn.analysis.nonlinearity_tests import NonlinearityTests


@command(
    "test",
    """
    linrnn test sunspots
    linrnn test data.csv --set task.column=sales --figure tests.png
    linrnn test narma10 --json
    """,
)
@click.argument("task", type=TASK, metavar="TASK")
@click.option(
    "--figure",
    type=OUTPUT_FILE,
    metavar="FILE",
    help="Also draw the statistics of the surrogates and the residuals, as PNG.",
)
@SETTINGS
def test(options: GlobalOptions, task: str, figure: Path | None, settings: tuple[str, ...]) -> None:
    """Test the data of a task for nonlinearity; train nothing.

    TASK is a name that `linrnn tasks` lists, or a file: .csv, .tsv, .txt (also .gz), .xlsx, .parquet, .feather,
    .json, .npy or .npz, or - for standard input. Its targets have to be numbers, not classes.

    Each test has a null hypothesis, which it rejects where p is small. Tests about the mean ask whether something
    nonlinear predicts the target; tests of any dependence also reject where, for example, only the variance changes,
    which no prediction of the mean can use. The tests do not read the test split; the gain of the nonlinear baseline
    over the linear one, below them, is measured there.
    """
    from experiments.cli.notes import print_question
    from experiments.cli.output import print_json
    from experiments.report.nonlinearity_text import nonlinearity_json
    from experiments.search.sweep_config import task_text
    from linrnn.analysis.nonlinearity import compute_nonlinearity_tests, detection_ratio
    from linrnn.baseline.baselines import compute_baselines
    from linrnn.training.trial_config import from_text

    data = from_text({"model": "linear", **task_text(task, settings_text(settings, {}))}).task.load()
    print_question(data.task)
    result = compute_nonlinearity_tests(data.task, data.splits)
    result = replace(result, detection_ratio=detection_ratio(compute_baselines(data.task, data.splits).step_losses))
    if figure:
        from experiments.report.figures.nonlinearity_figure import nonlinearity_figure  # takes a second to load
        from tracking.store.disk import write_file

        write_file(figure, nonlinearity_figure(result))
    if options.json:
        question = {"question": data.task.question, "column": data.task.target_column}
        reading = {**question, "notes": list(data.task.notes())}
        print_json({"task": result.task, **reading, **nonlinearity_json(result)})
    else:
        show_nonlinearity_tests(result)


def show_nonlinearity_tests(tests: NonlinearityTests) -> None:
    """Print nonlinearity tests, and how much they find."""
    from experiments.cli.terminal_table import print_table
    from experiments.report.nonlinearity_text import effect_text, nonlinearity_table, nonlinearity_text

    if tests.tests:
        print_table(f"{tests.task}: tests of the training and validation data.", *nonlinearity_table(tests))
        echo()
    echo(f"Nonlinearity tests: {nonlinearity_text(tests)}.")
    if tests.tests:
        echo(f"Effect: {effect_text(tests)}.")
