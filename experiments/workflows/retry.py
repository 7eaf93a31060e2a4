"""Waiting for a server to come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from experiments.workflows.progress import ProgressReporter
from tracking.store.store_errors import ServerAwayError, StoreError

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds; each is twice the one before


def retry_while_away(seconds: float, watch: ProgressReporter, attempt: Callable[[], T]) -> T:
    """What the attempt returns; made again while a server is away, for so many seconds, then StoreError."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            return attempt()
        except ServerAwayError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise StoreError(f"{error} (tried for {seconds:.0f} s)") from error
            watch.note(f"a server is away, trying for {left:.0f} s more")
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE)
