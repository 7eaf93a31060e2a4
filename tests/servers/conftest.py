"""Real servers on loopback, in temporary folders: PostgreSQL, MLflow's, Dask's. Each is ended by its own process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.conftest import free_port, lacking
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.store.access import Store

SECONDS = 90  # for a server to answer


def wait_for(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process is None or process.poll() is None, "the server ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing answers at port {port}")


def wait_for_runs(store: Store, count: int) -> None:
    """Until so many trials are recorded."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = store.client.search_runs([experiment_id(store, "sine")], "attributes.status = 'FINISHED'")
        if len(found) >= count:
            return
        time.sleep(0.1)
    raise AssertionError("no trial was recorded")


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server, in a process group of its own that is ended with the test."""
    with ExitStack() as stack:

        def begin(*command: str, **variables: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((tmp_path / f"{len(list(tmp_path.iterdir()))}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=tmp_path,
                env=os.environ | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            stack.callback(end, process)
            return process

        yield begin


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it has started."""
    for number in (15, 9):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server of the tests' own, without a database's name at its end."""
    found = [shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")))]
    programs = [Path(path).parent for path in found if path]
    if not programs:
        lacking("PostgreSQL")
    folder, port = Path(mkdtemp(prefix="linrnn-postgres-")), free_port()
    as_user = []
    if os.geteuid() == 0:  # which PostgreSQL does not run as
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def command(name: str, *arguments: str) -> None:
        subprocess.run(
            [*as_user, str(programs[-1] / name), *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )

    data = str(folder / "data")
    command("initdb", "-A", "trust", "-U", "linrnn", "-D", data)
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    command("pg_ctl", "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start")
    try:
        yield f"postgresql://linrnn@127.0.0.1:{port}"
    finally:
        command("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def database(postgres: str, tmp_path: Path) -> Callable[[str], str]:
    """Make an empty database of that name; its URL."""
    import psycopg

    def make(name: str) -> str:
        unique = f"{name}_{os.getpid()}_{time.monotonic_ns()}"
        with psycopg.connect(f"{postgres}/postgres", autocommit=True) as connection:
            connection.execute(f'create database "{unique}"')
        return f"{postgres}/{unique}"

    return make
