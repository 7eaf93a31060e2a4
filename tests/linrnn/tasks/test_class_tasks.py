"""Tasks whose targets are classes: the copy of symbols, and handwritten digits."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from linrnn.data.sequences import Sequences
from linrnn.tasks.copy import Copy
from linrnn.tasks.digits import Digits
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import from_text

BLANK, GO = 8, 9


def entropy(frequencies: list[float]) -> float:
    return -sum(p * float(np.log(p)) for p in frequencies if p)


def read(split: Sequences) -> set[tuple[bytes, int]]:
    """Pixels of each digit, in order, and its label."""
    images = np.rint(split.inputs.swapaxes(0, 1).reshape(-1, 64) * 16).astype(np.uint8)
    labels = split.targets[-1].argmax(axis=1)
    return {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}


@pytest.mark.parametrize("length", [1, 2, 7])
def test_copy_tells_the_items_again_after_the_sign(length: int) -> None:
    train = Copy(length=length, sequences=5).splits().train
    assert train.classes
    assert train.first == 0
    for shown, told in zip(train.inputs.argmax(2).T.tolist(), train.targets.argmax(2).T.tolist(), strict=True):
        items = shown[:10]
        assert set(items) <= set(range(8))
        assert shown[10:] == [BLANK] * (length - 1) + [GO] + [BLANK] * 10
        assert told == [BLANK] * (length + 10) + items


def test_copy_is_one_hot_and_draws_all_symbols() -> None:
    train = Copy().splits().train
    for one_hot in (train.inputs, train.targets):
        assert set(np.unique(one_hot)) == {0.0, 1.0}
        assert (one_hot.sum(axis=2) == 1).all()
    counts = Copy(sequences=2000).splits().train.inputs[:10].sum(axis=(0, 1))
    assert counts[:8] == pytest.approx(2500, rel=0.08)


def test_copy_without_its_items_costs_what_the_step_leaves_unknown() -> None:
    length = 10
    train = Copy(length=length, sequences=5000).splits().train
    left = [entropy(list(step.mean(axis=0))) for step in train.targets]
    assert sum(left) / len(left) == pytest.approx(10 * np.log(8) / (length + 20), rel=1e-3)


def test_copy_is_scaled_by_the_entropy_of_its_symbols() -> None:
    train = Copy(length=10, sequences=5000).splits().train
    assert train.scale == pytest.approx(entropy([20 / 30, *[10 / 30 / 8] * 8]), rel=1e-3)


@pytest.mark.long
def test_a_linear_network_copies_at_the_defaults() -> None:
    config = from_text({"task": "copy", "model": "linear", "model.hidden_size": "32", "training.replicas": "3"})
    splits = config.task.splits()
    *_, history = train(config, splits)
    assert np.median(evaluate_test_split(config, history, splits)) <= 0.01


def test_digits_are_those_of_scikit_learn_each_once() -> None:
    digits = load_digits()
    known = {(image.tobytes(), int(y)) for image, y in zip(digits.data.astype(np.uint8), digits.target, strict=True)}
    parts = [read(split) for split in Digits().splits()]
    assert [len(part) for part in parts] == [1258, 180, 359]
    assert len(known) == 1797
    assert set.union(*parts) == known


def test_digits_by_rows_and_by_pixels_are_the_same_numbers() -> None:
    for rows, pixels in zip(Digits().splits(), Digits(steps="pixels").splits(), strict=True):
        assert rows.inputs.shape[::2] == (8, 8)
        assert pixels.inputs.shape[::2] == (64, 1)
        assert (rows.first, pixels.first) == (7, 63)
        assert np.array_equal(rows.inputs.swapaxes(0, 1).ravel(), pixels.inputs.swapaxes(0, 1).ravel())
        assert np.array_equal(rows.targets[-1], pixels.targets[-1])
        assert rows.inputs.max() == 1


def test_digits_are_scaled_by_the_entropy_of_their_labels() -> None:
    train = Digits().splits().train
    assert train.classes
    counts = np.bincount(train.targets[-1].argmax(axis=1))
    assert train.scale == pytest.approx(entropy(list(counts / 1258)))


def test_a_larger_validation_split_of_digits_is_taken_from_training() -> None:
    few, many = Digits().splits(), Digits(validation=0.2).splits()
    assert [part.inputs.shape[1] for part in many] == [1078, 360, 359]
    assert read(many.test) == read(few.test)
    assert read(many.train) < read(few.train)


@pytest.mark.long
def test_a_linear_network_reads_digits_as_well_as_regression_on_their_pixels() -> None:
    config = from_text(
        {"task": "digits", "model": "linear", "model.hidden_size": "32", "training.replicas": "5"}
        | {"training.learning_rate": "0.05", **Digits.defaults}
    )
    splits = config.task.splits()
    *_, history = train(config, splits)
    assert np.median(evaluate_test_split(config, history, splits)) <= 1.1 * 0.0304


def test_digits_are_shuffled_by_their_seed() -> None:
    assert read(Digits(seed=1).splits().test) != read(Digits().splits().test)
