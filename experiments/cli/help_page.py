"""`linrnn help`."""

from __future__ import annotations

import click

from experiments.cli.group import GlobalOptions, command
from experiments.cli.terminal_text import echo


@command(
    "help",
    """
    linrnn help
    linrnn help sweep
    """,
)
@click.argument("name", required=False, metavar="[COMMAND]")
def show_help(options: GlobalOptions, name: str | None) -> None:
    """Show the help of a command, or the list of all."""
    context = click.get_current_context()
    root = context.find_root()
    group = root.command
    if name is None or not isinstance(group, click.Group):
        return echo(root.get_help())
    target = group.get_command(root, name)
    if target is None:
        raise click.UsageError(f"no command {name!r}: linrnn help lists them", root)
    with click.Context(target, info_name=name, parent=root, **group.context_settings) as child:
        return echo(target.get_help(child))
