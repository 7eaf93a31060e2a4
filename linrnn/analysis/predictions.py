"""What one replica of a trial says on the test split, beside what is so, and how it goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.models.model import Model, unflatten
from linrnn.training.history import Losses, TrainingHistory
from linrnn.training.trial_config import TrialConfig

if TYPE_CHECKING:
    from torch import Tensor

MOST = 2000  # targets that are kept
FREE_STEPS = 200  # of a closed loop
NO_LOOP = (0, np.empty(0), np.empty(0))


class Predictions(NamedTuple):
    """N targets of the test split that count, sequence after sequence, and what a replica says for each.

    For classes, both are their numbers. `continued` are K steps of the first sequence from its step `start` on, of
    which the network knows its own predictions alone; `truth` is nan where the sequence is over. K = 0 where the task
    is no forecast of its own inputs, or looks so far ahead that less than half of K would rest on them.
    """

    replica: int
    sequence: NDArray[np.int64]  # (N,)
    step: NDArray[np.int64]  # (N,)
    targets: Array  # (N, outputs)
    outputs: Array  # (N, outputs)
    classes: bool
    start: int
    truth: Array  # (K,)
    continued: Array  # (K,)


def predict_test_split(
    config: TrialConfig, progress: TrainingHistory, splits: Splits, test_loss: Losses
) -> Predictions:
    """What the replica of the median test loss says, by its best weights."""
    import torch  # which those who only read predictions do not need

    from linrnn.training.evaluation import single_torch_thread

    replica = int(np.argsort(test_loss, kind="stable")[(len(test_loss) - 1) // 2])
    weights = torch.from_numpy(progress.best_weights[replica : replica + 1].astype(np.float64))
    parameters, ahead = unflatten(weights, progress.shapes), config.task.ahead
    inputs, model = torch.from_numpy(splits.test.inputs), config.model
    with single_torch_thread(), torch.no_grad():
        outputs, _ = model.forward(parameters, inputs, model.zero_state(1, inputs.shape[1], like=inputs))
        closes = inputs.shape[2] == outputs.shape[3] == 1 and 0 < ahead <= min(FREE_STEPS // 2, len(inputs))
        loop = closed_loop(model, parameters, splits.test, inputs, ahead) if closes else NO_LOOP
    return Predictions(replica, *beside(splits.test, outputs[0].numpy()), splits.test.classes, *loop)


def beside(sequences: Sequences, said: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Sequence, step, targets and outputs of those that count, at most MOST: each `(N, ...)`."""
    pairs = [array[sequences.first :].swapaxes(0, 1) for array in (sequences.targets, said)]
    if sequences.classes:
        pairs = [array.argmax(axis=-1)[..., None].astype(float) for array in pairs]
    targets, outputs = (array.reshape(-1, array.shape[-1])[:MOST] for array in pairs)
    sequence, step = np.divmod(np.arange(len(targets)), len(sequences.targets) - sequences.first)
    return sequence, step + sequences.first, targets, outputs


def closed_loop(
    model: Model, parameters: Mapping[str, Tensor], sequences: Sequences, inputs: Tensor, ahead: int
) -> tuple[int, Array, Array]:
    """Where the loop closes, and FREE_STEPS values from there on: as they are and as the network goes on, `(K,)` each.

    The network is driven by the first sequence up to the first step that counts; each later input is what it predicted
    for that step, `ahead` steps before.
    """
    start = max(sequences.first, ahead)
    known = inputs[:start, :1]
    said, state = model.forward(parameters, known, model.zero_state(1, 1, like=known))
    predicted = list(said[0, :, 0, 0])  # of x at the step k + ahead
    for k in range(start, start + FREE_STEPS - ahead):
        output, state = model.forward(parameters, predicted[k - ahead].view(1, 1, 1), state)
        predicted.append(output[0, 0, 0, 0])
    continued = np.array(predicted[start - ahead :][:FREE_STEPS], dtype=float)
    series = np.concatenate([sequences.inputs[:, 0, 0], sequences.targets[-ahead:, 0, 0]])
    truth = np.full(len(continued), np.nan)
    there = series[start : start + len(continued)]
    truth[: len(there)] = there
    return start, truth, continued
