"""Naive predictors: a constant, the last value, the value a period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, score
from linrnn.baseline.lags import flatten_targets, last_values
from linrnn.baseline.seasonality import choose_period
from linrnn.data.sequences import Array, Sequences, Splits


@dataclass(frozen=True)
class Mean:
    """The mean of the targets."""

    name: str = "mean"
    size: int = 1

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Take the mean."""
        mean = np.concatenate([flatten_targets(each) for each in parts]).mean(axis=0)
        return lambda sequences: np.broadcast_to(mean, sequences.targets[sequences.first :].shape)


@dataclass(frozen=True)
class LastValue:
    """The last value of the variable that is forecast."""

    name: str = "last value"
    size: int = 0

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit nothing."""
        return lambda sequences: np.broadcast_to(last_values(sequences), sequences.targets[sequences.first :].shape)


@dataclass(frozen=True)
class SeasonalValue:
    """The last value of the variable that is forecast a whole number of periods before the target.

    Parameters
    ----------
    period : int
        The period.
    horizon : int
        Steps from an input to the first of its targets.
    """

    period: int
    horizon: int
    size: int = 0

    @property
    def name(self) -> str:
        """The predictor in words."""
        return f"value {self.distance(self.horizon)} steps before"

    def distance(self, lead: int) -> int:
        """Return the smallest multiple of the period that is not below a lead."""
        return -(-lead // self.period) * self.period

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit nothing."""
        return self.predict

    def predict(self, sequences: Sequences) -> Array:
        """Return predictions `(T', B, outputs)`; before a sequence begins, inputs are as in its first step."""
        steps = np.arange(sequences.first, len(sequences.inputs))
        leads = range(self.horizon, self.horizon + sequences.targets.shape[2])
        rows = [np.maximum(steps + lead - self.distance(lead), 0) for lead in leads]
        return np.stack([sequences.inputs[each, :, 0] for each in rows], axis=2)


def search_naive(data: Splits, horizon: int) -> Score:
    """Return the naive predictor of the lowest validation loss; of a constant alone where nothing is forecast."""
    candidates: list[Mean | LastValue | SeasonalValue] = [Mean()]
    if horizon:
        candidates.append(LastValue())
        period = choose_period(data.train, horizon)
        if period is not None:
            candidates.append(SeasonalValue(period, horizon))
    return min((score(each, data) for each in candidates), key=lambda each: each.val)
