"""Predictors that are equally good on the validation split, combined: their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, choose
from linrnn.data.sequences import Array, Sequences


@dataclass(frozen=True)
class Combination:
    """The mean of the predictions of candidates, which is linear if these are (Bates & Granger 1969).

    Parameters
    ----------
    scores : tuple of Score
        The candidates, and their validation losses.
    """

    scores: tuple[Score, ...]

    @property
    def name(self) -> str:
        """The predictor in words: one of them by the rule of choice, and how many others."""
        others = len(self.scores) - 1
        first = choose(self.scores).candidate.name
        return f"{first}, averaged with {others} other{'s' * (others > 1)}" if others else first

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return sum(each.candidate.size for each in self.scores)

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit each candidate."""
        predictors = [each.candidate.fit(parts) for each in self.scores]

        def predict(sequences: Sequences) -> Array:
            return np.asarray(np.mean([predictor(sequences) for predictor in predictors], axis=0))

        return predict


def combine(scores: Sequence[Score], targets: int) -> Combination:
    """Return the candidates whose validation loss is within a standard error of the lowest.

    The relative standard error of a mean square of N independent Gaussian errors is (2 / N)^1/2.
    """
    lowest = min(each.val for each in scores)
    return Combination(tuple(each for each in scores if each.val <= lowest * (1 + (2 / targets) ** 0.5)))
