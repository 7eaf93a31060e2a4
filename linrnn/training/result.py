"""A trial as it comes back from training; known to workers, which know no store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.training.history import TrainingHistory, milestone_losses
from linrnn.training.trial_config import TrialConfig


class TrialSummary(NamedTuple):
    """What a study learns of a trial that is over."""

    config: TrialConfig
    outcome: str  # complete, pruned, diverged or failed
    loss: float  # the median of the best val losses; inf unless complete or pruned
    curve: Mapping[int, float]  # median val loss at the milestones it came to
    started: float  # seconds since 1970
    seconds: float


@dataclass(frozen=True)
class FailedTrial:
    """A trial that came to nothing, and why."""

    config: TrialConfig
    reason: str
    started: float
    seconds: float

    @property
    def result(self) -> TrialSummary:
        """What its study learns."""
        return TrialSummary(self.config, "failed", math.inf, {}, self.started, self.seconds)


@dataclass(frozen=True)
class TrialResult:
    """A trial as it comes back from training: what was computed, when, and in which environment."""

    config: TrialConfig
    progress: TrainingHistory
    started: float  # seconds since 1970
    seconds: float
    environment: Mapping[str, str]
    data: Mapping[str, str]  # SHA-256 of each split
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
        """`diverged` where the median over replicas is not finite, `pruned` where it was stopped, else `complete`."""
        if not math.isfinite(self.progress.median_best_val_loss):
            return "diverged"
        return "complete" if self.progress.epoch == self.config.training.epochs else "pruned"

    @property
    def result(self) -> TrialSummary:
        """What its study learns."""
        progress = self.progress
        curve = milestone_losses(progress.val_loss, progress.evaluated, self.config.training.milestones)
        return TrialSummary(self.config, self.outcome, progress.median_best_val_loss, curve, self.started, self.seconds)
