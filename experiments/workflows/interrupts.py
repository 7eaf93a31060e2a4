"""Ctrl-C and SIGTERM: the first unwinds the work, as soon as what must be done whole is done; a second ends it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NUMBERS = (signal.SIGINT, signal.SIGTERM)
HINT = "what is finished is recorded; run the same command again to go on"

Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def handle_signals() -> Iterator[None]:
    """In the body Ctrl-C raises KeyboardInterrupt and SIGTERM SystemExit(143); a second one leaves at once."""
    with signal_handler(unwind):
        yield


@contextmanager
def defer_signals() -> Iterator[None]:
    """Do the body whole; a signal that came meanwhile takes effect after it, a second one at once."""
    heard: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        if heard:
            leave(number, frame)
        heard.append(number)

    try:
        with signal_handler(hear):
            yield
    finally:
        if heard:
            signal.raise_signal(heard[0])


@contextmanager
def add_resume_hint() -> Iterator[None]:
    """Say with whatever ends the body early that the same command goes on from there."""
    try:
        yield
    except BaseException as error:
        error.add_note(HINT)
        raise


@contextmanager
def signal_handler(handler: Handler) -> Iterator[None]:
    """Have both signals answered so; outside the main thread, which alone hears them, and where ignored, as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in NUMBERS}
    try:
        for number, old in before.items():
            if old is not signal.SIG_IGN:
                signal.signal(number, handler)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def unwind(number: int, frame: FrameType | None) -> None:
    """Let the work unwind; the next signal does not wait for it."""
    for each in NUMBERS:
        signal.signal(each, leave)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


def leave(number: int, frame: FrameType | None) -> None:
    """End this process now; its workers follow."""
    os._exit(128 + number)
