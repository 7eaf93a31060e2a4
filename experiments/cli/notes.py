"""Notes on stderr: the question of a task, how its data were read, and what a table leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.cli.terminal_text import echo
from linrnn.tasks.task import Task


def print_omissions(faults: Sequence[str]) -> None:
    """Print what is wrong with the runs that a table leaves out, in one line."""
    if faults:
        others = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        echo(f"left out: {faults[0]}{others}: see linrnn doctor", err=True)


def print_question(task: Task) -> None:
    """Print what is predicted from which rows, and a line for each note: rows in another order, gaps between dates."""
    echo(task.question, err=True)
    for note in task.notes():
        echo(f"{task.label}: {note}", err=True)
