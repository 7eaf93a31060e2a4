"""Chronological splits: the first part for training, the next for validation, the last for testing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from linrnn.data.segments import choose_windows, find_segments, stack_segments
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.data.split_settings import (
    LEAST_CYCLES,
    LEAST_TARGETS,
    SplitSettings,
    count_targets,
    describe_reach,
    split_ends,
)
from linrnn.errors import ConfigError, DataError

LARGEST = 1e15  # standard deviations from the mean, whose squares float32 still holds
MOST_TARGETS = 2**27  # values of a split: a gigabyte
PARTS = ("training", "validation", "test")


class SeriesData(NamedTuple):
    """Values as they are in the file, in order of time, `(time, batch, features)`, and names of the features."""

    inputs: Array
    targets: Array
    input_names: Sequence[str]
    target_names: Sequence[str]
    notes: tuple[str, ...] = ()  # for the user: on row order, gaps, and the choice of the column
    newest_first: bool = False  # whether the file has rows in descending order of their dates
    dates: tuple[datetime, ...] = ()  # of each step, where there are dates, the same in all sequences
    unit: str = ""  # of the targets, where the file names one
    sequence_names: tuple[str, ...] = ("",)  # values of the column of groups


class Standardization(NamedTuple):
    """Mean and standard deviation of each feature over the training part, `(features,)`."""

    mean: Array
    deviation: Array

    def apply(self, values: Array, name: str, features: Sequence[str]) -> Array:
        """Return each feature less the mean over the deviation. DataError where no float can square that."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            scaled = (values - self.mean) / self.deviation
        for k, feature in enumerate(features):
            if not (np.isfinite(self.deviation[k]) and np.abs(scaled[..., k]).max() < LARGEST):
                raise DataError(f"{name}, {feature} has values too large or too close to standardize: rescale it")
        return np.asarray(scaled)


class Part(NamedTuple):
    """The rows from which the sequences of a split are cut, and the first of them that is a target."""

    data: SeriesData
    first_target: int


def split_chronologically(
    data: SeriesData, settings: SplitSettings, name: str, test: tuple[SeriesData, str] | None = None
) -> Splits:
    """Split a series, each feature standardized by the training part alone.

    The sequences of val and test begin at the first step; only steps all of whose targets lie in the split enter the
    loss. With a second series, and its name, as `test`, the test sequences are all of that, and the first series has no
    test part. Where values are missing (nan), sequences lie between them.

    Raises
    ------
    DataError
        With the name of the file, where a feature or a split does not change, or a split has too few targets, or the
        training part too few rows for the period.
    """
    ends = settings.ends or split_ends(len(data.inputs), has_test=test is None)
    require_targets(len(data.inputs), settings, ends, name)
    inputs, targets = fit_standardizations(data, settings, ends[0], name)
    unit = float(targets.deviation[0]) if len(targets.deviation) == 1 else None

    def cut(series: SeriesData, file: str, begin: int, end: int, label: str) -> Sequences:
        part, first_target = select_part(series, settings, begin, end, file, label)
        x = inputs.apply(input_values(part, settings), file, part.input_names)
        y = targets.apply(part.targets, file, part.target_names)
        sequences = cut_sequences(x, y, settings, first_target, unit)
        require_varying(sequences, settings.reach, file, part.target_names)
        return sequences

    train, val = cut(data, name, 0, ends[0], PARTS[0]), cut(data, name, ends[0], ends[1], PARTS[1])
    require_cycles(len(train.inputs) + settings.reach, settings.period, name)
    if test is None:
        return Splits(train, val, cut(data, name, ends[1], ends[2], PARTS[2]))
    other, file = test
    require_targets(len(other.inputs), settings, (len(other.inputs),), file, PARTS[2:])
    return Splits(train, val, cut(other, file, 0, len(other.inputs), PARTS[2]))


def select_part(data: SeriesData, settings: SplitSettings, begin: int, end: int, name: str, label: str) -> Part:
    """Return the rows of a split whose targets are rows `begin` to `end`.

    They begin with the series or, where values are missing, are windows between these: see segments.choose_windows.
    DataError where no window holds enough targets.
    """
    complete = np.isfinite(np.concatenate([data.inputs[:end], data.targets[:end]], axis=2)).all(axis=2)
    if complete.all():
        rows = data._replace(inputs=data.inputs[:end], targets=data.targets[:end])
        return Part(rows, max(begin, settings.horizon))
    windows = choose_windows(find_segments(complete), begin, end, settings)
    if windows.target_count(settings) < LEAST_TARGETS:
        raise DataError(
            f"{name}: no {settings.reach + settings.washout + 1} rows in its {label} part follow one another without a "
            "missing cell: fill them in, or choose task.missing=interpolate or hold"
        )
    inputs, targets = (stack_segments(values, windows.segments) for values in (data.inputs, data.targets))
    return Part(data._replace(inputs=inputs, targets=targets), windows.first_target)


