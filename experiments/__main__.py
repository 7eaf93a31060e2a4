"""`linrnn`, also `python -m experiments`."""

from __future__ import annotations

from experiments.cli import process_state  # first: Ctrl-C, warnings and streams, before libraries are imported

# isort: split
from importlib.metadata import PackageNotFoundError, version

import click

from experiments.cli.backtest import backtest
from experiments.cli.baselines import baselines
from experiments.cli.characterise import characterise
from experiments.cli.claims import claims
from experiments.cli.compare import compare
from experiments.cli.data_tests import test
from experiments.cli.diff import diff
from experiments.cli.doctor import doctor
from experiments.cli.export import export
from experiments.cli.forecast import forecast
from experiments.cli.gc import gc
from experiments.cli.group import Group, collect_global_options, end_process, global_options, run
from experiments.cli.help_page import show_help
from experiments.cli.models import models
from experiments.cli.reduce import reduce
from experiments.cli.report import report
from experiments.cli.reproduce import reproduce
from experiments.cli.run_list import list_runs
from experiments.cli.settings import settings
from experiments.cli.show import show
from experiments.cli.suite import suite
from experiments.cli.sweep import sweep
from experiments.cli.tasks import tasks
from experiments.cli.train import train
from experiments.cli.ui import ui

COMMANDS = (
    *(sweep, compare, report, forecast, backtest, list_runs, show, ui),
    *(tasks, models, settings, baselines, test, train, characterise, reduce),
    *(reproduce, diff, export, doctor, gc, suite, claims, show_help),
)


def print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Print the version without importing what commands need."""
    if value and not context.resilient_parsing:
        try:
            click.echo(f"linrnn {version('linrnn')}")
        except PackageNotFoundError:
            click.echo("linrnn, not installed")
        context.exit()


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the version and exit.",
)
@global_options
@click.pass_context
def linrnn(context: click.Context, /, **values: object) -> None:
    """Do I need the nonlinearity? linrnn compares linear and nonlinear recurrent networks on a task.

    A first example is `linrnn sweep sine`. Every trial is recorded in a store: a folder with mlflow.db, mlruns and
    optuna.db, which `linrnn ui` shows in the browser. Each command has --help with examples.

    Exit codes: 0 done; 1 failed; 2 usage; 3 equivalent, 4 different (reproduce); 5 bad data; 6 store unusable;
    130, 143 interrupted.
    """
    collect_global_options(context, dict(values))


for command in COMMANDS:
    linrnn.add_command(command)
linrnn.add_alias("floors", baselines)  # its name in 0.1.0
linrnn.add_alias("characterize", characterise)


assert process_state


def main() -> None:
    """Entry point of the `linrnn` script."""
    end_process(run(linrnn))


if __name__ == "__main__":
    main()
