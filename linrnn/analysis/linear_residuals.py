"""What linear least squares on lags leaves of the targets: the residuals that nonlinearity tests examine."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import numpy as np

from linrnn.baseline.lags import lag_matrix
from linrnn.data.sequences import Array, Sequences, Splits

MAX_LAGS, MAX_COLUMNS = 64, 256  # of a design
ROWS = 20_000  # the latest targets, at most
COEFFICIENTS = 5  # targets for each coefficient, at least
EXACT = 1e-20  # residual variance, of that of the targets, below which a fit is exact but for rounding
RANK = 1e-10  # relative size of a column that is no combination of the others


class LinearFit(NamedTuple):
    """Least squares of a target on lagged inputs and a constant.

    T' is the number of steps whose lags all lie in the sequence and whose target counts; N = T' B.

    Parameters
    ----------
    lags : int
        Number of past inputs; x_t, ..., x_{t - lags} are the regressors.
    design : array (N, columns)
        A constant and the lagged inputs, lag by lag.
    targets : array (T', B)
        The targets.
    residuals : array (T', B)
        Targets less fitted values.
    horizon : int
        Steps from an input to a target that is its own later value; 0 where the targets are no later inputs.
    """

    lags: int
    design: Array
    targets: Array
    residuals: Array
    horizon: int

    @property
    def dependence(self) -> int:
        """Steps over which residuals depend on each other, by `dependence_length`."""
        steps, batch = self.residuals.shape
        return dependence_length(steps, batch, self.horizon)

    @property
    def is_exact(self) -> bool:
        """Whether the residuals are rounding errors."""
        return bool(self.residuals.var() <= EXACT * self.targets.var())


def dependence_length(steps: int, batch: int, horizon: int) -> int:
    """Return the steps over which residuals `(steps, batch)` may depend on each other though the system is linear.

    The residuals of a series' best predictor are white one step ahead, and a moving average of `horizon` shocks
    otherwise. What disturbs the response to another input (`horizon` 0) can have any memory.
    """
    span = 2 * horizon if horizon > 1 else 1 if horizon else ceil((steps * batch) ** (1 / 3))
    return min(span, steps)


def join_splits(splits: Splits) -> Sequences:
    """Return the sequences of the training and validation splits as those of one split.

    One series is split chronologically, and its validation sequence begins with the training part: that is counted
    once. Independent sequences stand side by side, cut to the same length. Of long sequences the latest ROWS targets
    remain.
    """
    train, val = splits.train, splits.val
    steps = len(train.inputs)
    if val.inputs.shape[1] == train.inputs.shape[1] and np.array_equal(val.inputs[:steps], train.inputs):
        parts, length, first = [val], len(val.inputs), min(train.first, val.first)
    else:
        parts, length, first = [train, val], min(steps, len(val.inputs)), max(train.first, val.first)
    batch = sum(each.inputs.shape[1] for each in parts)
    length = min(length, max(ROWS // batch, first + 1))
    inputs, targets = (
        np.concatenate([each[-length:] for each in arrays], axis=1)
        for arrays in ([each.inputs for each in parts], [each.targets for each in parts])
    )
    return Sequences(inputs, targets, min(first, length - 1), train.classes)


def fit_linear(sequences: Sequences, horizon: int = 0, least: int = 0) -> LinearFit:
    """Fit the first output by least squares on the number of lags with the lowest AIC.

    Parameters
    ----------
    sequences : Sequences
        Inputs and targets.
    horizon : int
        Steps from an input to a target that is its own later value; 0 where the targets are no later inputs.
    least : int
        Smallest number of lags, where the data allow it.

    Returns
    -------
    LinearFit

    References
    ----------
    Akaike 1974: N log(RSS / N) + 2 (coefficients), on the same targets for every number of lags.
    """
    steps, batch, features = sequences.inputs.shape
    counted = (steps - sequences.first) * batch
    columns = min(MAX_COLUMNS, counted // COEFFICIENTS)
    top = max(min(MAX_LAGS, columns // features - 1, max(sequences.first, (steps - 1) // 2)), 0)
    y, X = lag_design(sequences, top)
    Q, R = np.linalg.qr(X)
    diagonal = np.abs(np.diag(R))
    explained = np.cumsum(np.where(diagonal > RANK * diagonal.max(), Q.T @ y.ravel(), 0) ** 2)
    widths = 1 + features * np.arange(1, top + 2)
    rss = np.maximum(y.ravel() @ y.ravel() - explained[widths - 1], EXACT * y.size * max(y.var(), EXACT))
    least = min(least, top)
    lags = least + int(np.argmin((y.size * np.log(rss / y.size) + 2 * widths)[least:]))
    y, X = lag_design(sequences, lags)
    coefficients = np.linalg.lstsq(X, y.ravel(), rcond=None)[0]
    return LinearFit(lags, X, y, y - (X @ coefficients).reshape(y.shape), horizon)


def lag_design(sequences: Sequences, lags: int) -> tuple[Array, Array]:
    """Return the targets of the first output `(T', B)`, and a constant and their lags `(T' B, columns)`."""
    first = max(sequences.first, lags)
    X = lag_matrix(sequences.inputs, lags, first)
    return sequences.targets[first:, :, 0], np.concatenate([np.ones((len(X), 1)), X], axis=1)


def whiten(residuals: Array) -> Array:
    """Return what an autoregression, its order by AIC, leaves of residuals `(T', B)`."""
    if len(residuals) < 2 * COEFFICIENTS:
        return residuals
    return fit_linear(Sequences(residuals[:-1, :, None], residuals[1:, :, None])).residuals
