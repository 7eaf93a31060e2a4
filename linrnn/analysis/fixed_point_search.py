"""Fixed points of a network under a constant input, and what it does near them (Sussillo & Barak 2013)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from linrnn.analysis.linearization import Linearization, differentiate, linearize
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from linrnn.models.network import Network

RESIDUAL = 1e-9  # largest |F(h) - h| of a fixed point, per unit of max(|h|, 1)
DISTANCE = 1e-5  # between two fixed points that are not the same, per unit of max(|h|, 1)
MOST_EVALUATIONS = 200  # of the state map and its Jacobian, from one start


class FixedPoint(NamedTuple):
    """A state that a constant input does not change.

    Parameters
    ----------
    linearization : Linearization
        The network near it.
    """

    linearization: Linearization

    @property
    def state(self) -> Array:
        """The state `(d,)`."""
        return self.linearization.state

    @property
    def spectral_radius(self) -> float:
        """Largest modulus of the poles; states near it return to it if it is below 1."""
        return float(np.abs(self.linearization.poles).max())

    @property
    def is_stable(self) -> bool:
        """Whether states near it return to it."""
        return self.spectral_radius < 1

    @property
    def unstable_directions(self) -> int:
        """Number of poles with a modulus above 1: 0 of an attractor, d of a repeller, otherwise of a saddle."""
        return int((np.abs(self.linearization.poles) > 1).sum())


def fixed_points(network: Network, constant: ArrayLike, starts: Array) -> list[FixedPoint]:
    """Return the fixed points h = F(h, x) of a network under a constant input that a search from some states reaches.

    Parameters
    ----------
    network : Network
        A network of any model type; its weights are used in float64.
    constant : array (I,)
        The input x: the mean of the task's inputs, for example.
    starts : array (N, d)
        States to start from: those that the network visits on its task (`walk`), and the zero state.

    Returns
    -------
    list of FixedPoint
        Different ones, the most stable first. There may be others, which no start leads to; a network whose state grows
        without bound may have none.

    References
    ----------
    Sussillo & Barak (2013): minimize `|F(h) - h|^2`; here by Levenberg-Marquardt (More 1978), with the exact Jacobian.
    """
    drive = np.array(constant, dtype=float)
    states: list[Array] = []
    for state in search(network, drive, starts):
        if all(np.abs(state - other).max() > DISTANCE * max(np.abs(state).max(), 1) for other in states):
            states.append(state)
    points = [FixedPoint(linearize(network, state, drive)) for state in states]
    return sorted(points, key=lambda point: point.spectral_radius)


def search(network: Network, constant: Array, starts: Array) -> Iterator[Array]:
    """Yield the state `(d,)` that the search from each start reaches, if it is a fixed point."""
    import torch
    from scipy.optimize import root  # slow to import

    from linrnn.training.evaluation import single_torch_thread

    drive = torch.from_numpy(constant)

    def residual(state: Array) -> tuple[Array, Array]:
        image, jacobian = differentiate(network, state, drive)
        return image - state, jacobian - np.eye(len(state))

    with single_torch_thread(), np.errstate(all="ignore"):
        for start in starts:
            result = root(residual, start, method="lm", jac=True, options={"maxiter": MOST_EVALUATIONS, "xtol": 1e-14})
            scale = max(np.abs(result.x).max(), 1)
            if np.isfinite(result.fun).all() and np.abs(result.fun).max() <= RESIDUAL * scale:
                yield result.x
