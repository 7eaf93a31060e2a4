"""Losses of weights, computed in float64 whatever their dtype."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from linrnn import kernels
from linrnn.data.sequences import Array, Sequences
from linrnn.models.elman import Elman
from linrnn.models.model import Model, Shapes, unflatten
from linrnn.models.recurrence import prefers_kernels
from linrnn.training.history import Losses

THREADS = 1  # of torch: sums then have one order


def normalized_loss(outputs: Tensor, sequences: Sequences) -> Tensor:
    """Normalized loss per replica, `(S,)`, of outputs `(S, time, batch, outputs)`; 1 is that of the best constant.

    Mean squared error, or cross-entropy for classes, divided by the scale of the targets; the washout does not count.
    """
    targets = torch.as_tensor(sequences.targets).to(outputs)[sequences.first :]
    counted = outputs[:, sequences.first :]
    if sequences.classes:
        return -(targets * counted.log_softmax(dim=-1)).sum(dim=-1).mean(dim=(1, 2)) / sequences.scale
    return (counted - targets).square().mean(dim=(1, 2, 3)) / sequences.scale


def evaluate(model: Model, shapes: Shapes, weights: NDArray[np.float32], sequences: Sequences) -> Losses:
    """Normalized loss `(S,)` of weights `(S, P)` on the sequences; inf if not finite."""
    exact = weights.astype(np.float64)
    losses = (
        evaluate_with_kernels(model, exact, sequences)
        if uses_kernels(model, sequences)
        else evaluate_with_torch(model, shapes, exact, sequences)
    )
    return np.where(np.isfinite(losses), losses, np.inf)


def uses_kernels(model: Model, sequences: Sequences) -> TypeGuard[Elman]:
    """Whether the compiled kernels support the model type and the loss, and are faster for these sizes."""
    return (
        isinstance(model, Elman)
        and not sequences.classes
        and prefers_kernels(sequences.inputs.shape[1], model.hidden_size)
    )


def evaluate_with_kernels(model: Elman, weights: Array, sequences: Sequences) -> Losses:
    """Losses by the compiled kernels."""
    return kernels.evaluate(
        weights,
        np.ascontiguousarray(sequences.inputs),
        np.ascontiguousarray(sequences.targets),
        sequences.first,
        1 / sequences.scale,
        model.hidden_size,
        model.num_layers,
        kernels.parse_activation(model.activation),
    )


def evaluate_with_torch(model: Model, shapes: Shapes, weights: Array, sequences: Sequences) -> Losses:
    """Losses by the formula of the model type."""
    with single_torch_thread(), torch.no_grad():
        inputs = torch.from_numpy(sequences.inputs)
        state = model.zero_state(len(weights), inputs.shape[1], like=inputs)
        outputs, _ = model.forward(unflatten(torch.from_numpy(weights), shapes), inputs, state)
        losses: Losses = normalized_loss(outputs, sequences).numpy()
        return losses


@contextmanager
def single_torch_thread() -> Iterator[None]:
    """Context with THREADS torch threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
