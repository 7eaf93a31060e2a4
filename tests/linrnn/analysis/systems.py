"""Random linear systems of any size and spectrum, for hypothesis."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from linrnn.analysis import StateSpace


def draw_system(n: int, m: int, p: int, radius: float, seed: int) -> StateSpace:
    """A system of a spectral radius, with an affine part and an initial state."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    A *= radius / max(np.abs(np.linalg.eigvals(A)).max(), 1e-3)
    B, C, D = rng.normal(size=(n, m)), rng.normal(size=(p, n)), rng.normal(size=(p, m))
    return StateSpace(A, B, C, D, rng.normal(size=n), rng.normal(size=p), rng.normal(size=n))


def linear_systems(least: float = 0.0, largest: float = 0.95) -> st.SearchStrategy[StateSpace]:
    """Systems of 1 to 8 states, 1 to 3 inputs and outputs, and a spectral radius in a range."""
    sizes = (st.integers(1, 8), st.integers(1, 3), st.integers(1, 3))
    return st.builds(draw_system, *sizes, st.floats(least, largest), st.integers(0, 2**32 - 1))


def jordan_block(n: int, value: float) -> StateSpace:
    """A system with one defective pole of multiplicity n."""
    return StateSpace(value * np.eye(n) + np.eye(n, k=1), np.ones((n, 1)), np.ones((1, n)), np.zeros((1, 1)))
