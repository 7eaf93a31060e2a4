"""Tables on stdout: with lines on a terminal, as plain columns elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from experiments.cli.terminal_text import WIDTH, echo, printable

SPACE = 2  # columns between cells
UNSPLIT = 3  # columns, beside the first, that stay side by side
MODEL = "model"  # header of a column of names, which is not wrapped
LONGEST_NAME = 30  # in a column of names


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
        is_name = (k == 0 or name == MODEL) and max(map(len, [name, *(row[k] for row in rows)])) <= LONGEST_NAME
        table.add_column(name, overflow="fold", no_wrap=is_name)
    for row in rows:
        table.add_row(*map(printable, row))
    return table


def plain_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text of at most WIDTH columns, without lines and styles."""
    console = Console(file=io.StringIO(), width=WIDTH, no_color=True, highlight=False, markup=False, emoji=False)
    table = Table(box=None, padding=(0, SPACE, 0, 0), pad_edge=False, header_style="")
    with console.capture() as capture:
        console.print(fill_table(table, header, rows))
    return "\n".join(line.rstrip() for line in capture.get().rstrip("\n").split("\n"))


def print_wide_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose columns are model types: where they do not fit side by side, in parts one below the other."""
    console = Console()
    width = console.width if console.is_terminal else WIDTH
    for k, part in enumerate(split_columns(header, rows, width)):
        if k:
            echo()
        print_table(title if k == 0 else "", *part)


def split_columns(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> list[tuple[list[str], list[list[str]]]]:
    """Split a table of more than three columns after the first into parts of at most a width, each with the first."""
    columns = [[name, *(row[k] for row in rows)] for k, name in enumerate(header)]
    first, *others = columns
    parts: list[list[list[str]]] = [[]]
    for column in others:
        taken = sum(column_width(each) for each in [first, *parts[-1], column])
        if parts[-1] and len(others) > UNSPLIT and taken > width:
            parts.append([])
        parts[-1].append(column)
    lines = [list(zip(first, *part, strict=True)) for part in parts]
    return [(list(names), [list(row) for row in cells]) for names, *cells in lines]


def column_width(column: Sequence[str]) -> int:
    """Return the width of a column and of the space after it."""
    return max(map(len, column)) + SPACE
