"""Results of trials, independent of where they are recorded."""

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
    """A finished trial as a study uses it."""

    config: TrialConfig
    outcome: str  # complete, pruned, diverged or failed
    loss: float  # objective: upper quartile over replicas of the best validation loss; inf unless complete or pruned
    curve: Mapping[int, float]  # upper quartile of the validation loss at the milestones up to the last epoch
    start_time: float  # seconds since 1970
    seconds: float
    has_diverged: bool = False  # whether a replica diverged


@dataclass(frozen=True)
class FailedTrial:
    """A trial that raised an error, with its reason."""

    config: TrialConfig
    reason: str
    start_time: float
    seconds: float

    @property
    def result(self) -> TrialSummary:
        """The summary for the study."""
        return TrialSummary(self.config, "failed", math.inf, {}, self.start_time, self.seconds)


@dataclass(frozen=True)
class TrialResult:
    """Result of a trial: history, time and environment.

    Attributes
    ----------
    config : TrialConfig
        The trial config.
    history : TrainingHistory
        Curves and weights at the last evaluation.
    start_time, seconds : float
        Start in seconds since 1970, and duration in seconds.
    environment : mapping of str to str
        Versions and settings that bits may depend on.
    data : mapping of str to str
        SHA-256 of each split.
    test_loss : array (S,), optional
        Normalized test loss of each replica; None if the test split was not evaluated.
    files : mapping of str to bytes
        Further artifacts.
    """

    config: TrialConfig
    history: TrainingHistory
    start_time: float
    seconds: float
    environment: Mapping[str, str]
    data: Mapping[str, str]
    test_loss: NDArray[np.float64] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def test_losses(self) -> NDArray[np.float64]:
        """The test losses `(S,)`; ValueError if the test split was not evaluated."""
        if self.test_loss is None:
            raise ValueError("the test split was not evaluated")
        return self.test_loss

    @property
    def outcome(self) -> str:
        """`diverged` if the objective is not finite, `pruned` if it was stopped early, else `complete`."""
        if not math.isfinite(self.history.objective):
            return "diverged"
        return "complete" if self.history.epoch == self.config.training.epochs else "pruned"

    @property
    def result(self) -> TrialSummary:
        """The summary for the study."""
        history = self.history
        curve = milestone_losses(history.val_loss, history.evaluation_epochs, self.config.training.milestones)
        has_diverged = bool(history.diverged.any())
        return TrialSummary(
            self.config, self.outcome, history.objective, curve, self.start_time, self.seconds, has_diverged
        )
