"""Gramians of a linear system, its Hankel singular values, and its minimal order.

Gramians are computed in factors, P = Z Z^T, by doubling the number of terms of P = sum_k A^k B B^T (A^T)^k (squared
Smith method, Smith 1968; in factors Penzl 1999). Small singular values of a factor are accurate relative to the largest
one; those of P itself would be lost in the square root of the rounding error.
"""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np

from linrnn.analysis.linear_system import SQUARINGS, StateSpace
from linrnn.data.sequences import Array

HORIZON = 100  # steps of the sums over an unstable system, where none is named
NEGLIGIBLE = 1e-17  # norm of a power of A beyond which terms do not count


class UnstableSystemWarning(UserWarning):
    """The spectral radius of a system is not below 1: its Gramians are those of a finite horizon."""


class Gramians(NamedTuple):
    """Both Gramians of a system.

    Parameters
    ----------
    controllability, observability : array (n, n)
        P and Q, symmetric and positive semidefinite.
    horizon : float
        Steps that they sum over; inf for all.
    """

    controllability: Array
    observability: Array
    horizon: float


def controllability_gramian(system: StateSpace, horizon: int | None = None) -> Array:
    """Return P = sum_k A^k B B^T (A^T)^k, the covariance of the state for white inputs of variance 1.

    Parameters
    ----------
    system : StateSpace
        With n states.
    horizon : int, optional
        Number of terms; by default all of a stable system, and 100 of an unstable one, with a warning.

    Returns
    -------
    array (n, n)
        Symmetric, positive semidefinite.

    Raises
    ------
    ValueError
        If the sum is too large for float64, as that of an unstable system over a long horizon.

    References
    ----------
    Kailath (1980), Linear Systems.
    """
    return gramians(system, horizon).controllability


def observability_gramian(system: StateSpace, horizon: int | None = None) -> Array:
    """Return Q = sum_k (A^T)^k C^T C A^k, whose form s^T Q s is the energy of the outputs from the state s.

    Parameters
    ----------
    system : StateSpace
        With n states.
    horizon : int, optional
        Number of terms; by default all of a stable system, and 100 of an unstable one, with a warning.

    Returns
    -------
    array (n, n)
        Symmetric, positive semidefinite.

    Raises
    ------
    ValueError
        If the sum is too large for float64, as that of an unstable system over a long horizon.

    References
    ----------
    Kailath (1980), Linear Systems.
    """
    return gramians(system, horizon).observability


def gramians(system: StateSpace, horizon: int | None = None) -> Gramians:
    """Return both Gramians of a system.

    Parameters
    ----------
    system : StateSpace
        With n states.
    horizon : int, optional
        Number of terms; by default all of a stable system, and 100 of an unstable one, with a warning.

    Returns
    -------
    Gramians
        P and Q `(n, n)` with P = A P A^T + B B^T, Q = A^T Q A + C^T C over an infinite horizon, and the horizon.

    Raises
    ------
    ValueError
        If a sum is too large for float64, as that of an unstable system over a long horizon.

    References
    ----------
    Moore (1981), Principal component analysis in linear systems.
    """
    Z, Y, steps = gramian_factors(system, horizon)
    return Gramians(Z @ Z.T, Y @ Y.T, steps)


def hankel_singular_values(system: StateSpace, horizon: int | None = None) -> Array:
    """Return the Hankel singular values, the square roots of the eigenvalues of P Q.

    They are the singular values of the matrix of C A^(i+j) B, i, j = 0, 1, ..., which maps past inputs to later
    outputs: how much each of n balanced states carries from the past to the future.

    Parameters
    ----------
    system : StateSpace
        With n states.
    horizon : int, optional
        Number of past and later steps; by default all of a stable system, and 100 of an unstable one, with a warning.

    Returns
    -------
    array (n,)
        The largest first; errors are relative to it.

    Raises
    ------
    ValueError
        If the sums are too large for float64.

    References
    ----------
    Moore (1981); Glover (1984), All optimal Hankel-norm approximations.
    """
    Z, Y, _ = gramian_factors(system, horizon)
    return np.linalg.svd(Y.T @ Z, compute_uv=False).astype(np.float64)


