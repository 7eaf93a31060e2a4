"""Training of the replicas of a trial: a function of the trial config alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from linrnn.data.digests import SIZE, row_digests
from linrnn.data.sequences import Splits
from linrnn.data.windows import cut_windows
from linrnn.models.model import Shapes
from linrnn.training.backends import choose_backend
from linrnn.training.evaluation import evaluate, evaluator
from linrnn.training.history import Losses, TrainingHistory, Weights
from linrnn.training.trial_config import TrialConfig


def train(config: TrialConfig, splits: Splits | None = None, form: str = "") -> Iterator[TrainingHistory]:
    """Train all replicas of a trial by full-batch AdamW, which without weight decay is Adam.

    The result depends on the config alone, and replica k on (seed, k), whatever the number of replicas.

    Parameters
    ----------
    config : TrialConfig
        Task, model, training settings and seed.
    splits : Splits, optional
        The data of `config.task.splits()`, if they are in memory already.
    form : str
        `torch`: as trials of class targets were trained before the kernels had their loss; by default, the faster form.

    Yields
    ------
    TrainingHistory
        The state after each evaluation; the last one is the result.

    References
    ----------
    Kingma & Ba (2015), Adam: a method for stochastic optimization. Loshchilov & Hutter (2019), Decoupled weight decay
    regularization. Gradient clipping per replica: Pascanu, Mikolov & Bengio (2013), On the difficulty of training
    recurrent neural networks.

    Examples
    --------
    >>> *_, history = train(config)
    >>> history.best_val_loss  # (S,)
    """
    data = splits or config.task.splits()
    shapes = config.model.shapes(data.train.inputs.shape[2], data.train.targets.shape[2])
    windows = cut_windows(data.train, config.training.window)
    backend = choose_backend(config, shapes, initial_weights(config, shapes), windows, form)
    validate = evaluator(config.model, shapes, data.val, backend.form, data.train)
    best = backend.weights
    best_loss, best_epoch = np.full(len(best), np.inf), np.zeros(len(best), dtype=np.int64)
    evaluations = config.training.evaluation_epochs
    train_loss, gradient_norm = (np.empty((evaluations[-1], len(best))) for _ in range(2))
    val_loss = np.empty((len(evaluations), len(best)))
    digests = np.empty((1 + len(evaluations), len(best), SIZE), dtype=np.uint8)
    digests[0] = row_digests(best)
    for k, (previous, epoch) in enumerate(zip((0, *evaluations), evaluations, strict=False)):
        train_loss[previous:epoch], gradient_norm[previous:epoch] = backend.advance(epoch - previous)
        weights = backend.weights
        digests[k + 1] = row_digests(weights)
        val_loss[k] = validate(weights)
        better = val_loss[k] < best_loss
        best_loss, best_epoch = np.where(better, val_loss[k], best_loss), np.where(better, epoch, best_epoch)
        best = np.where(better[:, None], weights, best)
        yield TrainingHistory(
            shapes,
            train_loss[:epoch],
            gradient_norm[:epoch],
            evaluations[: k + 1],
            val_loss[: k + 1],
            weights,
            best,
            best_epoch,
            digests[: k + 2],
            backend.form,
        )


def evaluate_test_split(config: TrialConfig, history: TrainingHistory, splits: Splits) -> Losses:
    """Normalized test loss `(S,)` of each replica's best weights; inf for a diverged replica."""
    model, weights = config.model, history.best_weights
    losses = evaluate(model, history.shapes, weights, splits.test, history.form, splits.train)
    return np.where(history.diverged, np.inf, losses)


def initial_weights(config: TrialConfig, shapes: Shapes) -> Weights:
    """Initial weights of all replicas `(S, P)`; those of replica k depend on (seed, k) alone."""
    generators = (np.random.default_rng([config.seed, k]) for k in range(config.training.replicas))
    return np.stack([config.model.draw_weights(shapes, generator) for generator in generators])
