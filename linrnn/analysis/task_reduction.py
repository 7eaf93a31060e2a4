"""The reduction of a trained network of any model type on its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from linrnn.analysis.linear_approximation import best_linear_approximation
from linrnn.analysis.linear_parameters import collapse_layers, recurrence_parameters
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.network_response import respond
from linrnn.analysis.reduction import MARGIN, Reduction, ReductionTarget, reduce_system
from linrnn.analysis.truncation import delay_output, late_system
from linrnn.baseline.baselines import limit_blas
from linrnn.data.sequences import Array, Splits
from linrnn.errors import ConfigError
from linrnn.models.linear import Linear
from linrnn.models.linear_mlp import LinearMlp
from linrnn.models.model import LinearPart, Model
from linrnn.models.network import Network, build_network
from linrnn.training.evaluation import evaluate

MOST_ORDERS = 64  # of a linear approximation, whose kernel has up to 128 steps


def reduce_to_task(
    model: Model,
    parameters: Mapping[str, Array],
    splits: Splits,
    order: int | None = None,
    margin: float = MARGIN,
    is_exact: bool = True,
) -> Reduction:
    """Reduce a trained network to each order and measure the losses on a task.

    Of a linear recurrence with a nonlinear readout, the recurrence is reduced and the readout kept. Of another
    nonlinear network, its best linear approximation on the training inputs is reduced.

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
    is_exact : bool
        Whether a network that is linear, or whose recurrence is, is itself reduced, and not its approximation.

    Returns
    -------
    Reduction

    Raises
    ------
    ConfigError
        If the order is not in 1 to the number of states, an unstable network grows beyond what can be computed, or
        there are too few inputs for a linear approximation.
    """
    with limit_blas():
        try:
            if not is_exact or model.linear_part == LinearPart.NONE:
                return reduce_approximation(build(model, parameters), splits, order, margin)
            if isinstance(model, LinearMlp):
                late = late_system(collapse_layers(recurrence_parameters(parameters)))
                return reduce_system(late, splits, order, margin, target=readout_target(model, parameters))
            return reduce_system(delay_output(parameters), splits, order, margin)
        except ValueError as error:
            raise ConfigError(str(error)) from error


def reduction_model(model: Model, reduction: Reduction) -> Model:
    """Return the model type of the network that a network of a model type was reduced to."""
    if reduction.is_exact and isinstance(model, LinearMlp):
        return readout_target(model, {}).resize_model(reduction.order)
    return Linear(reduction.order)


def readout_target(model: LinearMlp, parameters: Mapping[str, Array]) -> ReductionTarget:
    """Return the form of reduced networks with the readout of a network."""
    readout = {name: parameters[name] for name in "Cc" if name in parameters}
    return ReductionTarget(LinearMlp(readout_size=model.readout_size), readout)


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