def minimal_order(system: StateSpace, tolerance: float = 1e-10) -> int:
    """Return the smallest number of states with the same impulse response, the rank of the Hankel matrix.

    The matrix of n times n blocks C A^(i+j) B has the rank of the infinite one, whether or not the system is stable.

    Parameters
    ----------
    system : StateSpace
        With n states.
    tolerance : float
        Singular values below this share of the largest one count as 0.

    Returns
    -------
    int
        0 to n. A linear *network* of this function can need one unit more for each input, as it has no D of its own.

    References
    ----------
    Ho & Kalman (1966), Effective construction of linear state-variable models from input/output functions.
    """
    if not system.order:
        return 0
    Z, Y, _ = gramian_factors(system, system.order)
    values = np.linalg.svd(Y.T @ Z, compute_uv=False)
    return int((values > max(tolerance * values[0], rounding_error(Z, Y))).sum())


def gramian_factors(system: StateSpace, horizon: int | None = None) -> tuple[Array, Array, float]:
    """Return Z and Y `(n, n)` with P = Z Z^T and Q = Y Y^T, and the horizon."""
    steps = choose_horizon(system, horizon)
    Z, Y = (_factor(A, B, steps) for A, B in ((system.A, system.B), (system.A.T, system.C.T)))
    if not (np.isfinite(Z).all() and np.isfinite(Y).all()):
        raise ValueError(f"the Gramians over {steps:g} steps are too large for float64: choose a shorter horizon")
    return Z, Y, steps


def rounding_error(Z: Array, Y: Array) -> float:
    """Return the size of the rounding errors in the singular values of Y^T Z, of factors Z and Y of the Gramians."""
    return float(len(Z) * np.finfo(float).eps * np.linalg.norm(Z) * np.linalg.norm(Y))


def choose_horizon(system: StateSpace, horizon: int | None) -> float:
    """Return the number of terms of the Gramians: as asked for, all of a stable system, or HORIZON, with a warning."""
    if horizon is not None:
        if horizon < 1:
            raise ValueError(f"horizon must be 1 or more, not {horizon}")
        return horizon
    if system.is_stable:
        return math.inf
    warnings.warn(
        f"unstable: the spectral radius is not below 1, Gramians are those of {HORIZON} steps",
        UnstableSystemWarning,
        stacklevel=4,
    )
    return HORIZON


def _factor(A: Array, B: Array, steps: float) -> Array:
    """Z `(n, n)` with Z Z^T = sum_{k < steps} A^k B B^T (A^T)^k."""
    with np.errstate(over="ignore", invalid="ignore"):
        Z, power = _compress(B), A
        if math.isinf(steps):
            for _ in range(SQUARINGS + 8):
                if np.linalg.norm(power) < NEGLIGIBLE:
                    break
                Z, power = _compress(np.concatenate([Z, power @ Z], axis=1)), power @ power
            return Z
        for bit in bin(int(steps))[3:]:
            Z, power = _compress(np.concatenate([Z, power @ Z], axis=1)), power @ power
            if bit == "1":
                Z, power = _compress(np.concatenate([B, A @ Z], axis=1)), A @ power
        return Z


def _compress(Z: Array) -> Array:
    """Return a square factor `(n, n)` with the same product Z Z^T, zeros where there are fewer columns."""
    n, columns = Z.shape
    if columns <= n:
        return np.concatenate([Z, np.zeros((n, n - columns))], axis=1)
    if not np.isfinite(Z).all():
        return np.full((n, n), np.inf)
    _, triangle = np.linalg.qr(Z.T)
    return triangle.T
