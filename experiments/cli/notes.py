"""Notes about how the data of a task were read, on stderr."""

from __future__ import annotations

import click

from linrnn.tasks.task import Task


def print_notes(task: Task) -> None:
    """Print a line for each note: the column that is predicted, rows in another order, gaps between dates."""
    for note in task.notes():
        click.echo(f"{task.label}: {note}", err=True)
