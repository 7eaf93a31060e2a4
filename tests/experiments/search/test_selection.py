"""The best trials of a study, and those that were among the best when they ended."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from experiments.search.selection import select_best_trial, select_leaders


class Trial(NamedTuple):
    number: int
    objective: float
    has_diverged: bool = False
    outcome: str = "complete"


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans()), max_size=12), st.integers(1, 4))
def test_leaders_are_the_best_of_every_number_of_trials(drawn: list[tuple[int, bool, bool]], count: int) -> None:
    outcomes = ("pruned", "complete")
    trials = [Trial(k, float(loss), bad, outcomes[whole]) for k, (loss, bad, whole) in enumerate(drawn)]
    leaders = select_leaders(reversed(trials), count)
    for length in range(len(trials) + 1):
        complete = [trial for trial in trials[:length] if trial.outcome == "complete"]
        ranked = sorted(complete, key=lambda trial: (trial.has_diverged, trial.objective, trial.number))
        assert set(ranked[:count]) <= set(leaders)
        assert select_best_trial(trials[:length]) == (ranked[0] if ranked else None)
    for trial in leaders:
        earlier = [other for other in leaders if other.number < trial.number]
        better = [each for each in earlier if (each.has_diverged, each.objective) <= trial[2:0:-1]]
        assert len(better) < count
