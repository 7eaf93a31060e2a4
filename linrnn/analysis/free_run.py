"""Free runs: networks that read their own predictions in place of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Array
from linrnn.models.elman import Elman
from linrnn.models.model import Model, Shapes, unflatten

if TYPE_CHECKING:
    from torch import Tensor


def run_freely(model: Model, shapes: Shapes, weights: NDArray[np.float32], series: Array, steps: int) -> Array:
    """Continue a series that is predicted one step ahead.

    Parameters
    ----------
    model : Model
        An Elman network of one input and one output.
    shapes : dict of str to tuple of int
        Shapes of its parameters.
    weights : array (S, P)
        Weights of S replicas.
    series : array (T,)
        The series so far; the last output of a network is its prediction of the next value.
    steps : int
        Number of values, at least 1.

    Returns
    -------
    array (S, steps)
        The next values of each replica, each the input of its next step, in float64; not finite where it diverges.

    Raises
    ------
    ValueError
        If the model is of another family.
    """
    import torch

    from linrnn.training.evaluation import single_torch_thread

    if not isinstance(model, Elman):
        raise ValueError(f"free runs are of Elman networks, not of {model.name}")
    with single_torch_thread(), torch.no_grad():
        parameters = unflatten(torch.from_numpy(weights.astype(np.float64)), shapes)
        inputs = torch.from_numpy(series.astype(np.float64))[:, None, None]
        outputs, state = model.forward(parameters, inputs, model.zero_state(len(weights), 1, like=inputs))
        values = [outputs[:, -1:]]
        while len(values) < steps:
            values.append(step_replicas(model, parameters, values[-1], state))
        return np.asarray(torch.cat(values, dim=1)[..., 0, 0].numpy())


def step_replicas(model: Elman, parameters: Mapping[str, Tensor], inputs: Tensor, state: Tensor) -> Tensor:
    """Outputs `(S, 1, 1, O)` of one step of inputs `(S, 1, 1, I)`, one for each replica; the state is updated."""
    from linrnn.models.recurrence import project, recurrence_definition

    hidden = inputs
    for k, layer in enumerate(model.layers):
        bias = parameters[f"b{layer}"] + parameters.get(f"a{layer}", 0)
        drive = project(hidden, parameters[f"U{layer}"], bias)
        hidden = recurrence_definition(drive, parameters[f"W{layer}"], state[:, k], model.activation)
        state[:, k] = hidden[:, -1]
    return project(hidden, parameters["C"], parameters["c"])
