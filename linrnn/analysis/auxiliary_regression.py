"""Auxiliary regressions: whether products of the regressors explain residuals of a linear fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, islice
from math import comb
from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Array

RESAMPLES = 999  # of the wild bootstrap
CHUNK = 100  # resamples at once
TERMS = 80  # products, at most
ROWS, BLOCKS = 15, 4  # residuals, and independent blocks of them, for each product, at least
RANK = 1e-8  # relative size of a column that is no combination of the others
ROUNDING = 1e-12  # of the residual variance


class Regression(NamedTuple):
    """Result of an auxiliary regression of N residuals."""

    statistic: float  # F
    p: float  # of the wild bootstrap
    effect: float  # adjusted R^2: part of the residual variance that the extra terms explain
    terms: int  # extra terms that are linearly independent
    rows: int  # N


def product_terms(columns: Array, degrees: Sequence[int]) -> Array:
    """Return all products of these degrees of the columns `(N, m)`, `(N, terms)`."""
    count = columns.shape[1]
    products = [
        columns[:, list(factors)].prod(axis=1)
        for degree in degrees
        for factors in combinations_with_replacement(range(count), degree)
    ]
    return np.stack(products, axis=1)


def most_terms(steps: int, batch: int, block: int) -> int:
    """Return the number of terms that residuals `(steps, batch)` allow, where those of a block may be dependent."""
    return min(TERMS, steps * batch // ROWS, -(-steps // block) * batch // BLOCKS)


def column_count(degrees: Sequence[int], most: int) -> int:
    """Return the largest number of columns, 1 or more, that have at most so many products of these degrees."""
    fitting = [m for m in range(1, TERMS) if sum(comb(m + d - 1, d) for d in degrees) <= most]
    return max(fitting, default=1)


def regress_residuals(residuals: Array, design: Array, extra: Array, block: int) -> Regression:
    """Test whether extra terms explain residuals of a linear fit.

    Parameters
    ----------
    residuals : array (T', B)
        Residuals of a least-squares fit.
    design : array (T' B, columns)
        The regressors of that fit, with a constant.
    extra : array (T' B, terms)
        Further regressors.
    block : int
        Steps over which residuals may depend on each other. They change signs together, so that a resample has the
        same dependence.

    Returns
    -------
    Regression
        F statistic of the extra terms, and its p by a wild bootstrap, which allows for residuals of any variance,
        constant or not.

    References
    ----------
    F statistic as in Teraesvirta, Lin & Granger 1993. Wild bootstrap with the design as it is and Rademacher's signs:
    Davidson & Flachaire 2008; Goncalves & Kilian 2004 for autoregressions; by blocks: Shao 2010.
    """
    Q, e = orthonormal_basis(design), residuals.ravel()
    e, Z = e - Q @ (Q.T @ e), extra - Q @ (Q.T @ extra)
    P = orthonormal_basis(Z, np.linalg.norm(extra, axis=0).max())
    terms, freedom = P.shape[1], len(e) - Q.shape[1] - P.shape[1]
    if not terms or freedom < 1 or not e.any():
        return Regression(0.0, 1.0, 0.0, terms, len(e))

    explained, squares = float(np.square(P.T @ e).sum()), float(e @ e)

    def compute_f(explained: Array | float, total: Array | float) -> Array:
        """F = (explained / terms) / (rest / freedom)."""
        return np.asarray(explained / terms / (np.maximum(total - explained, ROUNDING * squares) / freedom))

    errors = e / np.maximum(1 - np.square(Q).sum(axis=1), RANK)  # as large as before the fit
    weights, total = np.concatenate([P, Q], axis=1) * errors[:, None], errors @ errors
    values = []
    for signs in islice(draw_signs(len(residuals), residuals.shape[1], block), -(-RESAMPLES // CHUNK)):
        parts = np.square(weights.T @ signs)
        values.append(compute_f(parts[:terms].sum(axis=0), total - parts[terms:].sum(axis=0)))
    statistic = float(compute_f(explained, squares))
    p = (1 + int((np.concatenate(values)[:RESAMPLES] >= statistic).sum())) / (1 + RESAMPLES)
    effect = 1 - max(1 - explained / squares, 0.0) * (freedom + terms) / freedom
    return Regression(statistic, p, effect, terms, len(e))


def draw_signs(steps: int, batch: int, block: int) -> Iterator[Array]:
    """Yield signs `(steps * batch, CHUNK)`, the same for the steps of a block of one sequence."""
    rng = np.random.default_rng(0)
    while True:
        signs = rng.integers(0, 2, (-(-steps // block), batch, CHUNK), dtype=np.int8)
        signs = np.repeat(signs, block, axis=0)[:steps]
        yield np.asarray(2 * signs - 1, float).reshape(steps * batch, CHUNK)


def orthonormal_basis(columns: Array, scale: float | None = None) -> Array:
    """Return an orthonormal basis of the span of columns `(N, m)`, without those that are rounding errors of `scale`.

    By default `scale` is the norm of the largest column.
    """
    from scipy.linalg import qr

    Q, R = np.linalg.qr(columns)
    rotation, pivots, _ = qr(R, mode="economic", pivoting=True)  # of the small R, where pivoting costs nothing
    diagonal = np.abs(np.diag(pivots))
    largest = diagonal.max(initial=0) if scale is None else scale
    basis: Array = Q @ rotation[:, diagonal > RANK * largest]
    return basis
