"""Training steps and losses of the replicas of a network."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from linrnn.kernels.codes import CellKind, LossKind
from linrnn.kernels.compilation import Array, zeros
from linrnn.kernels.execution import run
from linrnn.kernels.lanes import lane_groups
from linrnn.kernels.network_plan import CHUNK, EvaluationPlan, NetworkPlan, TrainingPlan
from linrnn.kernels.optimization import PARTS, AdamState, Curves, StepSettings, train_replicas
from linrnn.kernels.sizes import Architecture, Sizes

plan_training = lru_cache(maxsize=64)(TrainingPlan)
plan_evaluation = lru_cache(maxsize=64)(EvaluationPlan)


class Objective(NamedTuple):
    """Data and a loss: scale * mean over the counted steps and sequences, and over outputs for squared errors.

    Parameters
    ----------
    inputs : array (T, B, I)
        Inputs.
    targets : array (T, B, O)
        Targets, of the dtype of the inputs.
    washout : int
        Leading steps, excluded from the loss.
    scale : float
        Factor of the loss.
    loss : LossKind
        (y - target)^2 of each output, or the cross-entropy of the softmax of the outputs and a one-hot target.
    """

    inputs: Array
    targets: Array
    washout: int
    scale: float
    loss: LossKind = LossKind.SQUARED_ERROR

    @property
    def factor(self) -> float:
        """What the sum of the losses is multiplied with."""
        steps, batch, outputs = self.targets.shape
        terms = outputs if self.loss == LossKind.SQUARED_ERROR else 1
        return self.scale / float((steps - self.washout) * batch * terms)

    @property
    def slope_factor(self) -> float:
        """What the operation of the loss leaves, errors or slopes, is multiplied with."""
        return 2 * self.factor if self.loss == LossKind.SQUARED_ERROR else self.factor

    def sizes(self, architecture: Architecture | None) -> Sizes:
        """Sizes of a network for these data; ValueError without one, or if steps or batches of the data differ."""
        if architecture is None:
            raise ValueError("the kernels do not compute this network")
        if self.inputs.shape[:2] != self.targets.shape[:2]:
            raise ValueError(f"inputs {self.inputs.shape} and targets {self.targets.shape} differ in steps or batch")
        checked = architecture._replace(cell=CellKind(architecture.cell))
        return Sizes(self.inputs.shape[2], self.targets.shape[2], self.inputs.shape[1], checked)

    @property
    def shape(self) -> tuple[int, LossKind, int]:
        """Rows of data, the loss, and the rows that it leaves out."""
        steps, batch, _ = self.inputs.shape
        return steps * batch, LossKind(self.loss), self.washout * batch


def train_steps(
    weights: Array,
    moment1: Array,
    moment2: Array,
    first_epoch: int,
    rates: Array,
    objective: Objective,
    architecture: Architecture | None,
    clip_norm: float,
    weight_decay: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Train N full-batch epochs of AdamW in place, one per learning rate.

    The loss is read before its update. The norm is that of its gradient before clipping (Pascanu, Mikolov & Bengio
    2013). A replica whose loss or norm is not finite has diverged: its weights, later losses and later norms are nan.

    Parameters
    ----------
    weights, moment1, moment2 : array (S, P)
        Weights and Adam's moments of S replicas, C-contiguous, updated in place.
    first_epoch : int
        Number of epochs before these.
    rates : array (N,)
        Learning rates.
    objective : Objective
        Data, of the dtype of the weights, and loss.
    architecture : Architecture
        Recurrences and readout.
    clip_norm : float
        Largest norm of a replica's gradient.
    weight_decay : float
        Part of all weights and biases that an update at learning rate 1 subtracts (Loshchilov & Hutter 2019); 0 for
        Adam.

    Returns
    -------
    losses, norms : array (N, S)
        Loss and gradient norm of each epoch.

    Raises
    ------
    ValueError
        If shapes do not match, or the cell or the loss is unknown.
    TypeError
        If dtypes differ, or an array is not C-contiguous.
    """
    sizes = objective.sizes(architecture)
    losses, norms = (np.full((len(rates), len(weights)), np.nan) for _ in range(2))
    factors = objective.factor, objective.slope_factor, float(clip_norm), float(weight_decay)
    settings = StepSettings(np.ascontiguousarray(rates), first_epoch, *factors)
    for begin, end, lanes in lane_groups(len(weights), sizes, objective.shape[0], weights.dtype):
        plan = plan_training(sizes, *objective.shape, lanes)
        check_weights(plan, weights, moment1, moment2)
        a = training_array(plan, objective, weights.dtype).ravel()
        state = AdamState(weights, moment1, moment2)
        curves = Curves(losses, norms, np.zeros(PARTS * lanes), np.zeros(lanes), np.ones(lanes))
        train_replicas(run, a, plan.places, state, curves, settings, begin, end)
    return losses, norms


def training_array(plan: TrainingPlan, objective: Objective, dtype: Any) -> Array:
    """The array (size, lanes) of the matrices of a plan, with the data."""
    a = zeros(plan.layout.size * plan.layout.lanes, dtype).reshape(plan.layout.size, -1)
    plan.inputs.put(a, objective.inputs)
    plan.targets.put(a, objective.targets)
    plan.put_constants(a)
    return a


def check_weights(network: NetworkPlan, *arrays: Array) -> None:
    """ValueError unless all are (S, P), with P parameters of the network."""
    shape = len(arrays[0]), network.parameters
    if any(array.shape != shape for array in arrays):
        raise ValueError(f"weights and moments must be of shape {shape}, not {[array.shape for array in arrays]}")


def evaluate(weights: Array, objective: Objective, architecture: Architecture | None) -> npt.NDArray[np.float64]:
    """Losses (S,) at weights (S, P)."""
    rows, *loss = objective.shape
    x, y = objective.inputs.reshape(rows, -1), objective.targets.reshape(rows, -1)
    losses, sizes = np.zeros(len(weights)), objective.sizes(architecture)
    for begin, end, lanes in lane_groups(len(weights), sizes, min(rows, CHUNK), weights.dtype):
        plan = plan_evaluation(sizes, rows, *loss, lanes)
        check_weights(plan, weights)
        a, total = zeros(plan.layout.size * lanes, weights.dtype).reshape(-1, lanes), np.zeros(lanes)
        plan.put_constants(a)
        line = a.ravel()
        for first in range(begin, end, lanes):
            group = losses[first : min(first + lanes, end)]
            plan.row.view(a)[0, :, : len(group)] = weights[first : first + len(group)].T
            run(line, total, plan.start)
            for start, count, advance in plan.chunks:
                if first == begin or len(plan.chunks) > 1:  # a single chunk stays where it is
                    plan.inputs.part(0, count).put(a, x[start : start + count])
                    plan.targets.part(0, count).put(a, y[start : start + count])
                run(line, total, advance)
                group += total[: len(group)]
    losses *= objective.factor
    return losses
