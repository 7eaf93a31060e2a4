"""Windows of long sequences: each target counts once, after a washout of the window's own."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.data.sequences import Sequences
from linrnn.data.windows import cut_windows
from linrnn.training.loop import train
from linrnn.training.trial_config import from_text

RNG = np.random.default_rng(0)
X, Y, OFFSET = (RNG.normal(size=(53, 2, features)) for features in (3, 2, 1))


@pytest.mark.parametrize("offset", [None, OFFSET])
def test_each_target_counts_in_one_window(offset: np.ndarray | None) -> None:
    """53 steps, 4 of washout: 49 count, of which 48 fill 6 windows of 8, and the first does not."""
    whole = Sequences(X, Y, first=4, offset=offset)
    windows = cut_windows(whole, 8)
    assert (windows.inputs.shape, windows.targets.shape, windows.first) == ((12, 12, 3), (12, 12, 2), 4)
    for name in ("inputs", "targets", "values"):
        one, many = getattr(whole, name), getattr(windows, name)
        for k, start in enumerate(range(1, 42, 8)):
            assert np.array_equal(many[:, 2 * k : 2 * k + 2], one[start : start + 12])
    counted = windows.targets[4:].reshape(8, 6, 2, 2).swapaxes(0, 1).reshape(48, 2, 2)
    assert np.array_equal(counted, Y[5:])


@pytest.mark.parametrize("steps", [0, 49, 50, 1000])
def test_sequences_without_room_for_a_window_stay(steps: int) -> None:
    whole = Sequences(X, Y, first=4)
    assert cut_windows(whole, steps) is whole


def test_a_network_is_trained_on_windows_and_validated_on_the_whole() -> None:
    """One update on windows is one on a task whose training split is those windows."""
    text = {"task": "arma", "model": "tanh", "training.epochs": "1", "training.replicas": "2", "task.length": "200"}
    config, plain = (from_text({**text, "training.window": window}) for window in ("30", "0"))
    splits = config.task.splits()
    *_, one = train(config, splits)
    *_, other = train(plain, splits._replace(train=cut_windows(splits.train, 30)))
    *_, whole = train(plain, splits)
    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(one.val_loss, other.val_loss)
    assert not np.array_equal(one.weights, whole.weights)