def fit_standardizations(
    data: SeriesData, settings: SplitSettings, train_end: int, name: str
) -> tuple[Standardization, Standardization]:
    """Return those of the inputs and of the targets. DataError for a feature that does not change in the training."""
    part, _ = select_part(data, settings, 0, train_end, name, PARTS[0])
    inputs = fit_standardization(input_values(part, settings), len(part.inputs), name, part.input_names)
    return inputs, fit_standardization(part.targets, len(part.targets), name, part.target_names)


def input_values(data: SeriesData, settings: SplitSettings) -> Array:
    """Return the inputs; the first of them as its change since the step before (0 at first) where it is relative."""
    if not settings.relative:
        return data.inputs
    return np.concatenate(
        [np.diff(data.inputs[..., :1], axis=0, prepend=data.inputs[:1, ..., :1]), data.inputs[..., 1:]], axis=-1
    )


def cut_sequences(
    inputs: Array, targets: Array, settings: SplitSettings, first_target: int, unit: float | None
) -> Sequences:
    """Return the pairs of a series up to some row, of which those count whose first target is not before another."""
    length, steps = len(inputs) - settings.reach, settings.steps
    x, first = inputs[:length], max(first_target - settings.horizon, settings.washout)
    later = targets[settings.horizon :]
    if steps > 1:
        require_few_targets(length * targets.shape[1] * targets.shape[2] * steps, steps)
        view = np.lib.stride_tricks.sliding_window_view
        windows = view(later, steps, axis=0, writeable=True)  # (time, batch, features, steps); torch warns of others
        later = windows.swapaxes(2, 3).reshape(length, targets.shape[1], -1)
    if not settings.relative:
        return Sequences(x, later, first, unit=unit, period=settings.period)
    offset = targets[:length]
    return Sequences(x, later - offset, first, offset=offset, unit=unit, period=settings.period)


def require_few_targets(count: int, steps: int) -> None:
    """ConfigError for more targets than are held in memory."""
    if count > MOST_TARGETS:
        size, most = (f"{8 * number / 1e9:.1f} GB" for number in (count, MOST_TARGETS))
        raise ConfigError(
            f"the targets of task.steps={steps} need {size}, and at most {most} are held: predict fewer steps at once, "
            "or use fewer rows"
        )


def require_targets(
    length: int, settings: SplitSettings, ends: Sequence[int], name: str, parts: Sequence[str] = PARTS
) -> None:
    """DataError for rows that are not in the file, and for a split with too few targets."""
    if ends[-1] > length:
        raise DataError(f"{name} has {length} rows, and task.split ends at row {ends[-1]}: name rows of the file")
    for part, targets in zip(parts, count_targets(settings, ends), strict=False):
        if targets < LEAST_TARGETS:
            raise DataError(
                f"{name} has {max(targets, 0)} targets in its {part} part, with {describe_reach(settings)}: "
                f"change these, or the rows of the {part} part"
            )


def fit_standardization(values: Array, train_end: int, name: str, features: Sequence[str]) -> Standardization:
    """Return mean and standard deviation of the training part, of all sequences at once.

    DataError for a feature that does not change there.
    """
    part = values[:train_end]
    for k, feature in enumerate(features):
        if part[..., k].min() == part[..., k].max():
            raise DataError(
                f"{name}, {feature} is constant in the training part, the first {train_end} steps: leave it out"
            )
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        return Standardization(part.mean(axis=(0, 1)), part.std(axis=(0, 1)))


def require_cycles(rows: int, period: int, name: str) -> None:
    """DataError for a period that the rows of a training sequence do not hold often enough."""
    needed = LEAST_CYCLES * period
    if period > 1 and rows < needed:
        raise DataError(
            f"{name} has {rows} consecutive rows in its {PARTS[0]} part, and task.period={period} needs {needed}: "
            "use more rows, or a shorter period"
        )


def require_varying(part: Sequences, reach: int, name: str, features: Sequence[str]) -> None:
    """DataError for targets of a split none of which ever changes: no loss can be scaled by them."""
    counted = part.values[part.first :]
    if (counted == counted[0, 0]).all():
        raise DataError(
            f"{name}, {features[0]} is constant over the last {len(counted)} of its first "
            f"{len(part.targets) + reach} steps, a split of their own: use more or other rows"
        )
