"""What a trial has come to, and what its replicas' losses say together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linrnn.models.model import Shapes

Losses = NDArray[np.float64]
Weights = NDArray[np.float32]


@dataclass(frozen=True)
class TrainingHistory:
    """How far a trial has come: its curves so far, its present weights and its best ones.

    E epochs done, V evaluations so far, S replicas of P values each. Losses are NMSE.
    """

    shapes: Shapes
    train_loss: Losses  # (E, S): before each update
    gradient_norm: Losses  # (E, S): before clipping
    evaluated: tuple[int, ...]  # (V,): epochs done at each evaluation
    val_loss: Losses  # (V, S): inf where not finite
    weights: Weights  # (S, P): nan from the epoch on in which a replica diverged
    best_weights: Weights  # (S, P): those of the lowest val loss
    best_epoch: NDArray[np.int64]  # (S,)
    weight_digests: NDArray[np.uint8]  # (1 + V, S, 32): SHA-256 of the first weights, and of those at each evaluation
    form: str  # `kernels`: bits independent of S and of the processor; `torch`: of this machine's alone

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.evaluated[-1]

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Replicas whose loss is no longer finite, `(S,)`."""
        diverged: NDArray[np.bool_] = np.isinf(self.val_loss[-1])
        return diverged

    @property
    def best_val_loss(self) -> Losses:
        """Lowest val loss of each replica, `(S,)`; inf for a diverged one."""
        return np.where(self.diverged, np.inf, self.val_loss.min(axis=0))

    @property
    def median_best_val_loss(self) -> float:
        """What a study minimises: the median over replicas, diverged ones counted as inf."""
        return float(np.median(self.best_val_loss))

    @property
    def median_val_loss(self) -> Losses:
        """Median over replicas at each evaluation, `(V,)`."""
        return np.median(self.val_loss, axis=1)

    @property
    def median_train_loss(self) -> Losses:
        """Median over replicas of the last loss trained on before each evaluation, `(V,)`; inf where not finite."""
        losses = self.train_loss[np.array(self.evaluated) - 1]
        return np.median(np.where(np.isfinite(losses), losses, np.inf), axis=1)


def milestone_losses(val_loss: Losses, evaluated: Sequence[int], milestones: Collection[int]) -> dict[int, float]:
    """What a study is told of a curve: the median of val_loss `(V, S)` at each milestone; finite ones only."""
    medians = zip(evaluated, np.median(val_loss, axis=1), strict=True)
    return {epoch: float(loss) for epoch, loss in medians if epoch in milestones and np.isfinite(loss)}
