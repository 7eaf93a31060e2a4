"""The linearization of a network at a state: Jacobians of its state map, and slopes of its units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.network_response import advance
from linrnn.analysis.spectrum import poles
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import Tensor

    from linrnn.models.network import Network


class Linearization(NamedTuple):
    """A step of a network, h_t = F(h_{t-1}, x_t) and y_t = G(h_{t-1}, x_t), to first order at a state and an input.

    h_t = image + A (h_{t-1} - state) + B (x_t - input), y_t = output + C (h_{t-1} - state) + D (x_t - input), with d
    state variables, I inputs and O outputs.

    Parameters
    ----------
    state, input : array (d,), (I,)
        Where the network is linearized.
    image, output : array (d,), (O,)
        F and G there.
    A, B, C, D : array (d, d), (d, I), (O, d), (O, I)
        Their derivatives.
    """

    state: Array
    input: Array
    image: Array
    output: Array
    A: Array
    B: Array
    C: Array
    D: Array

    @property
    def poles(self) -> NDArray[np.complex128]:
        """Eigenvalues of A `(d,)`, the largest modulus first."""
        return poles(self.system)

    @property
    def system(self) -> StateSpace:
        """The affine system that the network is near the state, from where it starts."""
        state_offset = self.image - self.A @ self.state - self.B @ self.input
        output_offset = self.output - self.C @ self.state - self.D @ self.input
        return StateSpace(self.A, self.B, self.C, self.D, state_offset, output_offset, self.state)


def linearize(network: Network, state: ArrayLike, constant: ArrayLike) -> Linearization:
    """Return the first-order expansion of a step of a network, in float64.

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
        Its `system` is a `StateSpace`, its `poles` are those of the system.

    References
    ----------
    Sussillo & Barak (2013), Opening the black box. The error is of second order in the distance from the state, and of
    third order where the second derivative is zero: a tanh network at h = 0 with b = 0 and x = 0.
    """
    import torch

    from linrnn.training.evaluation import single_torch_thread

    state, constant = (np.array(each, dtype=float) for each in (state, constant))
    size = len(state)

    def step(state: Tensor, constant: Tensor) -> Tensor:
        return torch.cat([each[0] for each in advance(network, state[None], constant)])

    arguments = (torch.from_numpy(state), torch.from_numpy(constant))
    with single_torch_thread():
        values = step(*arguments).numpy()
        jacobian: Any = torch.autograd.functional.jacobian
        J, K = (each.numpy() for each in jacobian(step, arguments))
    return Linearization(state, constant, values[:size], values[size:], J[:size], K[:size], J[size:], K[size:])


def differentiate(network: Network, state: Array, constant: Tensor) -> tuple[Array, Array]:
    """Return F `(d,)` and its Jacobian `(d, d)` at a state `(d,)`.

    Sequences do not depend on each other: row k of the Jacobian is the gradient of the output k of copy k. The sum of
    these outputs is a scalar, as torch loads SymPy for the gradient of anything else.
    """
    import torch

    copies = torch.from_numpy(np.tile(state, (len(state), 1))).requires_grad_()
    images, _ = advance(network, copies, constant)
    (rows,) = torch.autograd.grad(images.diagonal().sum(), copies)
    return images[0].detach().numpy(), rows.numpy()


def unit_slopes(network: Network, inputs: Array) -> Array:
    """Return the mean slope f'(a) of each unit over inputs, `(L, H)`: 1 where a unit works linearly, 0 if saturated.

    Parameters
    ----------
    network : Network
        An Elman network: `linear`, `tanh`, `relu`.
    inputs : array (T, B, I)
        Input sequences, from the zero state: the task's own.

    Returns
    -------
    array (L, H)
        Mean over steps and sequences, of each unit of each layer.

    Raises
    ------
    ValueError
        The model type has no units with one activation each.
    """
    import torch

    from linrnn.models.elman import Elman
    from linrnn.models.recurrence import SLOPES, project, recurrence
    from linrnn.training.evaluation import single_torch_thread

    model = network.model
    if not isinstance(model, Elman):
        raise ValueError(f"a {model.name} network has no units with one slope each")
    weights = {name: value[None].double() for name, value in network.named_parameters()}
    slopes, hidden = [], torch.from_numpy(np.ascontiguousarray(inputs, dtype=float))[None]
    with single_torch_thread(), torch.no_grad():
        for layer in model.layers:
            bias = weights[f"b{layer}"] + weights.get(f"a{layer}", torch.zeros(1))  # the second one, if there is one
            drive = project(hidden, weights[f"U{layer}"], bias)
            start = torch.zeros_like(drive[:, 0])
            hidden = recurrence(drive, weights[f"W{layer}"], start, model.activation, model.units)
            slope = SLOPES[model.activation](hidden[0]).mean(dim=(0, 1)).numpy()
            slope[len(slope) if model.units is None else model.units :] = 1
            slopes.append(slope)
    return np.stack(slopes)
