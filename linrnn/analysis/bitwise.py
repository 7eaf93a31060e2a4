"""Bitwise comparison of two trials: the first divergence and the largest relative difference of a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.data.digests import row_digests
from linrnn.training.history import Losses, TrainingHistory

IDENTICAL, EQUIVALENT, DIFFERENT = "IDENTICAL", "EQUIVALENT", "DIFFERENT"
LOSSES = ("train_loss", "val_loss", "test_loss")
CURVES = ("train_loss", "gradient_norm", "val_loss")
WEIGHTS = ("weights", "initial_weights", "best_weights", "final_weights")  # compared by their SHA-256


class Quantity(NamedTuple):
    """Values of one kind: losses, norms or epochs `(N, S)`, digests of weights `(N, S, 32)`, of data `(1, 1)`."""

    name: str
    values: NDArray[Any]
    epochs: Sequence[int] | None = None  # (N,): epochs done at each row
    per_replica: bool = True


Stage = tuple[Quantity, ...]  # quantities that alternate epoch by epoch


class FirstDivergence(NamedTuple):
    """The first difference of two trials; replica and epoch are None for a quantity that has none."""

    quantity: str
    replica: int | None
    epoch: int | None


class BitwiseComparison(NamedTuple):
    """Result of a bitwise comparison."""

    counts: dict[str, int]  # number of values compared of each quantity, and of shared epochs and replicas
    first: FirstDivergence | None
    max_relative_difference: float  # of a loss, from 0 to 1

    def verdict(self, tolerance: float) -> str:
        """IDENTICAL to the last bit, EQUIVALENT where no loss differs by more than the tolerance, else DIFFERENT."""
        if self.first is None:
            return IDENTICAL
        return EQUIVALENT if self.max_relative_difference <= tolerance else DIFFERENT


def stages(history: TrainingHistory, data: Mapping[str, str], test_loss: Losses | None) -> list[Stage]:
    """All quantities of a trial, in the order of their computation; digests alone of weights that were deleted."""
    every, evaluations = range(1, history.epoch + 1), history.evaluation_epochs
    initial, *later = history.weight_digests
    best = Quantity("best_weights", row_digests(history.best_weights)[None])
    final = Quantity("final_weights", row_digests(history.weights)[None], evaluations[-1:])
    result: list[Stage] = [
        tuple(Quantity(name, np.array([[text]]), per_replica=False) for name, text in data.items()),
        (Quantity("evaluation_epochs", np.array([[str(evaluations)]]), per_replica=False),),
        (Quantity("initial_weights", initial[None], (0,)),),
        (
            Quantity("train_loss", history.train_loss, every),
            Quantity("gradient_norm", history.gradient_norm, every),
            Quantity("weights", np.stack(later), evaluations),
            Quantity("val_loss", history.val_loss, evaluations),
        ),
        (
            Quantity("best_epoch", history.best_epoch[None]),
            *([best] if history.shapes else []),
        ),
        (final,) if history.shapes else (),
    ]
    return result if test_loss is None else [*result, (Quantity("test_loss", test_loss[None]),)]


def compare_bitwise(one: Iterable[Stage], other: Iterable[Stage]) -> BitwiseComparison:
    """Compare the quantities, epochs and replicas that two trials share.

    Parameters
    ----------
    one, other : iterable of Stage
        Quantities in the order of their computation, from `stages` or `curve_stages`.

    Returns
    -------
    BitwiseComparison
        Counts of the values compared, the first divergence in the order of `one` (None if every bit is equal), and the
        largest relative difference of a loss.
    """
    theirs = {quantity.name: quantity for stage in other for quantity in stage}
    first, counts, largest = None, {"epochs": 0, "replicas": 0}, 0.0
    for stage in one:
        pairs = [align(mine, theirs[mine.name]) for mine in stage if mine.name in theirs]
        first = first or min(filter(None, map(first_divergence, pairs)), key=lambda pair: pair[0], default=None)
        for mine, its in pairs:
            counts[mine.name] = mine.values.shape[0] * mine.values.shape[1]
            if mine.name == "train_loss":
                counts["epochs"], counts["replicas"] = mine.values.shape
            if mine.name in LOSSES:
                largest = max(largest, relative_difference(mine.values, its.values))
    return BitwiseComparison(counts, first[1] if first else None, largest)


def align(one: Quantity, other: Quantity) -> tuple[Quantity, Quantity]:
    """Reduce both quantities to the epochs and replicas that they share."""
    replicas = min(one.values.shape[1], other.values.shape[1])
    if one.epochs is None or other.epochs is None:
        return one._replace(values=one.values[:, :replicas]), other._replace(values=other.values[:, :replicas])
    epochs, mine, its = np.intersect1d(one.epochs, other.epochs, return_indices=True)
    both = tuple(epochs.tolist())
    return (
        one._replace(values=one.values[mine, :replicas], epochs=both),
        other._replace(values=other.values[its, :replicas], epochs=both),
    )


def first_divergence(pair: tuple[Quantity, Quantity]) -> tuple[tuple[int, ...], FirstDivergence] | None:
    """The first difference of a quantity, with its epoch as the key that orders a stage; None if there is none."""
    one, other = pair
    differs = bits_differ(one.values, other.values)
    if not differs.any():
        return None
    row, replica = (int(place) for place in np.argwhere(differs)[0])
    epoch = None if one.epochs is None else one.epochs[row]
    return (epoch or 0,), FirstDivergence(one.name, replica if one.per_replica else None, epoch)


def bits_differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Mask `(N, S)` of the values `(N, S)` or digests `(N, S, 32)` that differ in a bit; all nan are equal."""
    if one.dtype == np.float64:
        one, other = (np.where(np.isnan(each), np.nan, each).view(np.uint64) for each in (one, other))
    differs = np.asarray(one != other)
    return differs if differs.ndim == 2 else np.asarray(differs.any(axis=-1))


def relative_difference(one: Losses, other: Losses) -> float:
    """Largest |a - b| / max(|a|, |b|), from 0 to 1: 0 if both are not finite, 1 if only one is."""
    finite = np.isfinite(one) & np.isfinite(other)
    a, b = one[finite], other[finite]
    scale = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.finfo(np.float64).tiny)
    largest = float((np.abs(a - b) / scale).max(initial=0.0))
    return 1.0 if (np.isfinite(one) != np.isfinite(other)).any() else largest


def curve_stages(history: TrainingHistory) -> Iterator[Stage]:
    """The stages of the curves only."""
    for stage in stages(history, {}, None):
        yield tuple(quantity for quantity in stage if quantity.name in CURVES)
