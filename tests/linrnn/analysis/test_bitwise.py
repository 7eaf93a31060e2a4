"""Planted differences, each found at its exact epoch, replica and quantity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from linrnn.analysis.bitwise import (
    DIFFERENT,
    EQUIVALENT,
    IDENTICAL,
    FirstDivergence,
    bits_differ,
    compare_bitwise,
    curve_stages,
    relative_difference,
    stages,
)
from linrnn.data.digests import data_digests
from linrnn.data.sequences import Sequences
from linrnn.training.backends import KernelBackend
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import TrialConfig, from_text

TEXT = {
    "task": "sunspots",
    "model": "tanh",
    "model.hidden_size": "4",
    "training.learning_rate": "0.0123456",
    "training.epochs": "40",
    "training.evaluations": "4",
    "training.replicas": "3",
    "training.decay": "none",  # which other epochs then do not change
}
CONFIG = from_text(TEXT)
Changed = dict[str, Any]


def outcome(config: TrialConfig = CONFIG, splits: Any = None) -> Any:
    data = splits or config.task.splits()
    *_, progress = train(config, data)
    return stages(progress, data_digests(data), evaluate_test_split(config, progress, data))


def progress_of(config: TrialConfig = CONFIG) -> TrainingHistory:
    *_, progress = train(config)
    return progress


def by_hand(one: TrainingHistory, other: TrainingHistory) -> FirstDivergence | None:
    """The definition: every value in the order in which it came to be."""
    replicas = range(len(one.weights))
    for epoch in range(1, one.epoch + 1):
        row = one.evaluation_epochs.index(epoch) if epoch in one.evaluation_epochs else None
        for name, place in (
            ("train_loss", epoch - 1),
            ("gradient_norm", epoch - 1),
            ("weights", row),
            ("val_loss", row),
        ):
            for k in replicas if place is not None else ():
                if name == "weights":
                    a, b = (each.weight_digests[place + 1, k] for each in (one, other))
                else:
                    a, b = (getattr(each, name)[place, k] for each in (one, other))
                if a.tobytes() != b.tobytes():
                    return FirstDivergence(name, k, epoch)
    return None


def test_the_same_trial_is_identical_and_all_of_it_was_compared() -> None:
    np.random.seed(1)  # a global seed must not matter
    first = outcome()
    np.random.seed(2)
    found = compare_bitwise(first, outcome())
    assert (found.first, found.max_relative_difference, found.verdict(0)) == (None, 0, IDENTICAL)
    assert found.counts == {
        "epochs": 40,
        "replicas": 3,
        "data.train": 1,
        "data.val": 1,
        "data.test": 1,
        "evaluation_epochs": 1,
        "initial_weights": 3,
        "train_loss": 120,
        "gradient_norm": 120,
        "weights": 12,
        "val_loss": 12,
        "best_epoch": 3,
        "best_weights": 3,
        "final_weights": 3,
        "test_loss": 3,
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"training.learning_rate": "0.0123457"}, FirstDivergence("train_loss", 0, 2)),
        ({"seed": "1"}, FirstDivergence("initial_weights", 0, 0)),
        ({"training.clip_norm": "0.01"}, None),
        ({"model": "linear"}, FirstDivergence("train_loss", 0, 1)),
        ({"training.learning_rate": repr(float(np.nextafter(0.0123456, 1)))}, None),
    ],
)
def test_another_config_parts_where_the_definition_says(changed: Changed, expected: FirstDivergence | None) -> None:
    other = from_text(TEXT | changed)
    found, hand = compare_bitwise(outcome(), outcome(other)), by_hand(progress_of(), progress_of(other))
    if expected and expected.quantity == "initial_weights":
        assert found.first == expected
    else:
        assert found.first == hand
        assert expected in (None, hand)
    assert (found.verdict(0) == IDENTICAL) == (hand is None)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_one_cell_of_the_data_is_found_in_its_split(split: str) -> None:
    splits = CONFIG.task.splits()
    cells: Sequences = getattr(splits, split)
    inputs = cells.inputs.copy()
    inputs[7, 0, 0] = np.nextafter(inputs[7, 0, 0], np.inf)
    found = compare_bitwise(outcome(), outcome(splits=splits._replace(**{split: cells._replace(inputs=inputs)})))
    assert found.first == FirstDivergence(f"data.{split}", None, None)


def nudged(epoch: int, replica: int) -> Callable[..., Any]:
    """Training steps that change one weight of a replica once that epoch is done."""
    whole = KernelBackend.advance

    def advance(self: KernelBackend, epochs: int) -> Any:
        losses, norms = zip(*(step(self) for _ in range(epochs)), strict=True)
        return np.concatenate(losses), np.concatenate(norms)

    def step(self: KernelBackend) -> Any:
        found = whole(self, 1)
        if self.epoch == epoch:
            self.present[replica, 5] += np.float32(1e-3)
        return found

    return advance


@pytest.mark.parametrize("replica", [0, 2])
@pytest.mark.parametrize(
    ("epoch", "quantity", "seen"),
    [(10, "weights", 10), (20, "weights", 20), (13, "train_loss", 14), (29, "train_loss", 30), (40, "weights", 40)],
)
def test_one_weight_after_an_epoch_is_found_there(
    monkeypatch: pytest.MonkeyPatch, epoch: int, quantity: str, seen: int, replica: int
) -> None:
    whole = outcome()
    monkeypatch.setattr(KernelBackend, "advance", nudged(epoch, replica))
    assert compare_bitwise(whole, outcome()).first == FirstDivergence(quantity, replica, seen)


def test_kept_weights_and_test_losses_are_compared_too() -> None:
    splits = CONFIG.task.splits()
    progress = progress_of()
    whole = stages(progress, data_digests(splits), np.array([1.0, 2.0, 3.0]))
    best, final = progress.best_weights.copy(), progress.weights.copy()
    best[1, 0] += 1
    final[2, 0] += 1
    for changed, expected in (
        (replace(progress, best_weights=best), FirstDivergence("best_weights", 1, None)),
        (replace(progress, weights=final), FirstDivergence("final_weights", 2, 40)),
    ):
        assert (
            compare_bitwise(whole, stages(changed, data_digests(splits), np.array([1.0, 2.0, 3.0]))).first == expected
        )
    tested = compare_bitwise(whole, stages(progress, data_digests(splits), np.array([1.0, 2.0, 3.1])))
    assert tested.first == FirstDivergence("test_loss", 2, None)
    assert tested.max_relative_difference == pytest.approx(0.1 / 3.1)
    assert tested.verdict(0.04) == EQUIVALENT
    assert tested.verdict(0.03) == DIFFERENT


def test_an_earlier_end_is_a_difference() -> None:
    earlier, whole = train(CONFIG), progress_of()
    next(earlier)
    assert compare_bitwise(stages(whole, {}, None), stages(next(earlier), {}, None)).first == FirstDivergence(
        "evaluation_epochs", None, None
    )


def test_relative_differences() -> None:
    losses = np.array([1.0, 0.0, np.nan, np.inf, 2.0])
    assert relative_difference(losses, losses) == 0
    assert relative_difference(losses, np.array([1.0, 0.0, np.inf, np.nan, 1.5])) == 0.25
    assert relative_difference(losses, np.array([np.inf, 0.0, np.nan, np.inf, 2.0])) == 1
    assert relative_difference(np.zeros(1), np.full(1, 1e-9)) == 1


def test_a_diverged_replica_is_the_same_as_itself() -> None:
    config = from_text(TEXT | {"model": "linear", "training.learning_rate": "10", "training.clip_norm": "inf"})
    splits, one = config.task.splits(), progress_of(config)
    assert one.diverged.any()
    assert not np.isfinite(one.train_loss).all()
    again = compare_bitwise(*(stages(each, data_digests(splits), None) for each in (one, progress_of(config))))
    assert again.verdict(0) == IDENTICAL


def test_curves_of_different_lengths_are_compared_as_far_as_both_go() -> None:
    longer = from_text(TEXT | {"training.epochs": "80", "training.evaluations": "16", "training.replicas": "5"})
    found = compare_bitwise(curve_stages(progress_of()), curve_stages(progress_of(longer)))
    assert found.first is None
    assert (found.counts["epochs"], found.counts["replicas"]) == (40, 3)
    for one, other in product((CONFIG, longer), repeat=2):
        assert compare_bitwise(curve_stages(progress_of(one)), curve_stages(progress_of(other))).first is None


def test_a_digest_differs_in_any_byte_and_a_loss_in_any_bit() -> None:
    digests = np.zeros((2, 3, 32), np.uint8)
    other = digests.copy()
    other[1, 2, 31] = 1
    assert np.argwhere(bits_differ(digests, other)).tolist() == [[1, 2]]
    losses = np.array([[1.0, np.nan, 0.0]])
    assert np.argwhere(bits_differ(losses, np.array([[np.nextafter(1, 2), -np.nan, -0.0]]))).tolist() == [
        [0, 0],
        [0, 2],
    ]
