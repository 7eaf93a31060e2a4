"""Baselines of classification: logistic regression on lags, and on kernel features of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linrnn.baseline.lags import MAX_LAGS, LagLoss, LagSearch, flatten_targets, lag_matrix
from linrnn.data.sequences import Array, Sequences, Splits

PENALTIES = (0.01, 1.0, 100.0)  # inverse strengths of the ridge
COMPONENTS = 300  # of the kernel features
LEAST_PROBABILITY = 1e-300  # in place of 0, whose logarithm is infinite


def cross_entropy(probabilities: Array, sequences: Sequences) -> float:
    """Return the mean of -ln p of the true classes, divided by the scale; probabilities `(N, classes)`."""
    logs = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    return float(-(flatten_targets(sequences) * logs).sum(axis=1).mean() / sequences.scale)


def naive(data: Splits, is_forecast: bool) -> float:
    """Return the test loss of the class frequencies of the training split."""
    frequencies = flatten_targets(data.train).mean(axis=0)
    return cross_entropy(np.broadcast_to(frequencies, flatten_targets(data.test).shape), data.test)


def linear(data: Splits, lags: Sequence[int]) -> LagSearch:
    """Fit logistic regressions on lags 0 to p for p = 0, 1, 3, 7, ... and the last of `lags`; ridge by validation."""
    numbers = sorted({min(2**k - 1, lags[-1]) for k in range(MAX_LAGS.bit_length())})
    return LagSearch(tuple(LagLoss(p, *best_ridge(data, lag_features(data, p))) for p in numbers))


def nonlinear(data: Splits, linear_search: LagSearch) -> float:
    """Return the test loss of logistic regression on features of a Gaussian kernel (Williams & Seeger 2001).

    On as many lags as the best linear one has; the linear one itself where its validation loss is lower.
    """
    from sklearn.kernel_approximation import Nystroem

    X = lag_features(data, linear_search.best.lags)
    kernel = Nystroem(n_components=min(COMPONENTS, len(X[0])), gamma=1 / X[0].shape[1], random_state=0).fit(X[0])
    val, test = best_ridge(data, [kernel.transform(each) for each in X])
    return test if val < linear_search.best.val else linear_search.best.test


def lag_features(data: Splits, lags: int) -> list[Array]:
    """Return the lag matrix of each split."""
    return [lag_matrix(each.inputs, lags, each.first) for each in data]


def best_ridge(data: Splits, X: Sequence[Array]) -> tuple[float, float]:
    """Return validation and test loss of the logistic regression whose ridge has the lowest validation loss."""
    return min((losses(data, X, penalty) for penalty in PENALTIES), key=lambda pair: pair[0])


def losses(data: Splits, X: Sequence[Array], penalty: float) -> tuple[float, float]:
    """Return validation and test loss of a logistic regression, fitted on the training split."""
    from sklearn.linear_model import LogisticRegression  # takes a second to load

    estimator = LogisticRegression(C=penalty, max_iter=500).fit(X[0], flatten_targets(data.train).argmax(axis=1))
    val, test = (
        cross_entropy(class_probabilities(estimator, Z, each), each) for Z, each in zip(X[1:], data[1:], strict=True)
    )
    return val, test


def class_probabilities(estimator: Any, X: Array, sequences: Sequences) -> Array:
    """Return probabilities `(N, classes)`; 0 for classes that are not in the training split."""
    probabilities = np.zeros(flatten_targets(sequences).shape)
    probabilities[:, estimator.classes_] = estimator.predict_proba(X)
    return probabilities
