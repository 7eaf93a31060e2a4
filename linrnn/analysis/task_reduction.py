"""The reduction of a trained network of any model type on its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from linrnn.analysis.linear_approximation import best_linear_approximation
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.network_response import respond
from linrnn.analysis.reduction import MARGIN, Reduction, reduce_system
from linrnn.analysis.truncation import delay_output
from linrnn.baseline.baselines import limit_blas
from linrnn.data.sequences import Array, Splits
from linrnn.errors import ConfigError
from linrnn.models.linear import Linear
from linrnn.models.model import Model
from linrnn.models.network import Network, build_network
from linrnn.training.evaluation import evaluate

MOST_ORDERS = 64  # of a linear approximation, whose kernel has up to 128 steps


def reduce_to_task(
    model: Model, parameters: Mapping[str, Array], splits: Splits, order: int | None = None, margin: float = MARGIN
) -> Reduction:
    """Reduce a trained network to each order and measure the losses on a task.

    Of a nonlinear network, its best linear approximation on the training inputs is reduced.

    Parameters
    ----------
    model : Model
        Its model type.
    parameters : mapping of str to array
        Parameters of one replica, by name.
    splits : Splits
        Sequences of the task.
    order : int, optional
        The hidden size to take; by default the smallest one within the margin.
    margin : float
        Largest relative increase of the validation loss.

    Returns
    -------
    Reduction

    Raises
    ------
    ConfigError
        If the order is not in 1 to the hidden size, an unstable network grows beyond what can be computed, or there are
        too few inputs for a linear approximation.
    """
    with limit_blas():
        try:
            if isinstance(model, Linear):
                return reduce_system(delay_output(parameters), splits, order, margin)
            return reduce_approximation(build(model, parameters), splits, order, margin)
        except ValueError as error:
            raise ConfigError(str(error)) from error


def build(model: Model, parameters: Mapping[str, Array]) -> Network:
    """Build a network of its parameters, in float64."""
    import torch

    network = build_network(model, *model.sizes({name: value.shape for name, value in parameters.items()})).double()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in parameters.items()})
    return network


def reduce_approximation(network: Network, splits: Splits, order: int | None, margin: float) -> Reduction:
    """Reduce the best linear approximation of a network on the training inputs to each order."""
    best = best_linear_approximation(network, splits.train.inputs)
    rest = respond(network, np.broadcast_to(best.center, (len(best.kernel), 1, len(best.center))))[-1, 0]
    late = shift_register(best.kernel, best.center, best.shift + rest)
    reduction = reduce_system(late, splits, order, margin, MOST_ORDERS)
    row = np.concatenate([network.get_parameter(name).detach().numpy().ravel() for name in network.shapes])[None]
    val, test = (float(evaluate(network.model, network.shapes, row, each)[0]) for each in splits[1:])
    return replace(
        reduction, source_val_loss=val, source_test_loss=test, is_exact=False, linear_share=best.linear_share
    )


def shift_register(kernel: Array, center: Array, offset: Array) -> StateSpace:
    """Return the network y_t = offset + sum_k kernel_k (x_{t-k} - center), in the form of `delay_output`.

    Its N I states, of a kernel `(N, O, I)`, are the last N inputs less the center `(I,)`.
    """
    steps, outputs, inputs = kernel.shape
    U = np.eye(steps * inputs, inputs)
    C = kernel.swapaxes(0, 1).reshape(outputs, -1)
    return StateSpace(np.eye(steps * inputs, k=-inputs), U, C, np.zeros((outputs, inputs)), -U @ center, offset)
