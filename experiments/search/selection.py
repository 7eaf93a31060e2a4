"""Selection of the best trial of a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TrialRank(NamedTuple):
    """What complete trials are ranked by: first those of which no replica diverged, each by its validation loss.

    The config of a trial with a diverged replica diverges on fresh seeds more often still, as it was chosen for the
    luck of its own.
    """

    has_diverged: bool
    loss: float


def best_trial_number(ranks: Mapping[int, TrialRank]) -> int | None:
    """Return the number of the trial with the lowest rank, the earliest of equal ones; None if there is none."""
    return min(ranks, key=lambda number: (ranks[number], number), default=None)
