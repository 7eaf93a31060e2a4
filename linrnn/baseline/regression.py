"""Floors of the mean squared error: least squares and kernel ridge regression on lags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from linrnn.baseline.lags import LagLoss, LagSweep, counted_targets, lag_matrix, most_lags, spaced_lags
from linrnn.data.sequences import Array, Sequences, Splits

CHOSEN_ON, FITTED_ON = 400, 2000  # targets that a kernel is chosen on, and fitted on
AT_ONCE = 10_000  # targets predicted at once, for the memory that their distances take
LONGEST = 128  # lags of a kernel
COARSE = 1.5  # from each number of a kernel's lags that is tried to the next
WIDTHS = (0.5, 1.0, 2.0, 4.0)  # of the kernel, times the median distance
RIDGES = 10.0 ** np.arange(-10, 1)


def nmse(predicted: Array, sequences: Sequences) -> float:
    """Mean squared error over the variance of the targets; predicted `(steps * batch, outputs)`."""
    return float(np.square(predicted - counted_targets(sequences)).mean() / sequences.scale)


def trivial(data: Splits, forecasts: bool) -> float:
    """Test loss of the mean of the train targets, or of the last input where its val loss is lower."""
    mean = counted_targets(data.train).mean(axis=0)
    losses = [(nmse(np.broadcast_to(mean, counted_targets(each).shape), each)) for each in data]
    if forecasts:
        outputs = data.train.targets.shape[2]
        persisting = [nmse(lag_matrix(each.inputs, 0, each.first)[:, :outputs], each) for each in data]
        losses = min(losses, persisting, key=lambda split: split[1])
    return losses[2]


def linear(data: Splits, lags: Sequence[int]) -> LagSweep:
    """Least squares on lags 0 to p and a constant, for every p; more lags while the best is among the upper half."""
    swept = LagSweep(tuple(LagLoss(p, *losses) for p, losses in zip(lags, least_squares(data, lags), strict=True)))
    top = min(2 * lags[-1], most_lags(data.train))
    if swept.best.lags > lags[-1] / 2 and top > lags[-1]:
        return linear(data, spaced_lags(top))
    return swept


def least_squares(data: Splits, lags: Sequence[int]) -> list[tuple[float, float]]:
    """Val and test loss of the best linear predictor of each number of lags.

    The columns of fewer lags come first, so that one triangle R of X = QR holds the problems of all.
    """
    features = data.train.inputs.shape[2]
    from scipy.linalg import lstsq  # takes a while to load, here as below

    X, *others = (design(each, lags[-1]) for each in data)
    Q, R = np.linalg.qr(X)
    y = Q.T @ counted_targets(data.train)
    losses = []
    for p in lags:
        width = 1 + (p + 1) * features
        kernel = lstsq(R[:width, :width], y[:width])[0]
        val, test = (nmse(Z[:, :width] @ kernel, each) for Z, each in zip(others, data[1:], strict=True))
        losses.append((val, test))
    return losses


def design(sequences: Sequences, lags: int) -> Array:
    """A constant and the lags, `(steps * batch, 1 + (lags + 1) * features)`."""
    X = lag_matrix(sequences.inputs, lags, sequences.first)
    return np.concatenate([np.ones((len(X), 1)), X], axis=1)


class Kernel(NamedTuple):
    """What is chosen of a kernel ridge regression: lags, width over the median distance, ridge, what it starts from."""

    lags: int
    width: float
    ridge: float
    base: int  # 0: the mean; 1: the best linear predictor


def nonlinear(data: Splits, swept: LagSweep) -> float:
    """Test loss of kernel ridge regression of what the mean, or the best linear predictor, leaves over.

    Gaussian kernel, lags, width and ridge chosen on val; the linear predictor itself where none is better.
    """
    bases = starts(data, swept.best.lags)
    best, loss = choose(data, bases)
    if loss >= swept.best.val:
        return swept.best.test
    return nmse(predict(data, bases, best), data.test)


def starts(data: Splits, lags: int) -> list[Array]:
    """What the mean and the best linear predictor say of each split, `(2, steps * batch, outputs)`."""
    from scipy.linalg import lstsq

    kernel = lstsq(design(data.train, lags), counted_targets(data.train))[0]
    mean = counted_targets(data.train).mean(axis=0)
    return [
        np.stack([np.broadcast_to(mean, counted_targets(each).shape), design(each, lags) @ kernel]) for each in data
    ]


def choose(data: Splits, bases: Sequence[Array]) -> tuple[Kernel, float]:
    """The kernel of the lowest val loss, and that loss, on some of the targets."""
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(0)
    some, judged = (rng.permutation(len(counted_targets(each)))[:CHOSEN_ON] for each in data[:2])
    left = (counted_targets(data.train) - bases[0])[:, some]
    wanted = (counted_targets(data.val) - bases[1])[:, judged]
    found: dict[Kernel, float] = {}
    for lags in spaced_lags(min(most_lags(data.train), LONGEST), COARSE):
        X, Z = scaled(lags, data.train, data.val)
        near, far = cdist(X[some], X[some]), cdist(Z[judged], X[some])
        for width in WIDTHS:
            K, across = gaussian(near, far, width)
            values, Q = np.linalg.eigh(K)
            for ridge in RIDGES:
                weights = Q @ ((Q.T @ left) / (np.maximum(values, 0) + len(some) * ridge)[:, None])
                errors = np.square(across @ weights - wanted).mean(axis=(1, 2)) / data.val.scale
                found |= {Kernel(lags, width, float(ridge), base): float(errors[base]) for base in range(2)}
    best = min(found, key=lambda kernel: found[kernel])
    return best, found[best]


def predict(data: Splits, bases: Sequence[Array], kernel: Kernel) -> Array:
    """Test targets as a kernel, fitted on more of the train targets, predicts them."""
    from scipy.spatial.distance import cdist

    some = np.random.default_rng(1).permutation(len(counted_targets(data.train)))[:FITTED_ON]
    left = (counted_targets(data.train) - bases[0][kernel.base])[some]
    X, Z = scaled(kernel.lags, data.train, data.test)
    near, ridge = cdist(X[some], X[some]), len(some) * kernel.ridge * np.eye(len(some))
    K, _ = gaussian(near, near, kernel.width)
    weights = np.linalg.solve(K + ridge, left)
    slices = np.array_split(Z, len(Z) // AT_ONCE + 1)
    corrections = [gaussian(near, cdist(part, X[some]), kernel.width)[1] @ weights for part in slices]
    predicted: Array = bases[2][kernel.base] + np.concatenate(corrections)
    return predicted


def scaled(lags: int, *splits: Sequences) -> list[Array]:
    """The lags of each split in units of their standard deviation on the first."""
    X = [lag_matrix(each.inputs, lags, each.first) for each in splits]
    sd = X[0].std(axis=0)
    return [each / np.where(sd > 0, sd, 1) for each in X]


def gaussian(near: Array, far: Array, width: float) -> tuple[Array, Array]:
    """exp(-d^2 / (2 w^2)) of the distances d `(N, N)` and `(M, N)`; w is `width` times the median of `near`."""
    apart = near[near > 0]
    w = width * np.median(apart) if len(apart) else width
    return np.exp(-np.square(near / w) / 2), np.exp(-np.square(far / w) / 2)
