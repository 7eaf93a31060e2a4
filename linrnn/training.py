"""Training of a trial's replicas, as a stream of its progress: a function of the trial config alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linrnn.config import TrialConfig
from linrnn.evaluation import Losses, evaluate
from linrnn.models.base import Shapes
from linrnn.steps import Weights, steps_for
from linrnn.tasks.base import Splits


@dataclass(frozen=True)
class Progress:
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


def train(config: TrialConfig, splits: Splits | None = None) -> Iterator[Progress]:
    """Train all replicas of a trial; yields at each evaluation, the last time with everything done.

    The result depends on the config alone (`splits` only saves making the task's data again). Replica k's
    numbers depend on (seed, k) and not on how many are trained beside it.
    """
    data = splits or config.task.splits()
    shapes = config.model.shapes(config.task.input_size, config.task.output_size)
    steps = steps_for(config, shapes, initial_weights(config, shapes), data.train)
    best = steps.weights
    best_loss, best_epoch = np.full(len(best), np.inf), np.zeros(len(best), dtype=np.int64)
    train_loss, gradient_norm, val_loss = [], [], []
    evaluated = evaluation_epochs(config.training.epochs, config.training.evaluations)
    for done, epoch in zip((0, *evaluated), evaluated, strict=False):
        losses, norms = steps.advance(epoch - done)
        weights = steps.weights
        val_loss.append(evaluate(config.model, shapes, weights, data.val))
        better = val_loss[-1] < best_loss
        best_loss, best_epoch = np.where(better, val_loss[-1], best_loss), np.where(better, epoch, best_epoch)
        best = np.where(better[:, None], weights, best)
        train_loss.append(losses)
        gradient_norm.append(norms)
        yield Progress(
            shapes,
            np.concatenate(train_loss),
            np.concatenate(gradient_norm),
            evaluated[: len(val_loss)],
            np.stack(val_loss),
            weights,
            best,
            best_epoch,
            steps.form,
        )


def losses_on_test(config: TrialConfig, progress: Progress, splits: Splits) -> Losses:
    """NMSE on the test split of each replica's best weights, `(S,)`; inf for a diverged one."""
    losses = evaluate(config.model, progress.shapes, progress.best_weights, splits.test)
    return np.where(progress.diverged, np.inf, losses)


def initial_weights(config: TrialConfig, shapes: Shapes) -> Weights:
    """First values of all replicas `(S, P)`; those of replica k are drawn from (seed, k) alone."""
    generators = (np.random.default_rng([config.seed, k]) for k in range(config.training.replicas))
    return np.stack([config.model.initial(shapes, generator) for generator in generators])


def evaluation_epochs(epochs: int, evaluations: int) -> tuple[int, ...]:
    """Epochs after which the val loss is read: evenly spread, the last one among them."""
    count = min(epochs, evaluations)
    return tuple(epochs * (k + 1) // count for k in range(count))
