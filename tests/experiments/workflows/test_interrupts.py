"""A signal waits for the work that must be done whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from experiments.workflows.interrupts import defer_signals


def test_a_signal_takes_effect_after_the_body() -> None:
    done: list[str] = []

    def interrupted() -> None:
        with defer_signals():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is before


SLOW = """
import time
from experiments.workflows.interrupts import defer_signals, handle_signals
with handle_signals():
    with {body}:
        try:
            print("in", flush=True)
            time.sleep(100)
        finally:
            print("unwinding", flush=True)
            time.sleep(100)
"""


@pytest.mark.parametrize(("body", "number"), [("handle_signals()", signal.SIGINT), ("defer_signals()", signal.SIGTERM)])
def test_a_second_signal_leaves_at_once(body: str, number: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW.format(body=body)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"in\n"
    process.send_signal(number)
    if body == "handle_signals()":
        assert process.stdout.readline() == b"unwinding\n"
    else:
        time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 128 + number
