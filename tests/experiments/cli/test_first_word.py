"""Commands that read a store load no library that takes seconds, or not before their first word."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import Golden, free_port
from tracking.runs.query import find_sweeps, find_trials

LIBRARIES = [
    "mlflow",
    "torch",
    "numba",
    "optuna",
    "sqlalchemy",
    "matplotlib",
    "sklearn",
    "statsmodels",
    "arch",
    "pandas",
    "scipy.stats",
    "scipy.signal",
]
PROGRAM = """
import json, sys
from experiments.__main__ import linrnn
from experiments.cli.group import run

class FirstWord:
    encoding = "utf-8"
    def write(self, text):
        raise SystemExit(0)  # which ends the command
    def flush(self): pass
    def isatty(self): return False

commands, libraries, store = map(json.loads, sys.argv[1:])
for *command, stream in commands:
    usual = getattr(sys, stream, None)
    if usual:
        setattr(sys, stream, FirstWord())
    code = run(linrnn, [*command, "--store", store])
    if usual:
        setattr(sys, stream, usual)
    print("\\0", json.dumps([command[0], code, [name for name in libraries if name in sys.modules]]))
"""


def test_nothing_heavy_is_loaded_to_read_a_store_or_before_the_first_word(golden: Golden) -> None:
    (sweep,), trial = find_sweeps(golden.store), find_trials(golden.store, "sine")[0]
    commands = [  # each with the stream whose first word ends it, if any
        ["list", ""],
        ["list", "sine", ""],
        ["show", sweep.run_id, ""],
        ["show", trial.run_id, ""],
        ["compare", "--json", ""],
        ["doctor", ""],
        ["report", "stderr"],
        ["reproduce", trial.run_id, "stderr"],
        ["ui", "--port", str(free_port()), "stderr"],
    ]
    arguments = map(json.dumps, (commands, LIBRARIES, str(golden.store.folder)))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    answers = [json.loads(line[1:]) for line in done.stdout.splitlines() if line.startswith("\0")]
    assert answers == [[command[0], 0, []] for command in commands], done.stderr
