"""Least squares and ridge regression on lags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, choose
from linrnn.baseline.lags import (
    LagLoss,
    LagSearch,
    drop_incomplete,
    flatten_targets,
    lag_candidates,
    lag_differences,
    lag_grid,
    lag_matrix,
    last_values,
    max_lags,
)
from linrnn.baseline.row_blocks import Rows, build_blocks, reduce_rows, select_steps, sum_items
from linrnn.data.sequences import Array, Sequences, Splits

# penalties for features of variance 1, relative to the number of targets
RIDGES = tuple(10.0**power for power in np.arange(-6.0, 2.5, 0.5))
RIDGE_STEP = 1.7  # factor from each number of lags of a ridge regression to the next


@dataclass(frozen=True)
class LagRegression:
    """Regression of the targets on the inputs x_t, ..., x_{t - lags} and a constant.

    Parameters
    ----------
    lags : int
        Number of past inputs.
    ridge : float
        Penalty on the sum of the squared coefficients of standardized features, relative to the number of targets;
        0 for least squares.
    relative : bool
        Whether targets, and the lags of the variable that is forecast, are differences from its last value, so that
        the level of a series does not matter.
    features : int
        Number of inputs.
    is_forecast : bool
        Whether the targets are later inputs; then steps that lack lags are not fitted, whose past is not known.
    """

    lags: int
    ridge: float = 0.0
    relative: bool = False
    features: int = 1
    is_forecast: bool = False

    @property
    def name(self) -> str:
        """The predictor in words."""
        method = f"ridge regression, penalty {self.ridge:.2g}" if self.ridge else "least squares"
        lags = f"{self.lags} lag{'s' * (self.lags != 1)}"
        return f"{method}, {lags}{', relative to the last value' * self.relative}"

    @property
    def size(self) -> int:
        """Number of coefficients of one output."""
        return 1 + (self.lags + 1) * self.features - self.relative

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit the coefficients."""
        kernel = self.fit_coefficients(parts)
        return lambda sequences: self.predict(kernel, sequences)

    def fit_coefficients(self, parts: Sequence[Sequences]) -> Array:
        """Return the coefficients `(size, outputs)`, those of the constant first, that fit the targets of all parts."""
        blocks = self.blocks([self.complete(each) for each in parts])
        if self.ridge:
            return ridge_path(blocks, [self.ridge])[0]
        return solve(*(blocks[0] if isinstance(blocks, list) else reduce_rows(blocks)))

    def predict(self, kernel: Array, sequences: Sequences) -> Array:
        """Return predictions `(T', B, outputs)` by a kernel `(size, outputs)`."""
        parts = build_blocks([sequences], self.size, self.lags, lambda block: self.design(block[0]) @ kernel)
        outputs = np.concatenate(list(parts)).reshape(-1, *sequences.targets.shape[1:])
        return outputs + last_values(sequences) if self.relative else outputs

    def complete(self, sequences: Sequences) -> Sequences:
        """Return the sequences without the steps that are not fitted."""
        return drop_incomplete(sequences, self.lags, self.size) if self.is_forecast else sequences

    def blocks(self, parts: Sequence[Sequences]) -> Iterable[Rows]:
        """Return regressors and targets of the steps of all parts that count, in blocks where they are many."""
        return build_blocks(parts, self.size, self.lags, self.rows)

    def rows(self, parts: Sequence[Sequences]) -> Rows:
        """Return regressors and targets of the steps of all parts that count."""
        return (
            np.concatenate([self.design(each) for each in parts]),
            np.concatenate([self.flat_targets(each) for each in parts]),
        )

    def design(self, sequences: Sequences) -> Array:
        """Return a constant and the lags, `(steps * batch, size)`; the columns of fewer lags come first."""
        features = lag_differences if self.relative else lag_matrix
        X = features(sequences.inputs, self.lags, sequences.first)
        return np.concatenate([np.ones((len(X), 1)), X], axis=1)

    def flat_targets(self, sequences: Sequences) -> Array:
        """Return the targets that are fitted, `(steps * batch, outputs)`."""
        y = flatten_targets(sequences)
        return y - last_values(sequences).reshape(-1, 1) if self.relative else y


def least_squares_kernel(data: Splits, horizon: int, lags: int | None = None) -> Array:
    """Return the kernel of least squares on lags, `(lags + 1, outputs, inputs)`, fitted to the train and val splits.

    The number of lags is the best by validation loss, unless it is given. `horizon` is the number of steps from an
    input to a target that is its own later value; 0 where the targets are no later inputs.
    """
    form = LagRegression(0, features=data.train.inputs.shape[2], is_forecast=horizon > 0)
    number = search_least_squares(data, form).best.lags if lags is None else lags
    coefficients = replace(form, lags=number).fit_coefficients(data[:2])
    return coefficients[1:].reshape(number + 1, form.features, -1).swapaxes(1, 2)


