"""A trial as it comes back from training; known to workers, which know no store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linrnn.config import TrialConfig
from linrnn.progress import Progress


@dataclass(frozen=True)
class Trained:
    """A trial as it comes back from training: what was computed, when, and in which environment."""

    config: TrialConfig
    progress: Progress
    started: float  # seconds since 1970
    seconds: float
    environment: Mapping[str, str]
    digests: Mapping[str, str]  # SHA-256 of data and first weights
    test_loss: NDArray[np.float64] | None = None  # (S,); None where the test split was not read
    files: Mapping[str, bytes] = field(default_factory=dict)  # further artifacts

    @property
    def tested(self) -> NDArray[np.float64]:
        """The test losses `(S,)` of a trial whose test split was read."""
        if self.test_loss is None:
            raise ValueError("the test split was not read")
        return self.test_loss

    @property
    def outcome(self) -> str:
        """`diverged` where the median over replicas is not finite, else `complete`."""
        return "complete" if math.isfinite(self.progress.median_best_val_loss) else "diverged"
