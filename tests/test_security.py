"""Nothing that is read is executed, and no command connects to anything that it was not asked for."""

from __future__ import annotations

import ast
import io
import pickle
import socket
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


@pytest.mark.parametrize("arguments", [["list"], ["show", "sine"], ["compare"], ["doctor"], ["tasks"], ["settings"]])
def test_no_command_connects(arguments: list[str], here: Here, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a connection to {address}")

    for method in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, method, refuse)
    assert here(*arguments, "--store", str(golden.store.folder))[0] == 0
