"""A signal waits for the work that must be done whole."""

from __future__ import annotations

import signal

import pytest

from experiments.interrupts import uninterrupted


def test_a_signal_takes_effect_after_the_body() -> None:
    done: list[str] = []

    def interrupted() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["whole"]
    assert signal.getsignal(signal.SIGINT) is before
