"""A linear recurrence as an iterated affine map: its state is a sum over all inputs so far and the first state."""

from __future__ import annotations

import numpy as np

from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.network_response import respond
from linrnn.data.sequences import Array
from linrnn.models.network import Network


def unroll_states(system: StateSpace, inputs: Array) -> Array:
    """The states h_t = W^{t+1} h_0 + sum_k W^k (U x_{t-k} + b) by powers of W, without a recurrence.

    Parameters
    ----------
    system : StateSpace
        Of a linear network, with its first state.
    inputs : array (T, m)
        Inputs x_0 to x_{T-1}.

    Returns
    -------
    array (T, n)
        The states after each step.

    References
    ----------
    Kailath (1980), Linear Systems.
    """
    powers = [np.eye(system.order)]
    for _ in inputs:
        powers.append(system.A @ powers[-1])
    drive = inputs @ system.B.T + system.state_offset
    return np.stack(
        [
            powers[t + 1] @ system.initial_state + sum(powers[k] @ drive[t - k] for k in range(t + 1))
            for t in range(len(inputs))
        ]
    )


def unrolling_error(network: Network, system: StateSpace, inputs: Array) -> float:
    """Largest difference of the states of a network of one layer from the sum, relative to the largest state.

    The network starts from the first state of the system and reads the inputs `(T, m)` step by step.
    """
    import torch

    states, state = [], torch.tensor(system.initial_state)[None]
    with torch.no_grad():
        for x in torch.from_numpy(inputs):
            _, state = network(x[None, None], state)
            states.append(state[0].numpy())
    difference = np.abs(np.stack(states) - unroll_states(system, inputs)).max()
    return float(difference / np.abs(states).max())


def affine_share(network: Network, first: Array, second: Array) -> float:
    """|f(x1 + x2) - f(x1) - f(x2)| / |f(x1 + x2)| of the outputs f with the biases, for inputs `(T, B, m)`."""
    one, two, both = (respond(network, inputs) for inputs in (first, second, first + second))
    return float(np.linalg.norm(both - one - two) / np.linalg.norm(both))
