"""Baselines of regression: least squares and kernel ridge regression on lags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from linrnn.baseline.lags import LagLoss, LagSearch, flatten_targets, lag_grid, lag_matrix, max_lags
from linrnn.data.sequences import Array, Sequences, Splits

SELECTION_TARGETS, TRAINING_TARGETS = 400, 2000  # that a kernel is selected on, and fitted on
CHUNK = 10_000  # targets predicted together, whose distances have to fit into memory
MAX_KERNEL_LAGS = 128
COARSE_STEP = 1.5  # factor from each number of lags of a kernel to the next
WIDTHS = (0.5, 1.0, 2.0, 4.0)  # of the kernel, relative to the median distance
RIDGES = 10.0 ** np.arange(-10, 1)


def nmse(predictions: Array, sequences: Sequences) -> float:
    """Return the mean squared error divided by the scale; predictions `(steps * batch, outputs)`."""
    return float(np.square(predictions - flatten_targets(sequences)).mean() / sequences.scale)


def naive(data: Splits, is_forecast: bool) -> float:
    """Return the test loss of the mean of the training targets, or of the last input if its validation loss is lower.

    The last input is a prediction where the targets are later inputs (`is_forecast`).
    """
    mean = flatten_targets(data.train).mean(axis=0)
    losses = [(nmse(np.broadcast_to(mean, flatten_targets(each).shape), each)) for each in data]
    if is_forecast:
        outputs = data.train.targets.shape[2]
        persistence = [nmse(lag_matrix(each.inputs, 0, each.first)[:, :outputs], each) for each in data]
        losses = min(losses, persistence, key=lambda split: split[1])
    return losses[2]


def linear(data: Splits, lags: Sequence[int]) -> LagSearch:
    """Fit least squares on lags 0 to p and a constant for every p; more lags while the best p is in the upper half."""
    search = LagSearch(tuple(LagLoss(p, *losses) for p, losses in zip(lags, least_squares(data, lags), strict=True)))
    top = min(2 * lags[-1], max_lags(data.train))
    if search.best.lags > lags[-1] / 2 and top > lags[-1]:
        return linear(data, lag_grid(top))
    return search


def least_squares(data: Splits, lags: Sequence[int]) -> list[tuple[float, float]]:
    """Return validation and test loss of the best linear predictor of each number of lags.

    The columns of fewer lags come first, so that the triangular factor of one X = QR serves all numbers of lags.
    """
    features = data.train.inputs.shape[2]
    from scipy.linalg import lstsq  # slow to import

    X, *others = (design(each, lags[-1]) for each in data)
    Q, R = np.linalg.qr(X)
    y = Q.T @ flatten_targets(data.train)
    losses = []
    for p in lags:
        width = 1 + (p + 1) * features
        kernel = lstsq(R[:width, :width], y[:width])[0]
        val, test = (nmse(Z[:, :width] @ kernel, each) for Z, each in zip(others, data[1:], strict=True))
        losses.append((val, test))
    return losses


def design(sequences: Sequences, lags: int) -> Array:
    """Return the design matrix: a constant and the lags, `(steps * batch, 1 + (lags + 1) * features)`."""
    X = lag_matrix(sequences.inputs, lags, sequences.first)
    return np.concatenate([np.ones((len(X), 1)), X], axis=1)


class Kernel(NamedTuple):
    """Hyperparameters of a kernel ridge regression; `width` is relative to the median distance."""

    lags: int
    width: float
    ridge: float
    base: int  # the predictor whose residuals are fitted: 0 the mean, 1 the best linear one


def nonlinear(data: Splits, linear_search: LagSearch) -> float:
    """Return the test loss of kernel ridge regression on the residuals of the mean, or of the best linear predictor.

    Gaussian kernel; lags, width and ridge by validation loss; the linear predictor itself where none is better.
    """
    bases = base_predictions(data, linear_search.best.lags)
    best, loss = select_kernel(data, bases)
    if loss >= linear_search.best.val:
        return linear_search.best.test
    return nmse(predict_test_targets(data, bases, best), data.test)


def base_predictions(data: Splits, lags: int) -> list[Array]:
    """Return the predictions of the mean and of the best linear predictor, `(2, steps * batch, outputs)` a split."""
    from scipy.linalg import lstsq

    kernel = lstsq(design(data.train, lags), flatten_targets(data.train))[0]
    mean = flatten_targets(data.train).mean(axis=0)
    return [
        np.stack([np.broadcast_to(mean, flatten_targets(each).shape), design(each, lags) @ kernel]) for each in data
    ]


def select_kernel(data: Splits, bases: Sequence[Array]) -> tuple[Kernel, float]:
    """Return the kernel of the lowest validation loss, and that loss, on a sample of the targets."""
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(0)
    sample, val_sample = (rng.permutation(len(flatten_targets(each)))[:SELECTION_TARGETS] for each in data[:2])
    residuals = (flatten_targets(data.train) - bases[0])[:, sample]
    val_residuals = (flatten_targets(data.val) - bases[1])[:, val_sample]
    losses: dict[Kernel, float] = {}
    for lags in lag_grid(min(max_lags(data.train), MAX_KERNEL_LAGS), COARSE_STEP):
        X, Z = scale_lags(lags, data.train, data.val)
        distances, val_distances = cdist(X[sample], X[sample]), cdist(Z[val_sample], X[sample])
        for width in WIDTHS:
            K, val_kernel = gaussian_kernels(distances, val_distances, width)
            values, Q = np.linalg.eigh(K)
            for ridge in RIDGES:
                weights = Q @ ((Q.T @ residuals) / (np.maximum(values, 0) + len(sample) * ridge)[:, None])
                errors = np.square(val_kernel @ weights - val_residuals).mean(axis=(1, 2)) / data.val.scale
                losses |= {Kernel(lags, width, float(ridge), base): float(errors[base]) for base in range(2)}
    best = min(losses, key=lambda kernel: losses[kernel])
    return best, losses[best]


def predict_test_targets(data: Splits, bases: Sequence[Array], kernel: Kernel) -> Array:
    """Return the predictions of the test targets by a kernel fitted on a larger sample of the training targets."""
    from scipy.spatial.distance import cdist

    sample = np.random.default_rng(1).permutation(len(flatten_targets(data.train)))[:TRAINING_TARGETS]
    residuals = (flatten_targets(data.train) - bases[0][kernel.base])[sample]
    X, Z = scale_lags(kernel.lags, data.train, data.test)
    distances, ridge = cdist(X[sample], X[sample]), len(sample) * kernel.ridge * np.eye(len(sample))
    K, _ = gaussian_kernels(distances, distances, kernel.width)
    weights = np.linalg.solve(K + ridge, residuals)
    chunks = np.array_split(Z, len(Z) // CHUNK + 1)
    corrections = [gaussian_kernels(distances, cdist(part, X[sample]), kernel.width)[1] @ weights for part in chunks]
    predictions: Array = bases[2][kernel.base] + np.concatenate(corrections)
    return predictions


def scale_lags(lags: int, *splits: Sequences) -> list[Array]:
    """Return the lag matrix of each split in units of its columns' standard deviations on the first split."""
    X = [lag_matrix(each.inputs, lags, each.first) for each in splits]
    sd = X[0].std(axis=0)
    return [each / np.where(sd > 0, sd, 1) for each in X]


def gaussian_kernels(distances: Array, others: Array, width: float) -> tuple[Array, Array]:
    """Return exp(-d^2 / (2 w^2)) of the distances d `(N, N)` and of others `(M, N)`.

    w is `width` times the median of the positive distances.
    """
    positive = distances[distances > 0]
    w = width * np.median(positive) if len(positive) else width
    return np.exp(-np.square(distances / w) / 2), np.exp(-np.square(others / w) / 2)
