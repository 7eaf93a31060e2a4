"""Least squares on a number of past inputs, in closed form: what the linear models of the publications aim at."""

from __future__ import annotations

import numpy as np

from linrnn.baseline.baselines import limit_blas
from linrnn.baseline.lags import lag_matrix
from linrnn.data.sequences import Array, Sequences


def fit_lags(train: Sequences, lags: int) -> Array:
    """Return the coefficients of a constant and of x_t, ..., x_{t - lags}, `(1 + (lags + 1) * features, outputs)`."""
    from scipy.linalg import lstsq

    part = train._replace(first=max(train.first, lags))  # whose past is complete
    with limit_blas():
        coefficients: Array = lstsq(design_matrix(part, lags), stack_targets(part))[0]
    return coefficients


def measure_lags(coefficients: Array, lags: int, sequences: Sequences) -> float:
    """Return the normalized loss of a fit on other sequences."""
    with limit_blas():
        errors = design_matrix(sequences, lags) @ coefficients - stack_targets(sequences)
    return float(np.square(errors).mean() / sequences.scale)


def design_matrix(sequences: Sequences, lags: int) -> Array:
    """Return a constant and the lags of each step that counts, `(steps * batch, 1 + (lags + 1) * features)`."""
    lagged = lag_matrix(sequences.inputs, lags, sequences.first)
    return np.concatenate([np.ones((len(lagged), 1)), lagged], axis=1)


def stack_targets(sequences: Sequences) -> Array:
    """Return the targets that enter the loss, `(steps * batch, outputs)`."""
    return sequences.targets[sequences.first :].reshape(-1, sequences.targets.shape[2])
