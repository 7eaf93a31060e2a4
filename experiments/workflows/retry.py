"""Retries while a server is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from experiments.workflows.progress import ProgressReporter
from tracking.store_errors import ServerAwayError, StoreError

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds; each pause is twice the one before


def retry_on_outage(patience: float, progress: ProgressReporter, attempt: Callable[[], T]) -> T:
    """Return what the attempt returns; repeat it while a server is away, for `patience` seconds, then StoreError."""
    deadline, pause = time.monotonic() + patience, FIRST_PAUSE
    while True:
        try:
            return attempt()
        except ServerAwayError as error:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise StoreError(f"{error} (tried for {patience:.0f} s)") from error
            progress.message(f"a server is away, trying for {remaining:.0f} s more")
            time.sleep(min(pause, remaining))
            pause = min(2 * pause, LONGEST_PAUSE)
