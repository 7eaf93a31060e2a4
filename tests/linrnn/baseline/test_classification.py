"""Baselines of classification against torch and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.baseline import classification
from linrnn.baseline.classification import cross_entropies
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
