"""Training history of a trial, and summaries over its replicas."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linrnn.models.model import Shapes

Losses = NDArray[np.float64]
Weights = NDArray[np.float32]
QUANTILES = {"median": 0.5, "upper quartile": 0.75}
OBJECTIVE = "upper quartile"  # of the replicas, which a study minimizes; records of schema 1 and 2 have the median


@dataclass(frozen=True)
class TrainingHistory:
    """State of a trial after an evaluation: curves, current weights and best weights.

    S replicas of P parameters each, after E epochs and V evaluations. Losses are normalized: 1 is the loss of the best
    constant predictor.

    Attributes
    ----------
    shapes : dict of str to tuple of int
        Shapes of one replica's parameters, by name, in the order of their values in a row of weights; none where the
        weights of a record were deleted.
    train_loss : array (E, S)
        Training loss of each epoch, before its update, on the inputs with their noise.
    gradient_norm : array (E, S)
        2-norm of the gradient of each epoch, before clipping.
    evaluation_epochs : tuple of int, (V,)
        Number of epochs before each evaluation.
    val_loss : array (V, S)
        Validation loss of each evaluation; inf if not finite.
    weights, best_weights : array (S, P)
        Current weights (nan for a diverged replica), and those of the lowest validation loss.
    best_epoch : array (S,)
        Epoch of the best weights.
    weight_digests : array (1 + V, S, 32)
        SHA-256 of the initial weights, and of the weights at each evaluation.
    form : str
        Back end: `kernels` (bits depend neither on S nor on the processor) or `torch` (bits of this machine only).
    """

    shapes: Shapes
    train_loss: Losses
    gradient_norm: Losses
    evaluation_epochs: tuple[int, ...]
    val_loss: Losses
    weights: Weights
    best_weights: Weights
    best_epoch: NDArray[np.int64]
    weight_digests: NDArray[np.uint8]
    form: str

    @property
    def epoch(self) -> int:
        """Number of epochs so far."""
        return self.evaluation_epochs[-1]

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Mask `(S,)` of the replicas whose last validation loss is not finite."""
        diverged: NDArray[np.bool_] = np.isinf(self.val_loss[-1])
        return diverged

    @property
    def best_val_loss(self) -> Losses:
        """Lowest validation loss of each replica, `(S,)`; inf for a diverged one."""
        return np.where(self.diverged, np.inf, self.val_loss.min(axis=0))

    @property
    def objective(self) -> float:
        """Upper quartile over replicas of the best validation loss, diverged ones as inf: what a study minimizes."""
        return float(quantile_of_replicas(self.best_val_loss, OBJECTIVE))

    @property
    def median_best_val_loss(self) -> float:
        """Median over replicas of the best validation loss, diverged ones as inf."""
        return float(np.median(self.best_val_loss))

    @property
    def median_val_loss(self) -> Losses:
        """Median over replicas of the validation loss at each evaluation, `(V,)`."""
        return np.median(self.val_loss, axis=1)

    @property
    def median_train_loss(self) -> Losses:
        """Median over replicas of the last training loss before each evaluation, `(V,)`; inf if not finite."""
        losses = self.train_loss[np.array(self.evaluation_epochs) - 1]
        return np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)


def quantile_of_replicas(losses: Losses, name: str) -> Losses:
    """Median or upper quartile of losses `(..., S)` over replicas, interpolated; inf where an inf reaches into it."""
    ranked, position = np.sort(losses, axis=-1), QUANTILES[name] * (losses.shape[-1] - 1)
    below, weight = int(position), position % 1
    return ranked[..., below] * (1 - weight) + ranked[..., below + 1] * weight if weight else ranked[..., below]


def milestone_losses(
    val_loss: Losses, evaluation_epochs: Sequence[int], milestones: Collection[int], name: str = OBJECTIVE
) -> dict[int, float]:
    """Intermediate values for Optuna: a quantile over replicas of val_loss `(V, S)` at each milestone, if finite."""
    values = zip(evaluation_epochs, quantile_of_replicas(val_loss, name), strict=True)
    return {epoch: float(loss) for epoch, loss in values if epoch in milestones and np.isfinite(loss)}
