"""The process of `linrnn ui`: it ends with its server, whatever ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.conftest import free_port
from tests.faults.harness import living
from tests.source import ROOT
from tracking.store.access import Store

SECONDS = 100


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_ui_leaves_no_server(golden_copy: Store, number: signal.Signals) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", "ui", "--port", str(port), "--store", str(golden_copy.folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert wait_until(lambda: listens(port))
        process.send_signal(number)
        assert process.wait(30) == (-number if number == signal.SIGKILL else 143)
        assert wait_until(lambda: not living(process.pid), 10), living(process.pid)
        assert not listens(port)
    finally:
        process.kill()
        process.wait(30)
