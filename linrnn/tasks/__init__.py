"""The registry of tasks, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linrnn.config.registry import Registry

if TYPE_CHECKING:
    from linrnn.tasks.task import Task

TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "sine": "linrnn.tasks.sine:Sine",
        "noisy-sine": "linrnn.tasks.noisy_sine:NoisySine",
        "arma": "linrnn.tasks.arma:Arma",
        "oscillator": "linrnn.tasks.oscillator:Oscillator",
        "delay": "linrnn.tasks.delay:Delay",
        "xor": "linrnn.tasks.xor:Xor",
        "product": "linrnn.tasks.product:Product",
        "parity": "linrnn.tasks.parity:Parity",
        "adding": "linrnn.tasks.adding:Adding",
        "narma10": "linrnn.tasks.narma10:Narma10",
        "mackey-glass": "linrnn.tasks.mackey_glass:MackeyGlass",
        "lorenz": "linrnn.tasks.lorenz:Lorenz",
        "henon": "linrnn.tasks.henon:Henon",
        "logistic": "linrnn.tasks.logistic:Logistic",
        "copy": "linrnn.tasks.copy:Copy",
        "digits": "linrnn.tasks.digits:Digits",
        "sunspots": "linrnn.tasks.sunspots:Sunspots",
        "co2": "linrnn.tasks.co2:Co2",
        "series": "linrnn.tasks.series:Series",
    },
)
BUILT_IN = tuple(name for name in TASKS if name != "series")
SERIES_FILES = (  # endings of files of users; others are read, too, where their content is a table
    *(".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".xlsx"),
    *(".parquet", ".feather", ".json", ".npy", ".npz"),
)
STANDARD_INPUT = "/dev/stdin"  # in place of a file, for - on the command line
