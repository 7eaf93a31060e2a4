"""What tests share: stores and sweeps made once a session and copied; what to do where a server is lacking."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock
from hypothesis import settings

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.figures.confirmation_figures import confirmation_figure
from experiments.report.serialization import sweeps_json
from experiments.search.executors import local_workers
from experiments.search.sweep_config import sweep_config
from experiments.workflows.progress import NullProgress
from experiments.workflows.sweep import run_sweep
from linrnn.models import DEFAULT_MODELS
from tests.faults.harness import BUDGET, Twin, new_store
from tracking.schema import Artifact
from tracking.store.access import Store, open_store
from tracking.store.databases import relocate

settings.register_profile("linrnn", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("linrnn")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a background job of a script, whose children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

NEEDED = {  # what a task has no default for, as flat text
    "series": {"task.file": str(Path(str(resources.files("linrnn.tasks"))) / "data" / "sunspots.csv")},
}
Run = Callable[..., subprocess.CompletedProcess[str]]
Here = Callable[..., tuple[int, str, str]]


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
def everybodys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of the session have in common."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session")
def empty_store(everybodys: Path) -> Path:
    """Copied, never used as it is."""
    folder = everybodys / "empty_store"
    with FileLock(f"{folder}.lock"):
        open_store(folder)
    return folder


class Golden(NamedTuple):
    """A sweep that many tests read, and none writes to: its store, its JSON, and the model type of each trial done."""

    store: Store
    found: dict[str, Any]
    progress: list[str]


class TrialList(NullProgress):
    """The model types of the trials that are done."""

    def __init__(self) -> None:
        self.models: list[str] = []

    def advance(self, model: str = "", loss: float = math.inf, name: str = "", details: str = "") -> None:
        self.models.append(model)


@pytest.fixture(scope="session")
def golden(empty_store: Path, everybodys: Path) -> Golden:
    """The sweep of `tests.faults.harness`, by one worker, in this process; made once a session, read only."""
    folder, result = everybodys / "golden", everybodys / "golden.json"
    with FileLock(f"{folder}.lock"):
        if not result.exists():
            store, progress = open_store(new_store(empty_store, folder)), TrialList()
            with local_workers(1) as executor:
                summary = run_sweep(sweep_config("sine", DEFAULT_MODELS, BUDGET), store, executor, progress)
            result.write_text(json.dumps([sweeps_json([summary])["sweeps"][0], progress.models]))
    return Golden(open_store(folder), *json.loads(result.read_text()))


@pytest.fixture
def golden_copy(golden: Golden, tmp_path: Path) -> Store:
    """The golden sweep in a store of one's own."""
    return open_store(new_store(golden.store.folder, tmp_path / "copy"))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps end with a table and no figures or report, for tests that are about neither."""
    monkeypatch.setattr("experiments.workflows.finish.sweep_artifacts", lambda *_: {Artifact.COMPARISON: b"task\n"})
    monkeypatch.setattr("experiments.workflows.sweep_runner.SweepRunner.draw", lambda *_: None)


@pytest.fixture
def one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports and folders have one figure, for tests of where they are written."""
    monkeypatch.setattr("experiments.report.html.sweep_figures", lambda record, summary: [confirmation_figure(summary)])


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run a command line in this process, in a folder of its own; exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def answer(*arguments: str) -> tuple[int, str, str]:
        code = run(group, arguments)
        return code, *capsys.readouterr()

    return answer


@pytest.fixture(scope="session")
def twin(empty_store: Path, everybodys: Path) -> Twin:
    """The same sweep by two workers in a process of its own; its folder is copied, never used as it is."""
    with FileLock(everybodys / "twin.lock"):
        return Twin(empty_store, everybodys / "twin")


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Store:
    return open_store(new_store(empty_store, tmp_path / "store"))


@pytest.fixture
def here_is_a_store(empty_store: Path, tmp_path: Path) -> Path:
    """An empty store in the very folder that `linrnn` runs in, for tests that are not about how one is made."""
    shutil.copytree(empty_store, tmp_path, dirs_exist_ok=True)
    relocate(tmp_path)
    return tmp_path


@pytest.fixture
def linrnn(tmp_path: Path) -> Run:
    """Run `linrnn` as a real process in a folder of its own."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {name: text for name, text in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | variables
        command = [sys.executable, "-m", "experiments", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)

    return run
