"""Ctrl-C and SIGTERM: the first ends the work in order, after a step that must be complete; the second at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NUMBERS = (signal.SIGINT, signal.SIGTERM)
HINT = "finished trials are recorded; run the same command again to resume"

_received: list[int] = []  # signals that were raised as exceptions
Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C and SystemExit(143) on SIGTERM; a second signal ends the process at once."""
    _received.clear()
    with signal_handler(interrupt):
        yield


@contextmanager
def defer_signals() -> Iterator[None]:
    """Complete the body before a signal takes effect; a second signal ends the process at once."""
    signals: list[int] = []

    def defer(number: int, frame: FrameType | None) -> None:
        if signals:
            exit_now(number, frame)
        signals.append(number)

    try:
        with signal_handler(defer):
            yield
    finally:
        if signals:
            signal.raise_signal(signals[0])


@contextmanager
def add_resume_hint() -> Iterator[None]:
    """Add to any error of the body that the same command resumes the work."""
    try:
        yield
    except BaseException as error:
        error.add_note(HINT)
        raise


@contextmanager
def signal_handler(handler: Handler) -> Iterator[None]:
    """Install a handler of both signals, except outside the main thread and for signals that are ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.getsignal(number) for number in NUMBERS}
    try:
        for number, old in previous.items():
            if old is not signal.SIG_IGN:
                signal.signal(number, handler)
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)


def has_interruption() -> bool:
    """Whether Ctrl-C was raised as an exception since the signals were handled."""
    return bool(_received)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise the exception of a signal; the next signal ends the process at once."""
    _received.append(number)
    for each in NUMBERS:
        signal.signal(each, exit_now)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def exit_now(number: int, frame: FrameType | None) -> None:
    """End this process at once; its workers follow."""
    os._exit(128 + number)
