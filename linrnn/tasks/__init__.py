"""The table of tasks: sequences to learn, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.table import Table

if TYPE_CHECKING:
    from linrnn.tasks.base import Task

TASKS: Table[type[Task]] = Table(
    "task",
    {
        "sine": "linrnn.tasks.sine:Sine",
        "xor": "linrnn.tasks.xor:Xor",
        "sunspots": "linrnn.tasks.sunspots:Sunspots",
        "series": "linrnn.tasks.series:Series",
    },
)
SERIES_FILES = (".csv", ".tsv", ".txt", ".npz")  # what a file of the user's ends with
