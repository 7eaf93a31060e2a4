"""Baselines of classification: logistic regression on lags, and on kernel features of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from linrnn.baseline.candidate import CandidateLoss, LinearReference, Predictor, Reference
from linrnn.baseline.kernel_ridge import sample_lags
from linrnn.baseline.lags import MAX_LAGS, LagLoss, LagSearch, flatten_targets, lag_candidates, lag_matrix
from linrnn.baseline.row_blocks import MOST_VALUES, build_blocks
from linrnn.data.sequences import Array, Sequences, Splits

PENALTIES = (0.01, 1.0, 100.0)  # inverse strengths of the ridge
COMPONENTS = 300  # of the kernel features
LEAST_PROBABILITY = 1e-300  # in place of 0, whose logarithm is infinite


@dataclass(frozen=True)
class LogisticRegression:
    """Logistic regression on lags, or on features of a Gaussian kernel of them (Williams & Seeger 2001).

    Parameters
    ----------
    lags : int
        Number of past inputs.
    penalty : float
        Inverse strength of the ridge.
    is_kernel : bool
        Whether the features are those of a kernel.
    """

    lags: int
    penalty: float
    is_kernel: bool = False

    @property
    def name(self) -> str:
        """The predictor in words."""
        return f"logistic regression, {self.lags} lags" + ", on kernel features" * self.is_kernel

    @property
    def size(self) -> int:
        """Number of lags: each has as many coefficients."""
        return self.lags + 1

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit the coefficients; predictions are probabilities."""
        from sklearn import linear_model  # takes a second to load

        X, labels = self.sample_rows(parts)
        transform = fit_kernel_features(X).transform if self.is_kernel else np.asarray
        estimator = linear_model.LogisticRegression(C=self.penalty, max_iter=500).fit(transform(X), labels)

        def predict(sequences: Sequences) -> Array:
            blocks = build_blocks(
                [sequences],
                self.width(sequences),
                self.lags,
                lambda block: estimator.predict_proba(transform(lag_features(block[0], self.lags))),
            )
            return class_probabilities(estimator, np.concatenate(list(blocks)), sequences)

        return predict

    def width(self, sequences: Sequences) -> int:
        """Return the number of features of a row."""
        features: int = sequences.inputs.shape[2]
        return max((self.lags + 1) * features, COMPONENTS * self.is_kernel)

    def sample_rows(self, parts: Sequence[Sequences]) -> tuple[Array, NDArray[np.int64]]:
        """Return lags and labels of all steps that count, or of as many of them, drawn at random, as fit a block."""
        labels = np.concatenate([flatten_targets(each).argmax(axis=1) for each in parts])
        most = MOST_VALUES // self.width(parts[0])
        if len(labels) <= most:
            return np.concatenate([lag_features(each, self.lags) for each in parts]), labels
        sample = np.sort(np.random.default_rng(0).permutation(len(labels))[:most])
        return sample_lags(self.lags, parts, sample), labels[sample]


def fit_kernel_features(X: Array) -> Any:
    """Return the features of a Gaussian kernel on a sample of the rows."""
    from sklearn.kernel_approximation import Nystroem

    return Nystroem(n_components=min(COMPONENTS, len(X)), gamma=1 / X.shape[1], random_state=0).fit(X)


def lag_features(sequences: Sequences, lags: int) -> Array:
    """Return the lags of the steps that count, `(N, features)`."""
    return lag_matrix(sequences.inputs, lags, sequences.first)


def class_probabilities(estimator: Any, label_probabilities: Array, sequences: Sequences) -> Array:
    """Return probabilities `(T', B, classes)` from those of the labels; 0 for classes that were not among them."""
    counted = sequences.targets[sequences.first :]
    probabilities = np.zeros((len(label_probabilities), counted.shape[2]))
    probabilities[:, estimator.classes_] = label_probabilities
    return probabilities.reshape(counted.shape)


def cross_entropies(probabilities: Array, sequences: Sequences) -> Array:
    """Return step losses `(T', B)`: -ln p of the true classes, divided by the scale."""
    logs = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    losses: Array = -(sequences.targets[sequences.first :] * logs).sum(axis=2) / sequences.scale
    return losses


def naive(data: Splits, horizon: int) -> Reference:
    """Return the frequencies of the classes in train and val."""
    frequencies = np.concatenate([flatten_targets(each) for each in data[:2]]).mean(axis=0)
    probabilities = np.broadcast_to(frequencies, data.test.targets[data.test.first :].shape)
    return Reference("frequencies of the classes", cross_entropies(probabilities, data.test), None)


def linear(data: Splits, horizon: int) -> LinearReference:
    """Return logistic regression, fitted to train and val; lags p = 0, 1, 3, 7, ... and ridge by validation loss."""
    top = lag_candidates(data.train)[-1]
    numbers = sorted({min(2**k - 1, top) for k in range(MAX_LAGS.bit_length())})
    fits = [best_ridge(data, p) for p in numbers]
    search = LagSearch(tuple(LagLoss(p, val, test) for p, (_, val, test) in zip(numbers, fits, strict=True)))
    best = fits[numbers.index(search.best.lags)][0]
    step_losses = cross_entropies(best.fit(data[:2])(data.test), data.test)
    losses = CandidateLoss(best.name, search.best.val, float(step_losses.mean()))
    return LinearReference(best.name, step_losses, None, best, (losses,), search)


def nonlinear(data: Splits, linear_reference: LinearReference) -> Reference:
    """Return logistic regression on kernel features, fitted to train and val.

    On as many lags as the linear baseline has; the linear baseline itself where its validation loss is lower.
    """
    best = linear_reference.lag_search.best
    candidate, val, _ = best_ridge(data, best.lags, is_kernel=True)
    if val >= best.val:
        return Reference(linear_reference.method, linear_reference.step_losses, None)
    return Reference(candidate.name, cross_entropies(candidate.fit(data[:2])(data.test), data.test), None)


def best_ridge(data: Splits, lags: int, is_kernel: bool = False) -> tuple[LogisticRegression, float, float]:
    """Return the logistic regression whose ridge has the lowest validation loss, and its validation and test loss."""
    fits = []
    for penalty in PENALTIES:
        candidate = LogisticRegression(lags, penalty, is_kernel)
        predictor = candidate.fit([data.train])
        val, test = (float(cross_entropies(predictor(each), each).mean()) for each in data[1:])
        fits.append((candidate, val, test))
    return min(fits, key=lambda fit: fit[1])
