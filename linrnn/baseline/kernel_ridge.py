"""Kernel ridge regression on lags, of what a linear predictor leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.baseline.candidate import Predictor
from linrnn.baseline.lags import flatten_targets, lag_grid, lag_matrix, lag_rows, max_lags
from linrnn.baseline.row_blocks import build_blocks, sum_items
from linrnn.data.sequences import Array, Sequences, Splits

SELECTION_TARGETS, TRAINING_TARGETS = 400, 2000  # that a kernel is selected on, and fitted on
CHUNK = 10_000  # targets predicted together, whose distances have to fit into memory
MAX_KERNEL_LAGS = 128
COARSE_STEP = 1.5  # factor from each number of lags of a kernel to the next
WIDTHS = (0.5, 1.0, 2.0, 4.0)  # of the kernel, relative to the median distance
RIDGES = 10.0 ** np.arange(-10, 1)


class Kernel(NamedTuple):
    """Hyperparameters of a kernel ridge regression; `width` is relative to the median distance."""

    lags: int
    width: float
    ridge: float
    base: int  # the predictor whose residuals are fitted, by its position


def flat_residuals(bases: Sequence[Predictor], sequences: Sequences) -> Array:
    """Return the residuals of predictors, `(predictors, steps * batch, outputs)`."""
    targets = flatten_targets(sequences)
    return np.stack([targets - base(sequences).reshape(targets.shape) for base in bases])


def select_kernel(data: Splits, bases: Sequence[Predictor]) -> Kernel | None:
    """Return the kernel of the lowest validation loss, on a sample of the targets, for residuals of the bases.

    Gaussian kernel. None where no kernel is better than the last base itself.
    """
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(0)
    sample, val_sample = (rng.permutation(len(flatten_targets(each)))[:SELECTION_TARGETS] for each in data[:2])
    residuals = flat_residuals(bases, data.train)[:, sample]
    val_residuals = flat_residuals(bases, data.val)[:, val_sample]
    losses: dict[Kernel | None, float] = {None: float(np.square(val_residuals[-1]).mean())}
    for lags in lag_grid(min(max_lags(data.train), MAX_KERNEL_LAGS), COARSE_STEP):
        sd = lag_deviations(lags, data[:1])
        X, Z = (
            lag_rows(part.inputs, lags, part.first, rows) / sd
            for part, rows in zip(data[:2], (sample, val_sample), strict=True)
        )
        distances, val_distances = cdist(X, X), cdist(Z, X)
        for width in WIDTHS:
            K, val_kernel = gaussian_kernels(distances, val_distances, width)
            values, Q = np.linalg.eigh(K)
            projections, val_projections = Q.T @ residuals, val_kernel @ Q
            for ridge in RIDGES:
                weights = projections / (np.maximum(values, 0) + len(sample) * ridge)[:, None]
                errors = np.square(val_projections @ weights - val_residuals).mean(axis=(1, 2))
                losses |= {Kernel(lags, width, float(ridge), base): float(errors[base]) for base in range(len(bases))}
    return min(losses, key=lambda kernel: losses[kernel])


def fit_kernel(parts: Sequence[Sequences], base: Predictor, kernel: Kernel) -> Predictor:
    """Return the base corrected by a kernel that is fitted to its residuals on a larger sample of the targets."""
    from scipy.spatial.distance import cdist

    residuals = np.concatenate([flat_residuals([base], each)[0] for each in parts])
    sample = np.random.default_rng(1).permutation(len(residuals))[:TRAINING_TARGETS]
    sd = lag_deviations(kernel.lags, parts)
    X = sample_lags(kernel.lags, parts, sample) / sd
    distances = cdist(X, X)
    K, _ = gaussian_kernels(distances, distances, kernel.width)
    weights = np.linalg.solve(K + len(sample) * kernel.ridge * np.eye(len(sample)), residuals[sample])

    def predict(sequences: Sequences) -> Array:
        rows = np.arange(len(flatten_targets(sequences)))
        chunks = (
            lag_rows(sequences.inputs, kernel.lags, sequences.first, part) / sd
            for part in np.array_split(rows, len(rows) // CHUNK + 1)
        )
        corrections = [gaussian_kernels(distances, cdist(Z, X), kernel.width)[1] @ weights for Z in chunks]
        predictions = base(sequences)
        return predictions + np.concatenate(corrections).reshape(predictions.shape)

    return predict


def sample_lags(lags: int, parts: Sequence[Sequences], rows: NDArray[np.int64]) -> Array:
    """Return some rows of the lag matrices of all parts, one below the other."""
    ends = np.cumsum([len(flatten_targets(each)) for each in parts])
    owners, samples = np.searchsorted(ends, rows, side="right"), np.empty((len(rows), 0))
    for k, (part, end) in enumerate(zip(parts, ends, strict=True)):
        mine = owners == k
        values = lag_rows(part.inputs, lags, part.first, rows[mine] - (end - len(flatten_targets(part))))
        if not k:
            samples = np.empty((len(rows), values.shape[1]))
        samples[mine] = values
    return samples


def lag_deviations(lags: int, parts: Sequence[Sequences]) -> Array:
    """Return the standard deviation of each column of the lag matrices of all parts; 1 for one that is constant."""
    width = (lags + 1) * parts[0].inputs.shape[2]
    blocks = build_blocks(
        parts,
        width,
        lags,
        lambda block: np.concatenate([lag_matrix(each.inputs, lags, each.first) for each in block]),
    )
    count, total = sum_items((len(X), X.sum(axis=0)) for X in blocks)
    mean = total / count
    (squares,) = sum_items((np.square(X - mean).sum(axis=0),) for X in blocks)
    sd = np.sqrt(squares / count)
    return np.where(sd > 0, sd, 1.0)


def gaussian_kernels(distances: Array, others: Array, width: float) -> tuple[Array, Array]:
    """Return exp(-d^2 / (2 w^2)) of the distances d `(N, N)` and of others `(M, N)`.

    w is `width` times the median of the positive distances.
    """
    positive = distances[distances > 0]
    w = width * np.median(positive) if len(positive) else width
    return np.exp(-np.square(distances / w) / 2), np.exp(-np.square(others / w) / 2)
