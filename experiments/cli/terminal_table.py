"""Tables on stdout: with lines on a terminal, as plain columns elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from experiments.cli.terminal_text import echo, printable

WIDTH = 80  # columns of a plain table; longer cells are wrapped
LONGEST_NAME = 30  # in the first column, which is not wrapped then


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout under its title, if it has one."""
    console = Console(markup=False, emoji=False)
    if console.is_terminal:
        table = Table(title=printable(title) or None, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        console.print(fill_table(table, header, rows))
        return
    if title:
        echo(title)
    echo(plain_table(header, rows))


def fill_table(table: Table, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Add columns and rows, whose cells are wrapped, never truncated."""
    for k, name in enumerate(header):
        is_name = k == 0 and max(len(row[0]) for row in [(name,), *rows]) <= LONGEST_NAME
        table.add_column(name, overflow="fold", no_wrap=is_name)
    for row in rows:
        table.add_row(*map(printable, row))
    return table


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text of at most WIDTH columns, without lines and styles."""
    console = Console(file=io.StringIO(), width=WIDTH, no_color=True, highlight=False, markup=False, emoji=False)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="")
    with console.capture() as capture:
        console.print(fill_table(table, header, rows))
    return "\n".join(line.rstrip() for line in capture.get().rstrip("\n").split("\n"))
