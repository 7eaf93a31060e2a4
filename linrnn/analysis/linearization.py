"""The linearization of a network at a state: Jacobians of its state map, and slopes of its units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.network_response import advance
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import Tensor

    from linrnn.models.network import Network

SLOPES: dict[str, Callable[[Array], Array]] = {  # f'(a) from the state h = f(a)
    "linear": np.ones_like,
    "tanh": lambda h: 1 - h**2,
}


class Linearization(NamedTuple):
    """The state map h_t = F(h_{t-1}, x_t) at a state and an input, to first order.

    h_t = image + A (h_{t-1} - state) + B (x_t - input), d state variables and I inputs.
    """

    state: Array  # (d,)
    input: Array  # (I,)
    image: Array  # (d,), F(state, input)
    A: Array  # (d, d)
    B: Array  # (d, I)

    @property
    def poles(self) -> NDArray[np.complex128]:
        """Eigenvalues of A `(d,)`, the largest modulus first."""
        poles = np.linalg.eigvals(self.A).astype(complex)
        return poles[np.argsort(-np.abs(poles), kind="stable")]


def linearize(network: Network, state: Sequence[float] | Array, constant: Sequence[float] | Array) -> Linearization:
    """Return the first-order expansion of a network's state map, in float64.

    For a tanh network A = diag(1 - tanh^2(a)) W and B = diag(1 - tanh^2(a)) U with a = W h + U x + b; other model types
    by automatic differentiation of their own formula.

    Parameters
    ----------
    network : Network
        A network of any model type.
    state : array (d,)
        The state before the step: of a stack of L layers of H units, L H values, layer by layer.
    constant : array (I,)
        The input of the step.

    Returns
    -------
    Linearization

    References
    ----------
    Sussillo & Barak (2013), Opening the black box. The error is of second order in the distance from the state, and of
    third order where the second derivative is zero: a tanh network at h = 0 with b = 0 and x = 0.
    """
    import torch

    state, constant = (np.asarray(each, dtype=float) for each in (state, constant))
    size = len(state)
    states = torch.from_numpy(np.tile(state, (size, 1))).requires_grad_()
    inputs = torch.from_numpy(constant).requires_grad_()
    images, A = differentiate(network, states, inputs.detach())
    B = [
        torch.autograd.grad(advance(network, states[:1].detach(), inputs)[0, k], inputs)[0].numpy() for k in range(size)
    ]
    return Linearization(state, constant, images[0], A[0], np.stack(B))


def differentiate(network: Network, states: Tensor, constant: Tensor) -> tuple[Array, Array]:
    """Return F `(n, d)` and its Jacobians `(n, d, d)` at n states, each of them repeated d times: `(n d, d)`.

    Sequences do not depend on each other: row k of a Jacobian is the gradient of the output k of copy k.
    """
    import torch

    size = states.shape[1]
    count = len(states) // size
    images = advance(network, states, constant)
    seeds = torch.eye(size, dtype=states.dtype).repeat(count, 1)
    (rows,) = torch.autograd.grad(images, states, seeds)
    return images.detach().numpy()[::size], rows.numpy().reshape(count, size, size)


def unit_slopes(network: Network, inputs: Array) -> Array:
    """Return the mean slope f'(a) of each unit over inputs, `(L, H)`: 1 where a unit works linearly, 0 if saturated.

    Parameters
    ----------
    network : Network
        An Elman network: `linear`, `tanh`, ...
    inputs : array (T, B, I)
        Input sequences, from the zero state: the task's own.

    Returns
    -------
    array (L, H)
        Mean over steps and sequences, of each unit of each layer.

    Raises
    ------
    ValueError
        The model type has no activation whose slope is known.
    """
    import torch

    from linrnn.models.elman import Elman
    from linrnn.models.recurrence import project, recurrence
    from linrnn.training.evaluation import single_torch_thread

    model = network.model
    if not isinstance(model, Elman) or model.activation not in SLOPES:
        raise ValueError(f"a {model.name} network has no units with one slope each")
    weights = {name: value[None].double() for name, value in network.named_parameters()}
    slopes, hidden = [], torch.from_numpy(np.ascontiguousarray(inputs, dtype=float))[None]
    with single_torch_thread(), torch.no_grad():
        for layer in model.layers:
            drive = project(hidden, weights[f"U{layer}"], weights[f"b{layer}"])
            hidden = recurrence(drive, weights[f"W{layer}"], torch.zeros_like(drive[:, 0]), model.activation)
            slopes.append(SLOPES[model.activation](hidden[0].numpy()).mean(axis=(0, 1)))
    return np.stack(slopes)
