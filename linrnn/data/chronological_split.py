"""Chronological splits: the first part for training, the next for validation, the last for testing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.errors import DataError

LEAST_TARGETS = 2  # targets of a split, so that they can vary
LARGEST = 1e15  # standard deviations from the mean, whose squares float32 still holds


class SeriesData(NamedTuple):
    """Values as they are in the file, in order of time, `(time, batch, features)`, and names of the features."""

    inputs: Array
    targets: Array
    input_names: Sequence[str]
    target_names: Sequence[str]
    notes: tuple[str, ...] = ()  # for the user: on row order, gaps, and the choice of the column
    newest_first: bool = False  # whether the file has rows in descending order of their dates


def split_chronologically(data: SeriesData, horizon: int, name: str) -> Splits:
    """60/20/20, each feature standardized by the training part alone; the target of step t is the one at t + `horizon`.

    The sequences of val and test begin at the first step; only steps whose target lies in the split enter the loss.
    DataError, naming the file, where a feature or a split does not change.
    """
    train_end, val_end = split_ends(len(data.inputs))
    inputs = standardize_by_train(data.inputs, train_end, name, data.input_names)
    targets = standardize_by_train(data.targets, train_end, name, data.target_names)

    def split(end: int, first_target: int) -> Sequences:
        part = Sequences(inputs[: end - horizon], targets[horizon:end], first=first_target - horizon)
        require_varying(part, horizon, name, data.target_names)
        return part

    return Splits(split(train_end, horizon), split(val_end, train_end), split(len(inputs), val_end))


def split_ends(length: int) -> tuple[int, int]:
    """The index behind the training part, and behind the val part."""
    return round(0.6 * length), round(0.8 * length)


def has_enough_rows(length: int, horizon: int) -> bool:
    """Whether so many rows leave targets to each split."""
    train_end, val_end = split_ends(length)
    return min(train_end - horizon, val_end - train_end, length - val_end) >= LEAST_TARGETS


def standardize_by_train(values: Array, train_end: int, name: str, features: Sequence[str]) -> Array:
    """Each feature less its mean over its standard deviation, both of the training part, of all sequences at once.

    DataError for one that does not change there, or whose values no float can square.
    """
    part = values[:train_end]
    for k, feature in enumerate(features):
        if part[..., k].min() == part[..., k].max():
            raise DataError(
                f"{name}, {feature} is constant in the training part, the first {train_end} steps: leave it out"
            )
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        deviation = part.std(axis=(0, 1))
        scaled = (values - part.mean(axis=(0, 1))) / deviation
    for k, feature in enumerate(features):
        if not (np.isfinite(deviation[k]) and np.abs(scaled[..., k]).max() < LARGEST):
            raise DataError(f"{name}, {feature} has values too large or too close to standardize: rescale it")
    return np.asarray(scaled)


def require_varying(part: Sequences, horizon: int, name: str, features: Sequence[str]) -> None:
    """DataError for targets of a split none of which ever changes: no loss can be scaled by them."""
    counted = part.targets[part.first :]
    if (counted == counted[0, 0]).all():
        raise DataError(
            f"{name}, {features[0]} is constant over the last {len(counted)} of its first "
            f"{len(part.targets) + horizon} steps, a split of their own: use more or other rows"
        )
