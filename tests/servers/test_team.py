"""A team's servers: MLflow's with PostgreSQL behind it, and PostgreSQL for the studies."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.faults.harness import SWEEP, Twin, facts
from tests.faults.harness import start as start_sweep
from tests.servers.conftest import Start, end, wait_for, wait_for_runs
from tracking.store.access import Store, open_store
from tracking.store_errors import LockConflictError

Database = Callable[[str], str]

pytestmark = pytest.mark.servers


class Team:
    """An MLflow server and a database for studies; the server can go away and come back."""

    def __init__(self, start: Start, database: Database, folder: Path) -> None:
        self.start, self.folder, self.port = start, folder, free_port()
        self.runs, self.studies = database("runs"), database("studies")
        self.uri = f"http://127.0.0.1:{self.port}"
        self.server: subprocess.Popen[bytes] | None = None

    def come(self) -> None:
        options = {
            "--backend-store-uri": self.runs,
            "--artifacts-destination": str(self.folder / "artifacts"),
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--workers": "1",
        }
        words = [word for option in options.items() for word in option]
        self.server = self.start("mlflow", "server", *words, MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
        wait_for(self.port, self.server)

    def go(self) -> None:
        assert self.server is not None
        end(self.server)

    def sweep(self, *arguments: str) -> subprocess.Popen[bytes]:
        folder = self.folder / "work"
        folder.mkdir(exist_ok=True)
        process: subprocess.Popen[bytes] = start_sweep(
            folder, [*SWEEP, "--studies", self.studies, *arguments], MLFLOW_TRACKING_URI=self.uri
        )
        return process

    def store(self, monkeypatch: pytest.MonkeyPatch) -> Store:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", self.uri)
        self.opened = open_store(studies=self.studies)
        return self.opened


@pytest.fixture
def team(start: Start, database: Database, tmp_path: Path) -> Iterator[Team]:
    made = Team(start, database, tmp_path)
    made.come()
    yield made
    made.opened.studies.engine.dispose()


def test_a_server_that_goes_and_comes_back_in_time_is_waited_for(
    twin: Twin, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = team.store(monkeypatch)
    sweep = team.sweep("--patience", "100")
    wait_for_runs(store, 2)
    team.go()
    time.sleep(2)
    team.come()
    _, said = sweep.communicate(timeout=200)
    assert sweep.returncode == 0, said
    assert facts(store) == twin.facts
    assert [path.name for path in (team.folder / "work").iterdir()] == [], "something was written beside the servers"


def test_one_that_stays_away_is_one_line_and_nothing_is_lost(
    twin: Twin, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = team.store(monkeypatch)
    sweep = team.sweep("--patience", "1")
    wait_for_runs(store, 2)
    team.go()
    _, said = sweep.communicate(timeout=100)
    _, *lines = said.decode().splitlines()  # the question comes first
    assert (sweep.returncode, len(lines)) == (6, 1), lines
    assert "tried for 1 s" in lines[0]
    assert "run the same command again" in lines[0]
    team.come()
    again = team.sweep()
    _, said = again.communicate(timeout=200)
    assert again.returncode == 0, said
    assert facts(store) == twin.facts


def test_the_lock_of_a_study_is_postgresqls(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    store = team.store(monkeypatch)
    with store.lock(["a study"]):
        with pytest.raises(LockConflictError), store.lock(["a study"]):
            pass
        with store.lock(["another study"]):
            pass
    with store.lock(["a study"]):
        pass
