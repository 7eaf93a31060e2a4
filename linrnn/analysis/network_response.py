"""Responses and states of a network in double precision: what its weights do, without the rounding of training."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np

from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import Tensor, nn

    from linrnn.models.network import Network


def respond(network: nn.Module, inputs: Array) -> Array:
    """Return the outputs of a network, of a float64 copy of its weights, from its zero state.

    Parameters
    ----------
    network : torch.nn.Module
        Any module that maps inputs `(T, B, I)` to outputs `(T, B, O)`, or to outputs and a state: a trained network of
        `tracking.load`, `torch.nn.RNN`, ...
    inputs : array (T, B, I)
        Input sequences.

    Returns
    -------
    array (T, B, O)
        Output of each step.
    """
    import torch

    from linrnn.models.network import Network
    from linrnn.training.evaluation import PART_STATES, single_torch_thread

    exact, values = deepcopy(network).double(), torch.from_numpy(np.ascontiguousarray(inputs, dtype=float))
    with single_torch_thread(), torch.no_grad():
        if isinstance(exact, Network):
            outputs, state = [], None
            for part in torch.split(values, max(PART_STATES // max(values.shape[1] * exact.model.hidden_size, 1), 1)):
                output, state = exact(part, state)
                outputs.append(output)
            result = torch.cat(outputs)
        else:
            whole = exact(values)
            result = whole[0] if isinstance(whole, tuple) else whole
        return np.asarray(result.numpy())


def advance(network: Network, states: Tensor, constant: Tensor) -> tuple[Tensor, Tensor]:
    """Return states `(N, d)` and outputs `(N, O)` of one step from states `(N, d)` under an input `(I,)`.

    d is the number of all state variables: of a stack of L layers of H units, L H, layer by layer.
    """
    zero = network.model.zero_state(1, len(states), like=states)
    axis = batch_axis(network, states)
    start = states.reshape(len(states), *zero.shape[:axis], *zero.shape[axis + 1 :]).movedim(0, axis)
    parameters = {name: value.detach()[None].to(states) for name, value in network.named_parameters()}
    inputs = constant.expand(1, len(states), len(constant))
    outputs, state = network.model.forward(parameters, inputs, start.contiguous())
    return state.movedim(axis, 0).reshape(len(states), -1), outputs[0, 0]


def batch_axis(network: Network, like: Tensor) -> int:
    """Return the axis of a state that counts sequences."""
    one, two = (network.model.zero_state(1, batch, like=like).shape for batch in (1, 2))
    return next(axis for axis, (first, second) in enumerate(zip(one, two, strict=True)) if first != second)


def walk(network: Network, inputs: Array) -> Array:
    """Return the states `(T, B, d)` after each step of inputs `(T, B, I)` from the zero state, of any model type."""
    import torch

    from linrnn.training.evaluation import single_torch_thread

    model, drive = network.model, torch.from_numpy(np.ascontiguousarray(inputs, dtype=float))
    parameters = {name: value[None].double() for name, value in network.named_parameters()}
    axis, batch = batch_axis(network, drive), drive.shape[1]
    states = []
    with single_torch_thread(), torch.no_grad():
        state = model.zero_state(1, batch, like=drive)
        for step in drive.unbind():
            _, state = model.forward(parameters, step[None], state)
            states.append(state.movedim(axis, 0).reshape(batch, -1).numpy())
    return np.stack(states)
