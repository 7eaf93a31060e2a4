"""Predictions of one replica on the test split, and its free run, driven by its own predictions."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.statistics import median_replica
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.models.model import Model, unflatten
from linrnn.training.history import Losses, TrainingHistory
from linrnn.training.trial_config import TrialConfig

if TYPE_CHECKING:
    from torch import Tensor

MOST = 2000  # targets in the predictions
FREE_STEPS = 200  # of a free run
NO_LOOP = (0, np.empty(0), np.empty(0))


class Predictions(NamedTuple):
    """Predictions of N targets of the test split after the washout, sequence after sequence.

    For classes, targets and outputs are class numbers. The free run has K steps of the first sequence, from step
    `start`, where the network reads its own predictions instead of the data; `truth` is nan after the end of the
    sequence. K = 0 if the task is not a forecast of its own inputs, or if its horizon exceeds half of FREE_STEPS.

    `rmse` and `mae` are the root mean square and the mean absolute error over all targets, in the data's own
    unit; nan where there is none. `output_losses` are the normalized losses of each output, whose mean is the
    test loss; empty for classes.
    """

    replica: int
    sequence: NDArray[np.int64]  # (N,)
    step: NDArray[np.int64]  # (N,)
    targets: Array  # (N, outputs)
    outputs: Array  # (N, outputs)
    classes: bool
    start: int
    truth: Array  # (K,)
    free_run: Array  # (K,)
    rmse: float = nan
    mae: float = nan
    output_losses: Array = np.empty(0)  # (outputs,)


def predict_test_split(config: TrialConfig, history: TrainingHistory, splits: Splits, test_loss: Losses) -> Predictions:
    """Predict the test split with the best weights of the replica of the median test loss."""
    import torch  # not needed to read predictions

    from linrnn.training.evaluation import forward_in_parts, single_torch_thread

    replica = median_replica(test_loss)
    weights = torch.from_numpy(history.best_weights[replica : replica + 1].astype(np.float64))
    parameters, ahead = unflatten(weights, history.shapes), config.task.forecast_horizon
    inputs, model = torch.from_numpy(splits.test.inputs), config.model
    with single_torch_thread(), torch.no_grad():
        outputs, _ = forward_in_parts(model, parameters, inputs)
        closes = inputs.shape[2] == outputs.shape[3] == 1 and 0 < ahead <= min(FREE_STEPS // 2, len(inputs))
        loop = run_closed_loop(model, parameters, splits.test, inputs, ahead) if closes else NO_LOOP
    classes, errors = splits.test.classes, (outputs[0].numpy() - splits.test.targets)[splits.test.first :]
    output_losses = np.empty(0) if classes else np.square(errors).mean(axis=(0, 1)) / splits.test.scale
    unit = splits.test.unit or nan
    rmse, mae = unit * np.sqrt(np.square(errors).mean()), unit * np.abs(errors).mean()
    selected = select_targets(splits.test, outputs[0].numpy())
    return Predictions(replica, *selected, classes, *loop, float(rmse), float(mae), output_losses)


def select_targets(
    sequences: Sequences, predictions: Array
) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Sequence, step, target and output of each target after the washout, at most MOST: `(N, ...)` each.

    Differences from an offset are added to it.
    """
    offset = 0.0 if sequences.offset is None else sequences.offset
    pairs = [(array + offset)[sequences.first :].swapaxes(0, 1) for array in (sequences.targets, predictions)]
    if sequences.classes:
        pairs = [array.argmax(axis=-1)[..., None].astype(float) for array in pairs]
    targets, outputs = (array.reshape(-1, array.shape[-1])[:MOST] for array in pairs)
    sequence, step = np.divmod(np.arange(len(targets)), len(sequences.targets) - sequences.first)
    return sequence, step + sequences.first, targets, outputs


def run_closed_loop(
    model: Model, parameters: Mapping[str, Tensor], sequences: Sequences, inputs: Tensor, ahead: int
) -> tuple[int, Array, Array]:
    """First step of the free run, and FREE_STEPS values from it: of the data and of the network, `(K,)` each.

    The network reads the first sequence up to the end of the washout; each later input is its own prediction of that
    step, made `ahead` steps earlier.
    """
    from linrnn.training.evaluation import forward_in_parts

    start = max(sequences.first, ahead)
    outputs, state = forward_in_parts(model, parameters, inputs[:start, :1])
    forecasts = list(outputs[0, start - ahead :, 0, 0])  # of x at the step start + k
    for k in range(FREE_STEPS - ahead):
        output, state = model.forward(parameters, forecasts[k].view(1, 1, 1), state)
        forecasts.append(output[0, 0, 0, 0])
    free_run = np.array(forecasts[:FREE_STEPS], dtype=float)
    series = np.concatenate([sequences.inputs[:, 0, 0], sequences.targets[-ahead:, 0, 0]])
    truth = np.full(len(free_run), np.nan)
    rest = series[start : start + len(free_run)]
    truth[: len(rest)] = rest
    return start, truth, free_run
