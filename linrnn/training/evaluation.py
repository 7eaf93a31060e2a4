"""Losses of weights, computed in float64 whatever their dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from linrnn import kernels
from linrnn.data.sequences import Array, Sequences
from linrnn.data.step_losses import thin_steps
from linrnn.models.model import Model, Shapes, unflatten
from linrnn.models.recurrence import prefers_kernels
from linrnn.training.history import Losses
from linrnn.training.kernel_evaluation import KernelEvaluation

KERNELS, TORCH = "kernels", "torch"  # forms of a computation
Evaluator = Callable[[NDArray[np.float32]], Losses]  # of weights (S, P): the loss of each replica
CLASS_PRODUCTS = 2**22  # batch times squared hidden size, up to which classes are the kernels'
THREADS = 1  # of torch: sums then have one order
MOST_STATES = 2**26  # of hidden units, computed at once: half a gigabyte
PART_STATES = 2**22  # of hidden units in the steps that are read at once, where a long sequence is read in parts


def step_losses(outputs: Tensor, sequences: Sequences) -> Tensor:
    """Normalized loss of each step of each sequence after the washout, `(S, T', B)`, of outputs `(S, T, B, outputs)`.

    Squared error, averaged over outputs, or cross-entropy for classes, divided by the scale of the targets.
    """
    targets = torch.as_tensor(sequences.targets).to(outputs)[sequences.first :]
    counted = outputs[:, sequences.first :]
    if sequences.classes:
        return -(targets * counted.log_softmax(dim=-1)).sum(dim=-1) / sequences.scale
    return (counted - targets).square().mean(dim=-1) / sequences.scale


def normalized_loss(outputs: Tensor, sequences: Sequences) -> Tensor:
    """Normalized loss per replica, `(S,)`, of outputs `(S, time, batch, outputs)`; 1 is that of the best constant.

    Mean squared error, or cross-entropy for classes, divided by the scale of the targets; the washout does not count.
    """
    targets = torch.as_tensor(sequences.targets).to(outputs)[sequences.first :]
    counted = outputs[:, sequences.first :]
    if sequences.classes:
        return -(targets * counted.log_softmax(dim=-1)).sum(dim=-1).mean(dim=(1, 2)) / sequences.scale
    return (counted - targets).square().mean(dim=(1, 2, 3)) / sequences.scale


def evaluate(
    model: Model,
    shapes: Shapes,
    weights: NDArray[np.float32],
    sequences: Sequences,
    form: str = KERNELS,
    train: Sequences | None = None,
) -> Losses:
    """Normalized loss `(S,)` of weights `(S, P)` on the sequences; inf if not finite.

    The form of the training decides for classes and for recurrent biases, which the kernels did not compute at first;
    the sizes alone for all others. Classes whose training split is large are evaluated in the form of their training,
    however many sequences there are.
    """
    return evaluator(model, shapes, sequences, form, train)(weights)


def evaluator(
    model: Model, shapes: Shapes, sequences: Sequences, form: str = KERNELS, train: Sequences | None = None
) -> Evaluator:
    """Return `evaluate` for one model and its sequences, whose preparation takes longer than the loss of few steps."""
    if train is not None and has_many_classes(model, train):
        compiled = form == KERNELS
    else:
        compiled = uses_kernels(model, sequences) and (form == KERNELS or not follows_training(model, sequences))
    kernel = KernelEvaluation(kernel_objective(sequences, np.float64), model.architecture) if compiled else None

    def finite_losses(weights: NDArray[np.float32]) -> Losses:
        exact = weights.astype(np.float64)
        losses = kernel.losses(exact) if kernel else evaluate_with_torch(model, shapes, exact, sequences)
        return np.where(np.isfinite(losses), losses, np.inf)

    return finite_losses


def uses_kernels(model: Model, sequences: Sequences) -> bool:
    """Whether the compiled kernels support the model type, and are faster for these sizes."""
    return model.architecture is not None and prefers_kernels(sequences.inputs.shape[1], model.hidden_size)


def trains_with_kernels(model: Model, train: Sequences) -> bool:
    """Whether the compiled kernels are the faster form of training; of classes they are for larger sizes, too."""
    products = train.inputs.shape[1] * model.hidden_size**2
    is_class_size = model.architecture is not None and train.classes and products <= CLASS_PRODUCTS
    return uses_kernels(model, train) or is_class_size


def has_many_classes(model: Model, train: Sequences) -> bool:
    """Whether the kernels take a training split only as it has classes."""
    return train.classes and not prefers_kernels(train.inputs.shape[1], model.hidden_size)


def follows_training(model: Model, sequences: Sequences) -> bool:
    """Whether the form of the training is that of the evaluation, too."""
    return bool(sequences.classes or (model.architecture and model.architecture.recurrent_bias))


def kernel_objective(sequences: Sequences, dtype: type[np.floating[Any]]) -> kernels.Objective:
    """Data and loss of the sequences for the kernels, of a dtype."""
    inputs, targets = (np.ascontiguousarray(part, dtype=dtype) for part in (sequences.inputs, sequences.targets))
    kind = kernels.LossKind.CROSS_ENTROPY if sequences.classes else kernels.LossKind.SQUARED_ERROR
    return kernels.Objective(inputs, targets, sequences.first, 1 / sequences.scale, kind)


def evaluate_with_torch(model: Model, shapes: Shapes, weights: Array, sequences: Sequences) -> Losses:
    """Losses by the formula of the model type."""
    steps, batch = sequences.inputs.shape[:2]
    count = max(MOST_STATES // (steps * batch * model.hidden_size), 1)
    with single_torch_thread(), torch.no_grad():
        inputs = torch.from_numpy(sequences.inputs)
        losses = []
        for start in range(0, len(weights), count):  # some replicas at a time, where all are too large
            part = torch.from_numpy(weights[start : start + count])
            state = model.zero_state(len(part), batch, like=inputs)
            outputs, _ = model.forward(unflatten(part, shapes), inputs, state)
            losses.append(normalized_loss(outputs, sequences).numpy())
        return np.concatenate(losses)


def evaluate_steps(
    model: Model, shapes: Shapes, weights: NDArray[np.float32], sequences: Sequences
) -> NDArray[np.float32]:
    """Step losses `(S, T', B)` of weights `(S, P)`, computed in float64; at most MOST values of a replica.

    Where there are more, they are means of consecutive steps (`thin_steps`); nan or inf where outputs are not finite.
    """
    with single_torch_thread(), torch.no_grad():
        inputs = torch.from_numpy(sequences.inputs)
        rows = []
        for row in torch.from_numpy(weights.astype(np.float64)):  # one by one, as all outputs at once can be too large
            outputs, _ = forward_in_parts(model, unflatten(row[None], shapes), inputs)
            rows.append(thin_steps(step_losses(outputs, sequences).numpy()[0]))
        with np.errstate(over="ignore"):
            return np.stack(rows).astype(np.float32)


def forward_in_parts(model: Model, parameters: Mapping[str, Tensor], inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Outputs `(S, T, B, outputs)` and last state of a network that reads at most PART_STATES states at once."""
    replicas, batch = len(next(iter(parameters.values()))), inputs.shape[1]
    state, parts = model.zero_state(replicas, batch, like=inputs), []
    for part in torch.split(inputs, max(PART_STATES // (replicas * batch * model.hidden_size), 1)):
        outputs, state = model.forward(parameters, part, state)
        parts.append(outputs)
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1), state


@contextmanager
def single_torch_thread() -> Iterator[None]:
    """Context with THREADS torch threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
