"""Proportions with their exact intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

LEVEL = 0.95  # of the interval


class Proportion(NamedTuple):
    """How many of a number of independent cases have a property."""

    successes: int
    total: int

    @property
    def value(self) -> float:
        """The sample proportion; nan without cases."""
        return self.successes / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the true proportion (Clopper & Pearson 1934); (0, 1) without cases."""
        if not self.total:
            return 0.0, 1.0
        from scipy.stats import binomtest  # slow to import

        low, high = binomtest(self.successes, self.total).proportion_ci(LEVEL, "exact")
        return float(low), float(high)

    def __str__(self) -> str:
        if not self.total:
            return "-"
        low, high = self.interval
        return f"{self.successes} of {self.total} ({100 * self.value:.3g} %; {100 * low:.2g} to {100 * high:.3g} %)"
