"""Progress reporting: the interface that workflows call, and the implementation that shows nothing."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class ProgressReporter(ABC):
    """Shows how far a piece of work is; used as a context manager around it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @abstractmethod
    def start(self, name: str) -> None:
        """Begin a part of the work, such as the sweep of a task."""

    @abstractmethod
    def advance(self, model: str = "", loss: float = math.inf, name: str = "", details: str = "") -> None:
        """Count one more unit of work: its model type, validation loss, part if several run side by side, and details.

        The details are one line on the unit, which only verbose reporters show.
        """

    @abstractmethod
    def skip(self, count: int, name: str = "") -> None:
        """Count units of work that an earlier command recorded."""

    @abstractmethod
    def message(self, text: str) -> None:
        """Show why the work is delayed, until it advances."""


class NullProgress(ProgressReporter):
    """Shows nothing."""

    def start(self, name: str) -> None:
        pass

    def advance(self, model: str = "", loss: float = math.inf, name: str = "", details: str = "") -> None:
        pass

    def skip(self, count: int, name: str = "") -> None:
        pass

    def message(self, text: str) -> None:
        pass
