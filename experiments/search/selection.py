"""Selection of the best trial of a study."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar


class TrialRank(NamedTuple):
    """What complete trials are ranked by: those without a diverged replica first, each by its objective.

    A config of which some replicas diverged was often chosen for the luck of the others, and diverges more often on
    fresh seeds.
    """

    has_diverged: bool
    objective: float


class StudyTrial(Protocol):
    """A trial of a study, of any form."""

    @property
    def number(self) -> int:
        """Number in its study."""

    @property
    def outcome(self) -> str:
        """`complete`, or how else it ended."""

    @property
    def objective(self) -> float:
        """What its study minimizes."""

    @property
    def has_diverged(self) -> bool:
        """Whether a replica diverged."""


T = TypeVar("T", bound=StudyTrial)


def select_best_trial(trials: Iterable[T]) -> T | None:
    """Return the best complete trial of one study, the earliest of equal ones; None if none is complete."""
    complete = sorted((trial for trial in trials if trial.outcome == "complete"), key=lambda trial: trial.number)
    return min(complete, key=lambda trial: TrialRank(trial.has_diverged, trial.objective), default=None)
