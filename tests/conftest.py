"""What tests share: a store made once a session and copied, as making one takes seconds; what to do without a server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import settings

from tracking.databases import move_to
from tracking.store import Store, open_store

settings.register_profile("linrnn", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("linrnn")

NEEDED = {  # what a task has no default for, as flat text
    "series": {"task.file": str(Path(str(resources.files("linrnn.tasks"))) / "data" / "sunspots.csv")},
}
Run = Callable[..., subprocess.CompletedProcess[str]]


def lacking(what: str) -> None:
    """Skip where a server, or the browser, is not installed; fail where it has to be."""
    if os.environ.get("LINRNN_SERVERS") == "required":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes to a tracking server of whoever runs it."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    open_store(folder)
    return folder


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Store:
    folder = tmp_path / "store"
    shutil.copytree(empty_store, folder)
    move_to(folder)
    return open_store(folder)


@pytest.fixture
def linrnn(tmp_path: Path) -> Run:
    """Run `linrnn` as a real process in a folder of its own."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | variables
        command = [sys.executable, "-m", "experiments", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return run
