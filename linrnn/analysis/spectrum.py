"""Poles of a linear system, what they mean in time and frequency, and how far its matrix is from a normal one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.linear_system import StateSpace
from linrnn.data.sequences import Array

Complex = NDArray[np.complex128]


class TransientGrowth(NamedTuple):
    """The largest spectral norm of a power A^k of the state matrix.

    Parameters
    ----------
    norm : float
        `max_k ||A^k||_2`.
    step : int
        Its k.
    """

    norm: float
    step: int


def poles(system: StateSpace) -> Complex:
    """Return the poles of a system, the eigenvalues of A.

    A pole r e^{i w} contributes r^k e^{i w k} to the impulse response. Those of a defective matrix are accurate to the
    n-th root of the rounding error only: see `pole_conditions`.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    array (n,)
        Complex, the largest modulus first, of a conjugate pair the positive frequency first.
    """
    values = np.linalg.eigvals(system.A).astype(np.complex128)
    return values[np.lexsort((-values.imag, -values.real, -np.abs(values).round(12)))]


def spectral_radius(system: StateSpace) -> float:
    """Return the largest modulus of a pole.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    float
        Below 1 for a stable system.
    """
    return float(np.abs(np.linalg.eigvals(system.A)).max(initial=0.0))


def time_constants(system: StateSpace) -> Array:
    """Return the steps in which the contribution of each pole falls to 1/e, `-1 / ln |pole|`.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    array (n,)
        In steps, in the order of `poles`; 0 for a pole at 0, inf on the unit circle, negative for one that grows.
    """
    moduli = np.abs(poles(system))
    with np.errstate(divide="ignore"):
        return np.where(moduli == 1, np.inf, -1 / np.log(moduli))


def pole_frequencies(system: StateSpace) -> Array:
    """Return the frequency of each pole's contribution, `|angle| / (2 pi)`.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    array (n,)
        In cycles per step, 0 to 0.5, in the order of `poles`.
    """
    return np.abs(np.angle(poles(system))) / (2 * np.pi)


def pole_conditions(system: StateSpace) -> Array:
    """Return the condition number of each pole, `1 / |v^H u|` of its left and right eigenvectors of norm 1.

    A change of A of norm d moves a pole by about d times its condition number: 1 for normal matrices, large (infinite
    but for rounding) for defective ones.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    array (n,)
        In the order of `poles`.

    References
    ----------
    Wilkinson (1965), The Algebraic Eigenvalue Problem.
    """
    from scipy.linalg import eig

    values, left, right = eig(system.A, left=True, right=True)
    order = np.lexsort((-values.imag, -values.real, -np.abs(values).round(12)))
    with np.errstate(divide="ignore"):
        conditions: Array = 1 / np.abs((left.conj() * right).sum(axis=0))
    return conditions[order]


def henrici_departure(system: StateSpace) -> float:
    """Return Henrici's departure of A from a normal matrix, `(||A||_F^2 - sum |pole|^2)^1/2`.

    Computed as the norm of the strict upper triangle of the Schur form, without the cancellation.

    Parameters
    ----------
    system : StateSpace
        With n states.

    Returns
    -------
    float
        0 for a normal matrix; at most its Frobenius norm.

    References
    ----------
    Henrici (1962), Bounds for iterates, inverses, spectral variation and fields of values of non-normal matrices.
    """
    from scipy.linalg import schur

    triangle, _ = schur(system.A, output="complex")
    return float(np.linalg.norm(np.triu(triangle, 1)))


def power_norms(system: StateSpace, steps: int) -> Array:
    """Return the spectral norms of A^0 to A^steps: how much a state can grow, and a gradient backwards.

    Parameters
    ----------
    system : StateSpace
        With n states.
    steps : int
        Largest power.

    Returns
    -------
    array (steps + 1,)
        1 at first; inf where a power is too large for float64.
    """
    norms, power = np.ones(steps + 1), np.eye(system.order)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, steps + 1):
            power = power @ system.A
            norms[k] = np.linalg.norm(power, 2) if np.isfinite(power).all() else np.inf
    return norms


def transient_growth(system: StateSpace, steps: int = 1000) -> TransientGrowth:
    """Return the largest norm of a power of A: above 1, states grow before they decay, whatever the poles.

    Parameters
    ----------
    system : StateSpace
        With n states.
    steps : int
        Largest power.

    Returns
    -------
    TransientGrowth
        `max_k ||A^k||_2`, 1 for a contraction, and its k; at the last step for an unstable system.

    References
    ----------
    Trefethen & Embree (2005), Spectra and Pseudospectra.
    """
    norms = power_norms(system, steps)
    return TransientGrowth(float(norms.max()), int(norms.argmax()))
