"""Training of a trial's replicas, as a stream of its progress: a function of the trial config alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linrnn.data.digests import row_digests
from linrnn.data.sequences import Splits
from linrnn.models.model import Shapes
from linrnn.training.backends import choose_backend
from linrnn.training.evaluation import evaluate
from linrnn.training.history import Losses, TrainingHistory, Weights
from linrnn.training.trial_config import TrialConfig


def train(config: TrialConfig, splits: Splits | None = None) -> Iterator[TrainingHistory]:
    """Train all replicas of a trial; yields at each evaluation, the last time with everything done.

    The result depends on the config alone (`splits` only saves making the task's data again). Replica k's
    numbers depend on (seed, k) and not on how many are trained beside it.
    """
    data = splits or config.task.splits()
    shapes = config.model.shapes(config.task.input_size, config.task.output_size)
    steps = choose_backend(config, shapes, initial_weights(config, shapes), data.train)
    best = steps.weights
    digests = [row_digests(best)]
    best_loss, best_epoch = np.full(len(best), np.inf), np.zeros(len(best), dtype=np.int64)
    train_loss, gradient_norm, val_loss = [], [], []
    evaluated = config.training.evaluation_epochs
    for done, epoch in zip((0, *evaluated), evaluated, strict=False):
        losses, norms = steps.advance(epoch - done)
        weights = steps.weights
        digests.append(row_digests(weights))
        val_loss.append(evaluate(config.model, shapes, weights, data.val))
        better = val_loss[-1] < best_loss
        best_loss, best_epoch = np.where(better, val_loss[-1], best_loss), np.where(better, epoch, best_epoch)
        best = np.where(better[:, None], weights, best)
        train_loss.append(losses)
        gradient_norm.append(norms)
        yield TrainingHistory(
            shapes,
            np.concatenate(train_loss),
            np.concatenate(gradient_norm),
            evaluated[: len(val_loss)],
            np.stack(val_loss),
            weights,
            best,
            best_epoch,
            np.stack(digests),
            steps.form,
        )


def evaluate_test_split(config: TrialConfig, progress: TrainingHistory, splits: Splits) -> Losses:
    """NMSE on the test split of each replica's best weights, `(S,)`; inf for a diverged one."""
    losses = evaluate(config.model, progress.shapes, progress.best_weights, splits.test)
    return np.where(progress.diverged, np.inf, losses)


def initial_weights(config: TrialConfig, shapes: Shapes) -> Weights:
    """First values of all replicas `(S, P)`; those of replica k are drawn from (seed, k) alone."""
    generators = (np.random.default_rng([config.seed, k]) for k in range(config.training.replicas))
    return np.stack([config.model.initial(shapes, generator) for generator in generators])
