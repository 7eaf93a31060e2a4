"""Candidates for a baseline: predictors with hyperparameters, their choice on the validation split, their losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from linrnn.baseline.lags import CLOSE, ZERO, LagSearch
from linrnn.data.sequences import Array, Sequences, Splits

Predictor = Callable[[Sequences], Array]  # returns predictions of the steps that count, (T', B, outputs)


class Candidate(Protocol):
    """A predictor that is not fitted: its hyperparameters."""

    @property
    def name(self) -> str:
        """The predictor in words."""

    @property
    def size(self) -> int:
        """Number of coefficients to be fitted, of one output."""

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit the coefficients to the steps of all parts that count."""


class Score(NamedTuple):
    """A candidate and the validation loss of its fit to the training split."""

    candidate: Candidate
    val: float


class CandidateLoss(NamedTuple):
    """Losses of a candidate: on the validation split, fitted to train; on the test split, fitted to train and val."""

    name: str
    val: float
    test: float


@dataclass(frozen=True)
class Reference:
    """A baseline: its method in words, and its step losses `(T', B)` and mean absolute error on the test split."""

    method: str
    step_losses: Array
    absolute_error: float | None  # averaged over outputs; None for classes

    @property
    def loss(self) -> float:
        """The loss on the test split."""
        return float(self.step_losses.mean())


@dataclass(frozen=True)
class LinearReference(Reference):
    """The linear baseline: also the candidate that was chosen, the losses of all, and those by number of lags."""

    candidate: Candidate
    candidates: tuple[CandidateLoss, ...]
    lag_search: LagSearch


def squared_errors(predictor: Predictor, sequences: Sequences) -> Array:
    """Return step losses `(T', B)`: squared errors of a predictor, averaged over outputs, divided by the scale."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = predictor(sequences) - sequences.targets[sequences.first :]
        losses: Array = np.square(errors).mean(axis=2) / sequences.scale
    return losses


def measure_errors(predictor: Predictor, data: Splits) -> tuple[Array, float]:
    """Return step losses `(T', B)` and mean absolute error of a predictor on the test split."""
    errors = predictor(data.test) - data.test.targets[data.test.first :]
    return squared_errors(predictor, data.test), float(np.abs(errors).mean())


def score(candidate: Candidate, data: Splits) -> Score:
    """Return the validation loss of a candidate, fitted to the training split; inf where it is not finite."""
    loss = float(squared_errors(candidate.fit([data.train]), data.val).mean())
    return Score(candidate, loss if np.isfinite(loss) else np.inf)


def choose(scores: Iterable[Score]) -> Score:
    """Return the candidate with the fewest coefficients whose validation loss is the lowest, or close to it."""
    ordered = sorted(scores, key=lambda each: (each.candidate.size, each.val))
    lowest = min(each.val for each in ordered)
    return next(each for each in ordered if each.val <= lowest * (1 + CLOSE) + ZERO)
