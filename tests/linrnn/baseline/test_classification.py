"""Baselines of classification against torch and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.baseline import classification, row_blocks
from linrnn.baseline.classification import LogisticRegression, cross_entropies, lag_features
from linrnn.baseline.lags import flatten_targets
from linrnn.data.sequences import Sequences, Splits
from linrnn.tasks import TASKS


def test_cross_entropy_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    data = TASKS["copy"]().splits()
    logits = np.random.default_rng(0).normal(size=data.test.targets.shape)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    labels = torch.from_numpy(data.test.targets.argmax(axis=2)).ravel()
    flat = torch.from_numpy(logits.reshape(-1, logits.shape[2]))
    expected = torch.nn.functional.cross_entropy(flat, labels, reduction="none").numpy() / data.test.scale
    assert cross_entropies(probabilities, data.test).ravel() == pytest.approx(expected)


def test_without_memory_copy_costs_ten_symbols_of_eight() -> None:
    data = TASKS["copy"](test_sequences=2000).splits()
    blank, symbol = np.eye(9)[8], np.append(np.full(8, 1 / 8), 0)
    steps = np.stack([blank] * 20 + [symbol] * 10)
    probabilities = np.repeat(steps[:, None], 2000, axis=1)
    losses = cross_entropies(probabilities, data.test)
    assert losses.mean() == pytest.approx(10 * np.log(8) / 30 / data.test.scale)


def test_a_class_that_train_has_not_is_given_nothing() -> None:
    inputs = np.random.default_rng(0).normal(size=(40, 1, 1))
    labels = (inputs[:, :, 0] > 0).astype(int)
    split = Sequences(inputs, np.eye(3)[labels], classes=True)
    best = classification.linear(Splits(split, split, split), 0)
    assert best.lag_search.best.lags >= 0
    assert np.isfinite(best.step_losses).all()


def test_the_naive_baseline_is_the_frequencies_of_train_and_val() -> None:
    data = TASKS["digits"]().splits()
    frequencies = np.concatenate([flatten_targets(each) for each in data[:2]]).mean(axis=0)
    expected = -np.log(frequencies)[data.test.targets[-1].argmax(axis=1)] / data.test.scale
    assert classification.naive(data, 0).step_losses[0] == pytest.approx(expected)


@pytest.mark.parametrize("is_kernel", [False, True])
def test_long_series_are_fitted_to_a_sample_and_predicted_in_blocks(
    is_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class that the sign of the last input but one decides is learned from a part of the rows, too."""
    x = np.random.default_rng(0).normal(size=(2000, 2, 1))
    labels = (np.roll(x[:, :, 0], 1, axis=0) > 0).astype(int)
    part = Sequences(x, np.eye(2)[labels], 2, classes=True)
    candidate = LogisticRegression(1, 1.0, is_kernel)
    whole = candidate.fit([part, part])(part)
    rows = []
    for module in (classification, row_blocks):
        monkeypatch.setattr(module, "MOST_VALUES", 300 * 400 if is_kernel else 2 * 400)
    monkeypatch.setattr(classification, "lag_features", lambda *each: rows.append(lag_features(*each)) or rows[-1])
    sample = candidate.sample_rows([part, part])
    assert (len(sample[0]), len(sample[1])) == (400, 400)
    predictions = candidate.fit([part, part])(part)
    assert predictions.shape == whole.shape
    assert max(map(len, rows)) <= 400
    assert ((predictions.argmax(axis=2) == whole.argmax(axis=2)).mean()) > 0.95
