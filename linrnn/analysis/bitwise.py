"""Whether two trials came to the same, bit for bit; where not, where they first part, and how far."""

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


class Quantity(NamedTuple):
    """Values of one kind: losses, norms or epochs `(N, S)`, digests of weights `(N, S, 32)`, of data `(1, 1)`."""

    name: str
    values: NDArray[Any]
    epochs: Sequence[int] | None = None  # (N,): epochs done at each row
    of_replicas: bool = True


Stage = tuple[Quantity, ...]  # what comes to be epoch by epoch in turn


class FirstDivergence(NamedTuple):
    """Where two trials first part; no epoch or replica where the quantity belongs to none."""

    quantity: str
    replica: int | None
    epoch: int | None


class BitwiseComparison(NamedTuple):
    """What was compared, in numbers; the first difference; the largest relative one of a loss, of 0 to 1."""

    compared: dict[str, int]
    first: FirstDivergence | None
    max_relative_difference: float

    def verdict(self, tolerance: float) -> str:
        """IDENTICAL to the last bit, EQUIVALENT where no loss differs by more than the tolerance, else DIFFERENT."""
        if self.first is None:
            return IDENTICAL
        return EQUIVALENT if self.max_relative_difference <= tolerance else DIFFERENT


def stages(progress: TrainingHistory, data: Mapping[str, str], test_loss: Losses | None) -> list[Stage]:
    """All that a trial came to, in the order in which it came to be."""
    done, evaluated = range(1, progress.epoch + 1), progress.evaluated
    first, *later = progress.weight_digests
    found: list[Stage] = [
        tuple(Quantity(name, np.array([[text]]), of_replicas=False) for name, text in data.items()),
        (Quantity("evaluated", np.array([[str(evaluated)]]), of_replicas=False),),
        (Quantity("initial_weights", first[None], (0,)),),
        (
            Quantity("train_loss", progress.train_loss, done),
            Quantity("gradient_norm", progress.gradient_norm, done),
            Quantity("weights", np.stack(later), evaluated),
            Quantity("val_loss", progress.val_loss, evaluated),
        ),
        (
            Quantity("best_epoch", progress.best_epoch[None]),
            Quantity("best_weights", row_digests(progress.best_weights)[None]),
        ),
        (Quantity("final_weights", row_digests(progress.weights)[None], evaluated[-1:]),),
    ]
    return found if test_loss is None else [*found, (Quantity("test_loss", test_loss[None]),)]


def compare_bitwise(one: Iterable[Stage], other: Iterable[Stage]) -> BitwiseComparison:
    """Compare what both have: the quantities, epochs and replicas that they share."""
    theirs = {quantity.name: quantity for stage in other for quantity in stage}
    first, compared, largest = None, {"epochs": 0, "replicas": 0}, 0.0
    for stage in one:
        pairs = [align(mine, theirs[mine.name]) for mine in stage if mine.name in theirs]
        first = first or min(filter(None, map(first_divergence, pairs)), key=lambda found: found[0], default=None)
        for mine, its in pairs:
            compared[mine.name] = mine.values.shape[0] * mine.values.shape[1]
            if mine.name == "train_loss":
                compared["epochs"], compared["replicas"] = mine.values.shape
            if mine.name in LOSSES:
                largest = max(largest, relative_difference(mine.values, its.values))
    return BitwiseComparison(compared, first[1] if first else None, largest)


def align(one: Quantity, other: Quantity) -> tuple[Quantity, Quantity]:
    """The rows of the epochs, and the replicas, that both have."""
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
    """The first difference of a quantity, and its epoch, by which those of a stage are told apart."""
    one, other = pair
    differs = bits_differ(one.values, other.values)
    if not differs.any():
        return None
    row, replica = (int(place) for place in np.argwhere(differs)[0])
    epoch = None if one.epochs is None else one.epochs[row]
    return (epoch or 0,), FirstDivergence(one.name, replica if one.of_replicas else None, epoch)


def bits_differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of the values `(N, S)` or digests `(N, S, 32)` differ in a bit; nan is the same as nan."""
    if one.dtype == np.float64:
        one, other = (np.where(np.isnan(each), np.nan, each).view(np.uint64) for each in (one, other))
    differs = np.asarray(one != other)
    return differs if differs.ndim == 2 else np.asarray(differs.any(axis=-1))


def relative_difference(one: Losses, other: Losses) -> float:
    """Largest |a - b| / max(|a|, |b|), of 0 to 1: 0 where both are not finite, 1 where only one is."""
    finite = np.isfinite(one) & np.isfinite(other)
    a, b = one[finite], other[finite]
    scale = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.finfo(np.float64).tiny)
    largest = float((np.abs(a - b) / scale).max(initial=0.0))
    return 1.0 if (np.isfinite(one) != np.isfinite(other)).any() else largest


def curve_stages(progress: TrainingHistory) -> Iterator[Stage]:
    """The curves alone."""
    for stage in stages(progress, {}, None):
        yield tuple(quantity for quantity in stage if quantity.name in CURVES)
