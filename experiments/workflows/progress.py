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
    def advance(self, model: str = "", loss: float = math.inf, name: str = "") -> None:
        """Count one more unit of work: its model type, validation loss and, if parts run side by side, its part."""

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

    def advance(self, model: str = "", loss: float = math.inf, name: str = "") -> None:
        pass

    def skip(self, count: int, name: str = "") -> None:
        pass

    def message(self, text: str) -> None:
        pass