def solve(X: Array, y: Array) -> Array:
    """Return the coefficients of least squares, of least norm."""
    from scipy.linalg import lstsq  # slow to import

    kernel: Array = lstsq(X, y)[0]
    return kernel


def ridge_path(blocks: Iterable[Rows], ridges: Sequence[float]) -> list[Array]:
    """Return the coefficients of ridge regression for each penalty; the first column is a constant, not penalized."""
    count, *sums = sum_items((len(y), X[:, 1:].sum(axis=0), y.sum(axis=0)) for X, y in blocks)
    mean, center = (each / count for each in sums)
    (deviations,) = sum_items((np.square(X[:, 1:] - mean).sum(axis=0),) for X, _ in blocks)
    sd = np.sqrt(deviations / count)
    sd[sd == 0] = 1
    pairs = (((X[:, 1:] - mean) / sd, y - center) for X, y in blocks)
    squares, moments = (each / count for each in sum_items((Z.T @ Z, Z.T @ y) for Z, y in pairs))
    values, Q = np.linalg.eigh(squares)
    b = Q.T @ moments
    slopes = [(Q @ (b / (np.maximum(values, 0) + ridge)[:, None])) / sd[:, None] for ridge in ridges]
    return [np.concatenate([(center - mean @ slope)[None], slope]) for slope in slopes]


def mean_square_errors(form: LagRegression, sequences: Sequences, kernels: Sequence[Array]) -> list[float]:
    """Return the normalized loss of each kernel, the coefficients of the same or of fewer lags."""
    totals, count = [0.0] * len(kernels), 0
    for X, y in form.blocks([sequences]):
        count += y.size
        errors = (X[:, : len(kernel)] @ kernel - y for kernel in kernels)
        totals = [total + float(np.square(each).sum()) for total, each in zip(totals, errors, strict=True)]
    return [total / count / sequences.scale for total in totals]


def search_least_squares(data: Splits, form: LagRegression, lags: Sequence[int] = ()) -> LagSearch:
    """Fit least squares on lags 0 to p for every p; more lags while the best p is in the upper half."""
    numbers = lags or lag_candidates(data.train)
    search = LagSearch(tuple(least_squares(data, form, numbers)))
    top = min(2 * numbers[-1], max_lags(data.train))
    if search.best.lags > numbers[-1] / 2 and top > numbers[-1]:
        return search_least_squares(data, form, lag_grid(top))
    return search


def least_squares(data: Splits, form: LagRegression, lags: Sequence[int]) -> Iterator[LagLoss]:
    """Yield validation and test loss of least squares on each number of lags, fitted to the training split.

    The columns of fewer lags come first, so that the triangular factor of one X = QR of the steps that have all lags
    serves all numbers of lags; the steps that only fewer lags have are added to it.
    """
    largest = replace(form, lags=lags[-1])
    batch = data.train.inputs.shape[1]
    whole = largest.complete(data.train)
    R, b = reduce_rows(largest.blocks([whole]))
    early = select_steps(data.train, data.train.first, whole.first, largest.lags)
    X, y = largest.rows([early]) if whole.first > data.train.first else (R[:0], b[:0])
    kernels = []
    for p in lags:
        candidate = replace(form, lags=p)
        start, width = (candidate.complete(data.train).first - data.train.first) * batch, candidate.size
        triangle = np.concatenate([R[:width, :width], X[start:, :width]])
        kernels.append(solve(triangle, np.concatenate([b[:width], y[start:]])))
    losses = [mean_square_errors(largest, each, kernels) for each in data[1:]]
    yield from map(LagLoss, lags, *losses)


def search_ridge(data: Splits, form: LagRegression) -> Score:
    """Return the ridge regression of the lowest validation loss over numbers of lags and penalties."""
    scores = []
    for p in lag_grid(lag_candidates(data.train)[-1], RIDGE_STEP):
        candidate = replace(form, lags=p)
        kernels = ridge_path(candidate.blocks([candidate.complete(data.train)]), RIDGES)
        losses = mean_square_errors(candidate, data.val, kernels)
        scores += [Score(replace(candidate, ridge=ridge), loss) for ridge, loss in zip(RIDGES, losses, strict=True)]
    return choose(scores)
