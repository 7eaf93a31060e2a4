"""A sweep on a real Dask cluster: the same bits as on this machine alone, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.faults.harness import SWEEP, Twin, facts, finish, new_store
from tests.faults.harness import start as start_sweep
from tests.servers.conftest import Start, wait_for, wait_for_runs
from tracking.store.access import open_store

pytestmark = pytest.mark.servers

QUIET = {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "false"}


def scheduler(begin: Start) -> str:
    port = free_port()
    address = f"127.0.0.1:{port}"
    process = begin(
        *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"), **QUIET
    )
    wait_for(port, process)
    return f"tcp://{address}"


def worker(begin: Start, address: str) -> subprocess.Popen[bytes]:
    options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
    return begin("distributed.cli.dask_worker", address, *options, **QUIET)


def test_a_killed_worker_changes_nothing(twin: Twin, start: Start, tmp_path: Path) -> None:
    address = scheduler(start)
    first, _ = worker(start, address), worker(start, address)
    folder = new_store(twin.template, tmp_path / "store")
    sweep = begin(folder, address)
    wait_for_runs(open_store(folder), 2)
    os.kill(first.pid, signal.SIGKILL)
    _, said = sweep.communicate(timeout=200)
    assert sweep.returncode == 0, said
    assert facts(open_store(folder)) == twin.facts


def begin(folder: Path, address: str) -> subprocess.Popen[bytes]:
    process: subprocess.Popen[bytes] = start_sweep(folder, [*SWEEP, "--cluster", address])
    return process


def test_no_cluster_is_one_line(tmp_path: Path) -> None:
    process = start_sweep(tmp_path, [*SWEEP, "--cluster", f"tcp://127.0.0.1:{free_port()}"])
    _, said = process.communicate(timeout=100)
    assert process.returncode == 6
    _, *lines = said.decode().splitlines()  # the question comes first
    assert len(lines) == 1, lines
    assert "no Dask workers at" in lines[0]


def test_ctrl_c_leaves_the_cluster_free_for_the_next(twin: Twin, start: Start, tmp_path: Path) -> None:
    address = scheduler(start)
    worker(start, address)
    folder = new_store(twin.template, tmp_path / "store")
    sweep = begin(folder, address)
    wait_for_runs(open_store(folder), 1)
    asked = time.monotonic()
    os.kill(sweep.pid, signal.SIGINT)
    _, said = sweep.communicate(timeout=30)
    assert sweep.returncode == 130
    assert time.monotonic() - asked < 3
    assert "run the same command again" in said.decode().splitlines()[-1]
    finish(folder, [*SWEEP, "--cluster", address])
    assert facts(open_store(folder)) == twin.facts
