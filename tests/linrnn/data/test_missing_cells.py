"""Missing cells: filled as pandas fills them, or a reason to split, where no pair of input and target spans a gap."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linrnn.data.segments import choose_windows, find_segments
from linrnn.data.split_settings import SplitSettings
from linrnn.errors import DataError
from linrnn.tasks.series import Series

VALUES = np.random.default_rng(0).normal(5, 2, 60).round(4)


def series(values: np.ndarray, missing: str, **settings: int | str) -> Series:
    cells = ["" if np.isnan(value) else repr(float(value)) for value in values]
    text = "day,y\n" + "".join(f"{day.date()},{cell}\n" for day, cell in zip(DAYS[: len(cells)], cells, strict=True))
    task = Series(file="/sales.csv", column="y", missing=missing, **settings)  # type: ignore[arg-type]
    return task.attach(text.encode())


DAYS = pandas.date_range("2024-01-01", periods=400)


def with_gaps(*rows: int) -> np.ndarray:
    values = VALUES.copy()
    values[list(rows)] = np.nan
    return values


@settings(max_examples=30)
@given(st.sets(st.integers(1, 58), min_size=1, max_size=30))
def test_cells_are_held_and_interpolated_as_pandas_does(rows: set[int]) -> None:
    values = with_gaps(*rows)
    for missing, expected in (
        ("hold", pandas.Series(values).ffill()),
        ("interpolate", pandas.Series(values).interpolate()),
    ):
        assert np.allclose(series(values, missing).data().targets[:, 0, 0], expected, rtol=1e-14)


def test_the_groups_are_filled_each_by_its_own_values() -> None:
    text = "who,y\n" + "".join(
        f"{who},{'' if k == 4 else 10 * k + offset}\n" for k in range(20) for offset, who in enumerate("ab")
    )
    task = Series(file="/d.csv", column="y", group="who", missing="hold").attach(text.encode())
    assert task.data().targets[3:6, :, 0].tolist() == [[30, 31], [30, 31], [50, 51]]


@pytest.mark.parametrize(
    ("rows", "missing", "part"),
    [
        ([0, 7], "hold", "row 2, column 'y': the cell is missing and no value stands before it: delete the row"),
        ([59], "interpolate", "row 61, column 'y': .* no value stands after it: .* task.missing=hold"),
        (range(36, 47), "split", "no 2 rows in its validation part follow one another"),
    ],
)
def test_what_cannot_be_filled_is_refused(rows: list[int], missing: str, part: str) -> None:
    with pytest.raises(DataError, match=part):
        series(with_gaps(*rows), missing).splits()


@settings(max_examples=30)
@given(st.sets(st.integers(0, 59), max_size=20), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2))
def test_no_pair_spans_a_gap_and_none_leaves_its_part(rows: set[int], horizon: int, steps: int, washout: int) -> None:
    values = with_gaps(*rows)
    task = series(values, "split", horizon=horizon, steps=steps, washout=washout)
    try:
        splits = task.splits()
    except DataError:  # too few rows between the gaps of a part
        return
    first = splits.train
    mean = np.nanmean(values[:36]) if not rows else None
    for part, (begin, end) in zip(splits, ((0, 36), (36, 48), (48, 60)), strict=True):
        scale, shift = affine(values, first) if mean is None else (first.unit, mean)
        inputs, targets = part.inputs * scale + shift, part.targets * scale + shift
        for t, b in np.ndindex(inputs.shape[:2]):
            if t < part.first:
                continue
            (row,) = np.flatnonzero(np.isclose(values, inputs[t, b, 0], rtol=1e-9))
            assert np.allclose(values[row + horizon : row + horizon + steps], targets[t, b], rtol=1e-9)
            assert begin <= row + horizon
            assert row + horizon + steps - 1 < end
            assert not np.isnan(values[row : row + horizon + steps]).any()


def affine(values: np.ndarray, train: object) -> tuple[float, float]:
    """Scale and shift of the standardization, from two values of the training part."""
    inputs = train.inputs[:, :, 0].ravel()  # type: ignore[attr-defined]
    scale = train.unit  # type: ignore[attr-defined]
    shifts = values[:36][~np.isnan(values[:36])][:, None] - scale * inputs[None]
    rounded, counts = np.unique(shifts.round(9), return_counts=True)
    return float(scale), float(rounded[np.argmax(counts)])


def test_a_part_in_one_segment_is_read_from_the_beginning_of_the_segment() -> None:
    train, val, test = series(with_gaps(10), "split").splits()
    assert [part.inputs.shape[:2] for part in (train, val, test)] == [(9, 3), (36, 1), (48, 1)]
    assert [part.first for part in (train, val, test)] == [0, 24, 36]  # rows 11 to 47 and 11 to 59
    task = series(with_gaps(10), "split")
    assert task.notes() == (
        "column 'y': 1 cell is missing, the first in row 12; each is left out: there are sequences on both sides",
    )


@given(st.lists(st.booleans(), min_size=5, max_size=40), st.integers(1, 3), st.integers(0, 2))
def test_windows_are_the_longest_that_keep_nine_tenths_of_the_most_targets(
    present: list[bool], horizon: int, washout: int
) -> None:
    splitting = SplitSettings(horizon, washout=washout)
    segments = find_segments(np.array(present)[:, None])
    assert sum(each.stop - each.start for each in segments) == sum(present)
    if len(segments) < 2:
        return
    windows = choose_windows(segments, 0, len(present), splitting)
    counts = [
        sum((each.stop - each.start) // length for each in segments) * (length - horizon - washout)
        for length in range(1, len(present))
    ]
    kept = [count >= 0.9 * max(*counts, 1) for count in counts]
    assert windows.target_count(splitting) == (counts[max(np.flatnonzero(kept))] if any(kept) else 0)
    covered = [row for each in windows.segments for row in range(each.start, each.stop)]
    assert len(covered) == len(set(covered))
    assert all(present[row] for row in covered)


def test_without_a_missing_cell_nothing_depends_on_the_setting() -> None:
    splits = [series(VALUES, missing).splits() for missing in ("error", "hold", "interpolate", "split")]
    for part in range(3):
        for name in ("inputs", "targets", "first"):
            one, *others = (getattr(each[part], name) for each in splits)
            assert all(np.array_equal(one, other) for other in others)
