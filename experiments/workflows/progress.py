"""Progress reporting: what a workflow tells of its progress, and to whom by default: nobody."""

from __future__ import annotations

import math
from types import TracebackType


class ProgressReporter:
    """Sees a piece of work come along and says nothing of it."""

    def __enter__(self) -> ProgressReporter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def begin(self, what: str) -> None:
        """The next part of the work, by its name."""

    def done(self, model: str = "", loss: float = math.inf) -> None:
        """One more trial is done: its model type and val loss."""

    def skip(self, count: int) -> None:
        """So many trials were done before."""

    def note(self, words: str) -> None:
        """Something that delays the work."""


NOBODY = ProgressReporter()
