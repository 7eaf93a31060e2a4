"""The replicas of a trial as dynamical systems."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linrnn.analysis.characterisation import Characterisation, characterise
from linrnn.baseline.lag_regression import least_squares_kernel
from linrnn.data.sequences import Array, Splits
from linrnn.training.history import TrainingHistory
from linrnn.training.result import TrialResult


def best_replica(history: TrainingHistory) -> int | None:
    """Return the replica of the lowest validation loss; None if all diverged."""
    losses = history.best_val_loss
    return int(losses.argmin()) if np.isfinite(losses).any() else None


def characterise_replicas(
    result: TrialResult, splits: Splits, replicas: Sequence[int], lags: int | None = None
) -> list[Characterisation]:
    """Characterise some replicas of a trial, with their weights of the lowest validation loss.

    `lags` is the number of lags of the least squares that stand beside them, by validation loss if it is None.
    """
    import torch  # not needed to read characterisations

    from linrnn.models.model import unflatten
    from linrnn.models.network import build_network

    history, model = result.history, result.config.model
    baseline_kernel = fit_baseline(splits, result.config.task.forecast_horizon, lags)
    network = build_network(model, *model.sizes(history.shapes))
    characterisations = []
    for replica in replicas:
        weights = unflatten(history.best_weights[replica : replica + 1], history.shapes)
        network.load_state_dict({name: torch.from_numpy(value[0]) for name, value in weights.items()})
        characterisations.append(characterise(network, splits.val, baseline_kernel, replica))
    return characterisations


def fit_baseline(splits: Splits, horizon: int, lags: int | None) -> Array:
    """Return the kernel of least squares on lags, `(lags + 1, outputs, inputs)`; an empty one for classes."""
    if splits.train.classes:
        return np.empty((0, splits.train.targets.shape[2], splits.train.inputs.shape[2]))
    return least_squares_kernel(splits, horizon, lags)
