"""Reduction of a trained network: the smallest linear network whose loss on the task is almost the same.

A reduced network has the form of a target: a linear network, or a linear recurrence with the readout of its original.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from linrnn.analysis.hankel import hankel_singular_values
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.responses import frequency_response
from linrnn.analysis.spectrum import Complex
from linrnn.analysis.truncation import (
    balance,
    check_order,
    network_parameters,
    truncate_states,
    truncation_error_bounds,
)
from linrnn.data.digests import row_digests
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.models.linear import Linear
from linrnn.models.linear_mlp import LinearMlp
from linrnn.models.model import Model, Shapes, flatten
from linrnn.training.evaluation import evaluate
from linrnn.training.history import TrainingHistory, Weights

FORM = "truncation"  # of a history, beside the back ends of training
FREQUENCIES = np.linspace(0, 0.5, 129)  # cycles per step, at which the error is measured
MARGIN = 0.01  # of the validation loss, by default


class OrderLoss(NamedTuple):
    """A linear network of a hidden size: its losses, and the largest gain of its error with the bound, nan if none."""

    order: int
    val_loss: float
    test_loss: float
    error: float
    error_bound: float


@dataclass(frozen=True)
class Reduction:
    """Balanced truncation of a trained network to each order, and the network of one of them.

    Of a linear recurrence with a nonlinear readout, the recurrence is reduced and the readout kept. Of another
    nonlinear network, its best linear approximation on the training inputs is reduced.

    Parameters
    ----------
    orders : tuple of OrderLoss
        Of hidden size 1 to the number of states of the network that is reduced, or to 64 for an approximation.
    order : int
        The smallest hidden size whose validation loss is within the margin, or the one that was asked for.
    is_within : bool
        Whether its validation loss is within the margin.
    val_loss, test_loss : float
        Normalized losses of the network that is reduced.
    source_val_loss, source_test_loss : float
        Those of the trained network: the same, unless it is approximated.
    is_exact : bool
        Whether the trained network, or its recurrence, is linear, so that it is itself what is reduced.
    linear_share : float
        Share of its output's variance that what is reduced explains: below 1 for an approximation alone.
    singular_values : tuple of float
        Its Hankel singular values.
    is_stable : bool
        Whether its spectral radius is below 1; if not, there is no error bound.
    horizon : float
        Steps of the Gramians: inf for a stable network, the length of a training sequence for an unstable one.
    weights : array (1, P)
        Of the network of that order, in single precision.
    shapes : dict of str to tuple of int
        Shapes of its parameters.
    """

    orders: tuple[OrderLoss, ...]
    order: int
    is_within: bool
    val_loss: float
    test_loss: float
    source_val_loss: float
    source_test_loss: float
    is_exact: bool
    linear_share: float
    singular_values: tuple[float, ...]
    is_stable: bool
    horizon: float
    weights: Weights
    shapes: Shapes

    @property
    def selection(self) -> OrderLoss:
        """The losses of that order."""
        return self.orders[self.order - 1]


class ReductionTarget(NamedTuple):
    """The form of the reduced networks: `linear`, or `linear-mlp` with a readout of its own."""

    model: Linear | LinearMlp
    readout: Mapping[str, Array]  # C and c after the tanh units; empty for `linear`

    def resize_model(self, order: int) -> Linear | LinearMlp:
        """The model type with one layer of a hidden size."""
        return replace(self.model, hidden_size=order)

    def build_weights(self, late: StateSpace) -> tuple[Weights, Shapes]:
        """The weights `(1, P)` of the network of a system, in single precision, and the shapes of its parameters."""
        parameters = network_parameters(late)
        if self.readout:
            parameters |= {"M": parameters["C"], "m": parameters["c"], **self.readout}
        shapes = self.resize_model(late.order).shapes(late.B.shape[1], len(parameters["c"]))
        return flatten({name: value[None].astype(np.float32) for name, value in parameters.items()}, shapes), shapes

    def evaluate(self, late: StateSpace, sequences: Sequences) -> float:
        """The normalized loss of the network of a system, in single precision; inf if not finite."""
        weights, shapes = self.build_weights(late)
        return float(evaluate(self.resize_model(late.order), shapes, weights, sequences)[0])


LINEAR = ReductionTarget(Linear(), {})


def reduce_system(
    late: StateSpace,
    splits: Splits,
    order: int | None = None,
    margin: float = MARGIN,
    most: int | None = None,
    target: ReductionTarget = LINEAR,
) -> Reduction:
    """Reduce a linear recurrence, in the form of `delay_output`, to each order up to its own or to `most`.

    Raises ValueError for an order beyond, and for an unstable network whose Gramians are too large.
    """
    largest = min(late.order, most or late.order)
    check_order(order or 1, largest)
    horizon = None if late.is_stable else len(splits.train.inputs)
    balanced = balance(late, horizon)
    bounds = truncation_error_bounds(late) if horizon is None else np.full(late.order + 1, np.nan)
    response = frequency_response(late, FREQUENCIES) if horizon is None else None
    val_loss, test_loss = (target.evaluate(late, each) for each in (splits.val, splits.test))
    orders = []
    for k in range(1, largest + 1):
        system = truncate_states(balanced, k)
        gap = math.nan if response is None else largest_gain(frequency_response(system, FREQUENCIES) - response)
        val, test = (target.evaluate(system, each) for each in (splits.val, splits.test))
        orders.append(OrderLoss(k, val, test, gap, float(bounds[k])))
    fits = [each.val_loss <= (1 + margin) * val_loss for each in orders]
    best = order or (fits.index(True) + 1 if any(fits) else 1 + int(np.argmin([each.val_loss for each in orders])))
    weights, shapes = target.build_weights(truncate_states(balanced, best))
    return Reduction(
        tuple(orders),
        best,
        fits[best - 1],
        val_loss,
        test_loss,
        val_loss,
        test_loss,
        True,
        1.0,
        tuple(hankel_singular_values(late, horizon).tolist()),
        horizon is None,
        math.inf if horizon is None else horizon,
        weights,
        shapes,
    )


def largest_gain(response: Complex) -> float:
    """Return the largest singular value of a response `(F, p, m)`."""
    return float(np.linalg.norm(response, 2, axis=(1, 2)).max())


def to_history(reduction: Reduction, splits: Splits, model: Model | None = None) -> TrainingHistory:
    """Return the network of a reduction as the history of a trial of one replica and one epoch without training.

    The model type is `linear` by default.
    """
    model, weights = model or Linear(reduction.order), reduction.weights
    train, val = (evaluate(model, reduction.shapes, weights, each)[None] for each in splits[:2])
    digests = row_digests(weights)
    epoch = np.ones(1, dtype=np.int64)
    return TrainingHistory(
        reduction.shapes,
        train,
        np.zeros((1, 1)),
        (1,),
        val,
        weights,
        weights,
        epoch,
        np.stack([digests, digests]),
        FORM,
    )
