"""`linrnn`, also `python -m experiments`."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

import click

from experiments.cli.baselines import floors
from experiments.cli.compare import compare
from experiments.cli.diff import diff
from experiments.cli.doctor import doctor
from experiments.cli.export import export
from experiments.cli.group import collect_global_options, global_options, run
from experiments.cli.report import report
from experiments.cli.reproduce import reproduce
from experiments.cli.suite import suite
from experiments.cli.sweep import sweep
from experiments.cli.tasks import tasks
from experiments.cli.train import train
from experiments.cli.ui import ui


def print_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Answer `--version` without importing what commands need."""
    if value and not context.resilient_parsing:
        try:
            click.echo(f"linrnn {version('linrnn')}")
        except PackageNotFoundError:
            click.echo("linrnn, not installed")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version, help="The version.")
@global_options
@click.pass_context
def linrnn(context: click.Context, /, **values: object) -> None:
    """Do I need the nonlinearity? Compare linear and nonlinear recurrent networks on a task.

    Every trial goes to a local MLflow store; `linrnn ui` opens it in the browser.

    Exit codes: 0 done; 1 failed; 2 usage; 3 equivalent, 4 different (reproduce); 5 bad data; 6 store unusable;
    130, 143 interrupted.
    """
    collect_global_options(context, dict(values))


for command in (sweep, suite, tasks, floors, train, compare, report, ui, reproduce, diff, export, doctor):
    linrnn.add_command(command)


def main() -> None:
    """Entry point of the `linrnn` script."""
    sys.exit(run(linrnn))


if __name__ == "__main__":
    main()
