"""Selection of the best trial of a study."""

from __future__ import annotations

from collections.abc import Mapping


def best_trial_number(losses: Mapping[int, float]) -> int | None:
    """Return the number of the trial with the lowest loss, the earliest of equal ones; None if there is none.

    `losses` holds the validation losses of a study's complete trials by trial number.
    """
    return min(losses, key=lambda number: (losses[number], number), default=None)
