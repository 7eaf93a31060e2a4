"""Floors of the cross-entropy: logistic regression on lags, and on kernel features of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linrnn.baseline.lags import MOST, LagLoss, LagSweep, counted_targets, lag_matrix
from linrnn.data.sequences import Array, Sequences, Splits

PENALTIES = (0.01, 1.0, 100.0)  # inverse strengths of the ridge
COMPONENTS = 300  # of the kernel features
LEAST = 1e-300  # for a class that is given no probability at all


def cross_entropy(probabilities: Array, sequences: Sequences) -> float:
    """Mean of -ln p of the true classes over the entropy of their frequencies; probabilities `(N, classes)`."""
    logs = np.log(np.maximum(probabilities, LEAST))
    return float(-(counted_targets(sequences) * logs).sum(axis=1).mean() / sequences.scale)


def trivial(data: Splits, forecasts: bool) -> float:
    """Test loss of the frequencies of the train classes."""
    frequencies = counted_targets(data.train).mean(axis=0)
    return cross_entropy(np.broadcast_to(frequencies, counted_targets(data.test).shape), data.test)


def linear(data: Splits, lags: Sequence[int]) -> LagSweep:
    """Logistic regression on lags 0 to p, the ridge chosen on val, for p = 0, 1, 3, 7, ... and the most of `lags`."""
    tried = sorted({min(2**k - 1, lags[-1]) for k in range(MOST.bit_length())})
    return LagSweep(tuple(LagLoss(p, *best_ridge(data, features(data, p))) for p in tried))


def nonlinear(data: Splits, swept: LagSweep) -> float:
    """Test loss of logistic regression on features of a Gaussian kernel (Williams & Seeger 2001) of as many lags.

    The linear one itself where that is better on val.
    """
    from sklearn.kernel_approximation import Nystroem

    X = features(data, swept.best.lags)
    kernel = Nystroem(n_components=min(COMPONENTS, len(X[0])), gamma=1 / X[0].shape[1], random_state=0).fit(X[0])
    val, test = best_ridge(data, [kernel.transform(each) for each in X])
    return test if val < swept.best.val else swept.best.test


def features(data: Splits, lags: int) -> list[Array]:
    """The lags of each split."""
    return [lag_matrix(each.inputs, lags, each.first) for each in data]


def best_ridge(data: Splits, X: Sequence[Array]) -> tuple[float, float]:
    """Val and test loss of the logistic regression, fitted on train, whose ridge has the lowest val loss."""
    return min((losses(data, X, penalty) for penalty in PENALTIES), key=lambda pair: pair[0])


def losses(data: Splits, X: Sequence[Array], penalty: float) -> tuple[float, float]:
    """Val and test loss of one logistic regression."""
    from sklearn.linear_model import LogisticRegression  # takes a second to load

    fitted = LogisticRegression(C=penalty, max_iter=500).fit(X[0], counted_targets(data.train).argmax(axis=1))
    val, test = (
        cross_entropy(class_probabilities(fitted, Z, each), each) for Z, each in zip(X[1:], data[1:], strict=True)
    )
    return val, test


def class_probabilities(fitted: Any, X: Array, sequences: Sequences) -> Array:
    """Probabilities `(N, classes)`; 0 for classes that the train split has not."""
    probabilities = np.zeros(counted_targets(sequences).shape)
    probabilities[:, fitted.classes_] = fitted.predict_proba(X)
    return probabilities
