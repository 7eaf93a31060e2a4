"""Training steps and losses of a network's replicas."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from linrnn.kernels.compilation import Array, zeros
from linrnn.kernels.network_plan import EvaluationPlan, NetworkPlan, Sizes, TrainingPlan
from linrnn.kernels.optimization import PARTS, Places, squared_errors, train_replicas
from linrnn.kernels.program import run

plan_training = lru_cache(maxsize=64)(TrainingPlan)
plan_evaluation = lru_cache(maxsize=64)(EvaluationPlan)


def loss_places(network: NetworkPlan, rows: int, skipped: int) -> Places:
    """Places of the network for the loss of so many rows, the first `skipped` left out."""
    outputs = network.outputs
    return outputs.start, network.targets.start, rows, outputs.columns, outputs.step, skipped


def network_sizes(inputs: Array, targets: Array, hidden_size: int, num_layers: int, activation_code: int) -> Sizes:
    """Sizes of a network for this data, which must agree."""
    if inputs.shape[:2] != targets.shape[:2]:
        raise ValueError(f"inputs {inputs.shape} and targets {targets.shape} differ in steps or batch")
    return Sizes(inputs.shape[2], hidden_size, targets.shape[2], num_layers, inputs.shape[1], activation_code)


def train_steps(
    weights: Array,
    moment1: Array,
    moment2: Array,
    done: int,
    rates: Array,
    inputs: Array,
    targets: Array,
    first: int,
    scale: float,
    clip_norm: float,
    hidden_size: int,
    num_layers: int,
    activation_code: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Train full-batch epochs in place, after `done` others, one a learning rate; losses and gradient norms (N, S).

    weights, moments (S, P), C-contiguous; inputs (T, B, I), targets (T, B, O); all of one dtype. The
    loss is scale * mean of (y - target)^2 over the steps from `first` on, read before its update; the norm is
    that of its gradient before it is clipped (Pascanu 2013). A replica whose loss or norm is not finite has
    diverged: its weights are nan from then on, and so are its later losses and norms.
    """
    sizes = network_sizes(inputs, targets, hidden_size, num_layers, activation_code)
    steps, batch, _ = inputs.shape
    plan = plan_training(sizes, steps * batch)
    check_weights(plan, weights, moment1, moment2)
    a = zeros(plan.layout.size, weights.dtype)
    plan.inputs.put(a, inputs)
    plan.targets.put(a, targets)
    plan.ones.within(a)[:] = 1
    losses, norms = (np.full((len(rates), len(weights)), np.nan) for _ in range(2))
    weight = float(scale) / ((steps - first) * batch * sizes.outputs)
    at, settings = loss_places(plan, steps * batch, first * batch), (np.ascontiguousarray(rates), float(clip_norm))
    state = weights, moment1, moment2, losses, norms, np.zeros(PARTS)
    train_replicas(
        a, plan.epoch, plan.gradients, *state, at, plan.row.start, plan.gradient.start, done, weight, *settings
    )
    return losses, norms


def check_weights(network: NetworkPlan, *rows: Array) -> None:
    """ValueError unless all are (S, P), P being the network's."""
    shape = len(rows[0]), network.parameters
    if any(row.shape != shape for row in rows):
        raise ValueError(f"weights and moments must be of shape {shape}, not {[row.shape for row in rows]}")


def evaluate(
    weights: Array,
    inputs: Array,
    targets: Array,
    first: int,
    scale: float,
    hidden_size: int,
    num_layers: int,
    activation_code: int,
) -> npt.NDArray[np.float64]:
    """Losses (S,) at weights (S, P) as `train_steps` reads them, of inputs and targets as there."""
    sizes = network_sizes(inputs, targets, hidden_size, num_layers, activation_code)
    steps, batch, _ = inputs.shape
    plan = plan_evaluation(sizes, steps * batch)
    check_weights(plan, weights)
    a = zeros(plan.layout.size, weights.dtype)
    x, y = inputs.reshape(steps * batch, -1), targets.reshape(steps * batch, -1)
    losses = np.zeros(len(weights))
    for k in range(len(weights)):
        plan.row.put(a, weights[k])
        for h in plan.states:
            h.part(0, batch).within(a)[:] = 0
        run(a, plan.start)
        for begin, rows in plan.chunks:
            plan.inputs.part(0, rows).put(a, x[begin : begin + rows])
            plan.targets.part(0, rows).put(a, y[begin : begin + rows])
            run(a, plan.advance[rows])
            losses[k] += squared_errors(a, loss_places(plan, rows, first * batch - begin))
    losses *= float(scale) / ((steps - first) * batch * sizes.outputs)
    return losses
