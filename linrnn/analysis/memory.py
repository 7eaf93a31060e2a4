"""Memory of a linear system: how well its inputs so far can be read from its noisy state."""

from __future__ import annotations

import numpy as np

from linrnn.analysis.hankel import gramian_factors
from linrnn.analysis.linear_system import StateSpace


def memory_capacity(system: StateSpace, noise: float, horizon: int | None = None) -> float:
    """Return the noise-limited memory capacity, sum_i s_i / (s_i + noise).

    s_i are the eigenvalues of the controllability Gramian. For white inputs of variance 1 and a state that is read with
    white noise, it is the explained share of x_{t-k}, best read by least squares, summed over all delays k and inputs.
    Without noise it is n for any controllable system (Jaeger 2001), and numerically wrong for large n.

    Parameters
    ----------
    system : StateSpace
        With n states.
    noise : float
        Variance of the noise of each state, above 0.
    horizon : int, optional
        Number of delays; by default all of a stable system, and 100 of an unstable one, with a warning.

    Returns
    -------
    float
        In steps (of one input), 0 to n.

    Raises
    ------
    ValueError
        If the noise is not above 0.

    References
    ----------
    Jaeger (2001), Short term memory in echo state networks; White, Lee & Sompolinsky (2004), Short-term memory in
    orthogonal neural networks.
    """
    if not noise > 0:
        raise ValueError(f"noise must be above 0, not {noise}")
    Z, _, _ = gramian_factors(system, horizon)
    s = np.linalg.svd(Z, compute_uv=False) ** 2
    return float((s / (s + noise)).sum())
