"""Limits of a process are looked at before libraries meet them."""

from __future__ import annotations

import resource
from threading import Thread

import pytest

from experiments.cli.group import report_failure
from experiments.cli.resource_limits import can_start_threads, require_resources
from linrnn.errors import LinrnnError


def test_threads_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Thread] = []
    start = Thread.start

    def limited(self: Thread) -> None:
        if len(started) == 3:
            raise RuntimeError("can't start new thread")
        start(self)
        started.append(self)

    monkeypatch.setattr(Thread, "start", limited)
    assert can_start_threads(3)
    assert not any(thread.is_alive() for thread in started)
    with pytest.raises(LinrnnError, match=r"ulimit -u"):
        require_resources("list")


@pytest.mark.parametrize(
    ("command", "size", "is_enough"),
    [("list", 2**30, True), ("list", 2**29, False), ("train", 2**30, False), ("train", 2**31, True)],
)
def test_commands_that_train_need_more_memory(
    monkeypatch: pytest.MonkeyPatch, command: str, size: int, is_enough: bool
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (size, size))
    if is_enough:
        require_resources(command)
    else:
        with pytest.raises(LinrnnError, match=f"linrnn {command} needs"):
            require_resources(command)


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), BlockingIOError(11, "unavailable")])
def test_what_cannot_be_started_is_one_line(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert report_failure(error, is_debug=False) == 1
    assert capsys.readouterr().err.startswith("linrnn: no more threads or processes can be started")
