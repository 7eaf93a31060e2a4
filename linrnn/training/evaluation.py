"""Losses of trained weights, read in float64 whatever they were trained in."""

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

THREADS = 1  # of torch, whatever is set outside: sums then have one order


def normalized_loss(outputs: Tensor, sequences: Sequences) -> Tensor:
    """What training minimises and what is reported, one a replica: `(S,)`; 1 is what the best constant has.

    Mean squared error, for classes cross-entropy, over the scale of the targets. outputs `(S, time, batch, outputs)`;
    steps before `sequences.first` do not count.
    """
    targets = torch.as_tensor(sequences.targets).to(outputs)[sequences.first :]
    counted = outputs[:, sequences.first :]
    if sequences.classes:
        return -(targets * counted.log_softmax(dim=-1)).sum(dim=-1).mean(dim=(1, 2)) / sequences.scale
    return (counted - targets).square().mean(dim=(1, 2, 3)) / sequences.scale


def evaluate(model: Model, shapes: Shapes, weights: NDArray[np.float32], sequences: Sequences) -> Losses:
    """NMSE of each replica's weights `(S, P)` on the sequences, `(S,)`; inf where it is not finite."""
    exact = weights.astype(np.float64)
    read = (
        evaluate_with_kernels(model, exact, sequences)
        if uses_kernels(model, sequences)
        else evaluate_with_torch(model, shapes, exact, sequences)
    )
    return np.where(np.isfinite(read), read, np.inf)


def uses_kernels(model: Model, sequences: Sequences) -> TypeGuard[Elman]:
    """Whether the compiled kernels have this model type's formula, and loss, and are the faster form for its sizes."""
    return (
        isinstance(model, Elman)
        and not sequences.classes
        and prefers_kernels(sequences.inputs.shape[1], model.hidden_size)
    )


def evaluate_with_kernels(model: Elman, weights: Array, sequences: Sequences) -> Losses:
    """The losses from the compiled kernels."""
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
    """The losses from the model type's formula."""
    with single_torch_thread(), torch.no_grad():
        inputs = torch.from_numpy(sequences.inputs)
        state = model.zero_state(len(weights), inputs.shape[1], like=inputs)
        outputs, _ = model.forward(unflatten(torch.from_numpy(weights), shapes), inputs, state)
        losses: Losses = normalized_loss(outputs, sequences).numpy()
        return losses


@contextmanager
def single_torch_thread() -> Iterator[None]:
    """THREADS torch threads inside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
