"""Gradients through time: how much a state depends on the states some steps before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from linrnn.analysis.network_response import batch_axis
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import Tensor

    from linrnn.models.network import Network


def gradient_norms(network: Network, steps: int, inputs: Array | Tensor | None = None) -> Array:
    """Return the spectral norms of dh_T / dh_{T-k} for k = 0 to steps.

    Of a linear network ||W^k||, the same for all inputs; of a tanh network ||prod_t diag(1 - h_t^2) W|| along the
    trajectory that the inputs drive. Those of further model types and of stacks
    follow from the derivatives of one step.

    Parameters
    ----------
    network : Network
        Of any model type, with n states in all layers.
    steps : int
        Largest lag k.
    inputs : array (T, batch, m), optional
        Inputs from the state 0 on, T >= steps; zeros by default.

    Returns
    -------
    array (steps + 1, batch)
        1 for k = 0; the gradient of the last state of each sequence.

    Raises
    ------
    ValueError
        If the inputs have fewer steps, or `steps` is below 1.

    References
    ----------
    Bengio, Simard & Frasconi (1994), Learning long-term dependencies with gradient descent is difficult; Pascanu,
    Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks.
    """
    import torch  # not needed for systems alone

    x = torch.zeros(steps, 1, network.input_size) if inputs is None else torch.as_tensor(inputs)
    if steps < 1 or len(x) < steps:
        raise ValueError(f"steps must be in 1 to the {len(x)} steps of the inputs, not {steps}")
    jacobians = state_jacobians(network, x.double())[len(x) - steps :]
    product = np.broadcast_to(np.eye(jacobians.shape[-1]), jacobians.shape[1:])
    norms = np.ones((steps + 1, x.shape[1]))
    for k, jacobian in enumerate(jacobians[::-1], start=1):
        product = product @ jacobian
        norms[k] = np.linalg.norm(product, 2, axis=(1, 2))
    return norms


def state_jacobians(network: Network, inputs: Tensor) -> Array:
    """Return dh_t / dh_{t-1} `(T, batch, n, n)` along the trajectory of inputs `(T, batch, m)`, from the state 0."""
    import torch

    T, batch, m = inputs.shape
    parameters = {name: value.detach().double()[None] for name, value in network.named_parameters()}
    states = [network.model.zero_state(1, batch, like=inputs)]
    with torch.no_grad():
        for x in inputs[:-1]:
            states.append(network.model.forward(parameters, x[None], states[-1])[1])
    axis = batch_axis(network, inputs)
    before = torch.cat(states, dim=axis).requires_grad_()  # all steps at once, as one batch
    _, after = network.model.forward(parameters, inputs.reshape(1, T * batch, m), before)
    columns = after.movedim(axis, 0).flatten(1).sum(dim=0)  # of independent sequences
    rows = [torch.autograd.grad(each, before, retain_graph=True)[0] for each in columns]
    jacobians: Array = torch.stack([row.movedim(axis, 0).flatten(1) for row in rows], dim=1).numpy()
    return jacobians.reshape(T, batch, *jacobians.shape[1:])
