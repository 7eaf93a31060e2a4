"""Nothing that is read is executed, and no command connects to anything that it was not asked for."""

from __future__ import annotations

import ast
import io
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linrnn.errors import LinrnnError
from tests.conftest import Golden, Here
from tests.source import TREES
from tracking.runs import artifacts
from tracking.runs.artifacts import UNREADABLE

EXECUTING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}  # modules
CALLS = {"eval", "exec", "__import__"}
ATTRIBUTES = {"read_pickle", "load_model"}
PARSERS = [name for name in vars(artifacts) if name.startswith("parse_") and name != "parse_config"]


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def execute(node: ast.AST) -> bool:
    """Whether a node of a syntax tree imports a module that executes what it reads, or calls such a function."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
        return bool(EXECUTING & {name.partition(".")[0] for name in names})
    if not isinstance(node, ast.Call):
        return False
    owner, name = getattr(getattr(node.func, "value", None), "id", ""), getattr(node.func, "attr", "")
    pickles = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}.get("allow_pickle")
    is_open = pickles not in (None, "False") or ((owner, name) == ("np", "load") and pickles is None)
    return is_open or name in ATTRIBUTES or getattr(node.func, "id", "") in CALLS or (owner, name) == ("torch", "load")


def test_no_module_unpickles_or_evaluates() -> None:
    assert execute(ast.parse("np.load(file)").body[0].value)  # type: ignore[attr-defined]
    assert not execute(ast.parse("np.load(file, allow_pickle=False)").body[0].value)  # type: ignore[attr-defined]
    assert [(name, node.lineno) for name, tree in TREES.items() for node in ast.walk(tree) if execute(node)] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PARSERS)
def test_no_artifact_is_unpickled(name: str, tmp_path: Path) -> None:
    target = tmp_path / "executed"
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, continued=np.array([Bomb(target)], dtype=object))
    for content in (pickle.dumps(Bomb(target)), buffer.getvalue()):
        with pytest.raises((*UNREADABLE, LinrnnError)):
            getattr(artifacts, name)(content)
    assert not target.exists()


HOOK = """
import os, sys
def hear(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.connect"):
        address = arguments[1] if event in ("socket.sendto", "socket.connect") else arguments[0]
        is_path = event == "socket.connect" and isinstance(address, (str, bytes))
        if address is not None and not is_path:
            with open(os.environ["HEARD"], "a") as file:
                print(event, address, file=file)
sys.addaudithook(hear)
"""
PROGRAM = """
import socket, sys
from experiments.__main__ import linrnn
from experiments.cli.group import run
from tracking.runs.query import find_trials
from tracking.store.access import open_store
for line in sys.argv[1:]:
    run_id = find_trials(open_store("."), "sine")[0].run_id if "RUN" in line else ""
    assert run(linrnn, line.replace("RUN", run_id).split()) == 0, line
"""
BUDGET = "--epochs 5 --replicas 2 -q"
COMMANDS = [
    f"sweep sine --trials 2 {BUDGET} --set sweep.confirmation=2",
    f"sweep data.csv --trials 1 {BUDGET} --set sweep.confirmation=2",
    f"train sine --model gru {BUDGET}",
    *("reproduce -q", "reproduce --sweep sine -q", "export RUN exported", "reproduce exported -q", "diff RUN RUN"),
    *("compare sine --figures figures", "report sine -o report.html", "doctor --verify", "doctor --fix", "gc --yes"),
    *("forecast data.csv --steps 3", "backtest data.csv", "characterise sine -o out", "reduce sine", "show sine"),
    *("list --json", "tasks", "models", "settings", "baselines sine", "test data.csv", "help sweep"),
]


@pytest.mark.long
def test_no_command_and_no_worker_of_it_connects(tmp_path: Path) -> None:
    """Each process, also those that commands start, notes what Python reports of sockets."""
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    values = np.random.default_rng(0).standard_normal(200).cumsum()
    (tmp_path / "data.csv").write_text("\n".join(["value", *(f"{value:.3f}" for value in values)]))
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1])])
    names = ("MLFLOW_TRACKING_URI", "PYTHONPATH")
    variables = {name: text for name, text in os.environ.items() if name not in names}
    variables |= {"PYTHONPATH": path, "HEARD": str(tmp_path / "heard")}
    probe = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    for program in (probe, PROGRAM):
        command = [sys.executable, "-c", program, *(COMMANDS if program is PROGRAM else [])]
        done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        heard = tmp_path / "heard"
        assert heard.exists() == (program is probe), heard.read_text()
        heard.unlink(missing_ok=True)


@pytest.mark.parametrize("arguments", [["list"], ["show", "sine"], ["compare"], ["doctor"], ["tasks"], ["settings"]])
def test_no_command_connects(arguments: list[str], here: Here, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a connection to {address}")

    for method in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, method, refuse)
    assert here(*arguments, "--store", str(golden.store.folder))[0] == 0
