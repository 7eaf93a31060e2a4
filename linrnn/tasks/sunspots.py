"""Next year's sunspot number: the oldest real series of the field (Yule 1927)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from linrnn.data.sequences import Array
from linrnn.tasks.builtin_series import BuiltInSeries


@dataclass(frozen=True)
class Sunspots(BuiltInSeries):
    """Yearly mean sunspot numbers 1700-2008 (309 values); target: next year's.

    Example (before standardizing): inputs 5, 11, 16 (1700-1702) -> targets 11, 16, 23 (1701-1703).
    """

    name: ClassVar[str] = "sunspots"
    file_name: ClassVar[str] = "sunspots.csv"

    @property
    def series(self) -> Array:
        return self.values
