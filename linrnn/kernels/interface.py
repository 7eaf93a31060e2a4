"""Training steps and losses of the replicas of a network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from linrnn.kernels.codes import Activation
from linrnn.kernels.compilation import Array, zeros
from linrnn.kernels.network_plan import EvaluationPlan, NetworkPlan, Sizes, TrainingPlan
from linrnn.kernels.optimization import (
    PARTS,
    AdamState,
    Curves,
    EpochPlan,
    LossPlan,
    StepSettings,
    squared_errors,
    train_replicas,
)
from linrnn.kernels.program import run

plan_training = lru_cache(maxsize=64)(TrainingPlan)
plan_evaluation = lru_cache(maxsize=64)(EvaluationPlan)


def plan_loss(network: NetworkPlan, rows: int, washout: int) -> LossPlan:
    """Places of the loss of `rows` rows, the first `washout` left out."""
    outputs = network.outputs
    return LossPlan(outputs.start, network.targets.start, rows, outputs.columns, outputs.step, washout)


def plan_sizes(inputs: Array, targets: Array, hidden_size: int, num_layers: int, activation: Activation) -> Sizes:
    """Sizes of a network for these data; ValueError if inputs and targets differ in steps or batch."""
    if inputs.shape[:2] != targets.shape[:2]:
        raise ValueError(f"inputs {inputs.shape} and targets {targets.shape} differ in steps or batch")
    return Sizes(inputs.shape[2], hidden_size, targets.shape[2], num_layers, inputs.shape[1], Activation(activation))


def train_steps(
    weights: Array,
    moment1: Array,
    moment2: Array,
    first_epoch: int,
    rates: Array,
    inputs: Array,
    targets: Array,
    washout: int,
    scale: float,
    clip_norm: float,
    weight_decay: float,
    hidden_size: int,
    num_layers: int,
    activation: Activation,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Train N full-batch epochs of AdamW in place, one per learning rate.

    The loss is scale * mean of (y - target)^2 over the steps after the washout, read before its update. The norm is
    that of its gradient before clipping (Pascanu, Mikolov & Bengio 2013). A replica whose loss or norm is not finite
    has diverged: its weights, later losses and later norms are nan.

    Parameters
    ----------
    weights, moment1, moment2 : array (S, P)
        Weights and Adam's moments of S replicas, C-contiguous, updated in place.
    first_epoch : int
        Number of epochs before these.
    rates : array (N,)
        Learning rates.
    inputs : array (T, B, I)
        Inputs, of the dtype of the weights.
    targets : array (T, B, O)
        Targets, of the dtype of the weights.
    washout : int
        Leading steps, excluded from the loss.
    scale : float
        Factor of the loss.
    clip_norm : float
        Largest norm of a replica's gradient.
    weight_decay : float
        Part of all weights and biases that an update at learning rate 1 subtracts (Loshchilov & Hutter 2019); 0 for
        Adam.
    hidden_size, num_layers : int
        Units per layer, and layers.
    activation : Activation
        Activation of every layer.

    Returns
    -------
    losses, norms : array (N, S)
        Loss and gradient norm of each epoch.

    Raises
    ------
    ValueError
        If shapes do not match or the activation is unknown.
    TypeError
        If dtypes differ, or an array is not C-contiguous.
    """
    sizes = plan_sizes(inputs, targets, hidden_size, num_layers, activation)
    steps, batch, _ = inputs.shape
    plan = plan_training(sizes, steps * batch)
    check_weights(plan, weights, moment1, moment2)
    a = zeros(plan.layout.size, weights.dtype)
    plan.inputs.put(a, inputs)
    plan.targets.put(a, targets)
    plan.ones.view(a)[:] = 1
    losses, norms = (np.full((len(rates), len(weights)), np.nan) for _ in range(2))
    factor = float(scale) / ((steps - washout) * batch * sizes.outputs)
    loss = plan_loss(plan, steps * batch, washout * batch)
    train_replicas(
        a,
        EpochPlan(plan.epoch, plan.gradients, loss, plan.row.start, plan.gradient.start),
        AdamState(weights, moment1, moment2),
        Curves(losses, norms, np.zeros(PARTS)),
        StepSettings(np.ascontiguousarray(rates), first_epoch, factor, float(clip_norm), float(weight_decay)),
    )
    return losses, norms


def check_weights(network: NetworkPlan, *arrays: Array) -> None:
    """ValueError unless all are (S, P), with P parameters of the network."""
    shape = len(arrays[0]), network.parameters
    if any(array.shape != shape for array in arrays):
        raise ValueError(f"weights and moments must be of shape {shape}, not {[array.shape for array in arrays]}")


def evaluate(
    weights: Array,
    inputs: Array,
    targets: Array,
    washout: int,
    scale: float,
    hidden_size: int,
    num_layers: int,
    activation: Activation,
) -> npt.NDArray[np.float64]:
    """Losses (S,) at weights (S, P), as defined in `train_steps`."""
    sizes = plan_sizes(inputs, targets, hidden_size, num_layers, activation)
    steps, batch, _ = inputs.shape
    plan = plan_evaluation(sizes, steps * batch)
    check_weights(plan, weights)
    a = zeros(plan.layout.size, weights.dtype)
    x, y = inputs.reshape(steps * batch, -1), targets.reshape(steps * batch, -1)
    losses = np.zeros(len(weights))
    for k in range(len(weights)):
        plan.row.put(a, weights[k])
        for h in plan.states:
            h.part(0, batch).view(a)[:] = 0
        run(a, plan.start)
        for begin, rows in plan.chunks:
            plan.inputs.part(0, rows).put(a, x[begin : begin + rows])
            plan.targets.part(0, rows).put(a, y[begin : begin + rows])
            run(a, plan.advance[rows])
            losses[k] += squared_errors(a, *plan_loss(plan, rows, washout * batch - begin))
    losses *= float(scale) / ((steps - washout) * batch * sizes.outputs)
    return losses
