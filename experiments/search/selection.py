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
    return min(list_complete(trials), key=rank_trial, default=None)


def select_leaders(trials: Iterable[T], count: int) -> list[T]:
    """Return the trials of one study that were among its `count` best when they ended, by number.

    They are the best ones of all its trials, and the best ones of a sweep that asks for fewer.
    """
    best, leaders = list[T](), list[T]()
    for trial in list_complete(trials):
        best = sorted([*best, trial], key=rank_trial)[:count]
        leaders += [trial] if trial in best else []
    return leaders


def list_complete(trials: Iterable[T]) -> list[T]:
    """Return the complete trials of one study, by number."""
    return sorted((trial for trial in trials if trial.outcome == "complete"), key=lambda trial: trial.number)


def rank_trial(trial: StudyTrial) -> TrialRank:
    """Return what a complete trial is ranked by."""
    return TrialRank(trial.has_diverged, trial.objective)
