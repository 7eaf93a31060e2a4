"""The question of a task, and notes about how its data were read, on stderr."""

from __future__ import annotations

import click

from linrnn.tasks.task import Task


def print_question(task: Task) -> None:
    """Print what is predicted from which rows, and a line for each note: rows in another order, gaps between dates."""
    click.echo(task.question, err=True)
    for note in task.notes():
        click.echo(f"{task.label}: {note}", err=True)
