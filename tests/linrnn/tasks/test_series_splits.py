"""Splits of a user's series at rows, on a second file, of many rows at once, relative to the last value."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linrnn.data.digests import data_digests
from linrnn.data.sequences import Array, Sequences
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series

RNG = np.random.default_rng(0)
LENGTH = 60
VALUES = RNG.normal(3, 2, LENGTH).cumsum()
OTHER = RNG.normal(1, 4, 30).cumsum()
ETT = Path(__file__).resolve().parents[4] / "shared" / "data" / "ETTh1.csv"


def make(values: Array, test: Array | None = None, **settings: Any) -> Series:
    """Return a series of the column y; of the columns x and y where the values are `(rows, 2)`."""
    tests = {} if test is None else {"test_file": "/test/other.csv"}
    contents = [values] if test is None else [values, test]
    return Series(file="/data.csv", column="y", **tests, **settings).attach(*map(to_csv, contents))


def to_csv(values: Array) -> bytes:
    rows = values.reshape(len(values), -1)
    return (("y" if rows.shape[1] == 1 else "x,y") + "\n").encode() + "".join(
        ",".join(map(repr, row)) + "\n" for row in rows.tolist()
    ).encode()


def scale(values: Array, train_end: int, of: Array | None = None) -> Array:
    train = (values if of is None else of)[:train_end]
    return (values - train.mean()) / train.std()


def counted(part: Sequences) -> Array:
    return part.targets[part.first :, 0]


def test_a_series_is_split_at_rows_and_the_rest_is_not_read() -> None:
    task = make(VALUES, split="20, 35,50", horizon=2)
    y = scale(VALUES, 20)
    for part, (first, end) in zip(task.splits(), [(2, 20), (20, 35), (35, 50)], strict=True):
        assert np.allclose(counted(part)[:, 0], y[first:end], rtol=1e-12)
        assert np.allclose(part.inputs[:, 0, 0], y[: end - 2], rtol=1e-12)
    changed = VALUES.copy()
    changed[50:] = -1e6
    assert data_digests(make(changed, split="20,35,50", horizon=2).splits()) == data_digests(task.splits())
    assert data_digests(make(VALUES, split="36,48,60").splits()) == data_digests(make(VALUES).splits())


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_next_rows_are_outputs_at_once(horizon: int) -> None:
    task = make(VALUES, steps=4, horizon=horizon)
    assert (task.output_size, task.forecast_horizon) == (4, horizon)
    y, ends = scale(VALUES, 36), (36, 48, 60)
    for part, first, end in zip(task.splits(), (horizon, *ends), ends, strict=False):
        rows = [y[t : t + 4] for t in range(first, end - 3)]  # all targets are in the split
        assert np.allclose(counted(part), rows, rtol=1e-12)
        assert np.allclose(part.inputs[part.first :, 0, 0], y[first - horizon : end - 3 - horizon], rtol=1e-12)
        assert part.scale == pytest.approx(np.var(rows, axis=0).mean(), rel=1e-12)
        assert part.targets.flags.writeable  # torch warns of others
        assert np.shares_memory(part.targets[0], part.targets[1])


def test_arrays_can_be_predicted_many_rows_at_once(tmp_path: Path) -> None:
    pairs = RNG.normal(size=(40, 2, 3))
    np.savez(tmp_path / "a.npz", inputs=pairs[..., :1], targets=pairs[..., 1:])
    task = Series(file=str(tmp_path / "a.npz"), horizon=0, steps=3)
    assert task.output_size == 6
    y = (pairs - pairs[:24].mean((0, 1))) / pairs[:24].std((0, 1))
    test = task.splits().test
    assert np.allclose(test.targets[-1, 1], np.concatenate([y[37, 1, 1:], y[38, 1, 1:], y[39, 1, 1:]]), rtol=1e-12)


def test_the_washout_takes_the_first_steps_of_a_sequence_from_the_loss() -> None:
    whole, washed = make(VALUES).splits(), make(VALUES, washout=10).splits()
    assert [part.first for part in washed] == [10, whole.val.first, whole.test.first]
    assert all(np.array_equal(one.targets, two.targets) for one, two in zip(whole, washed, strict=True))


def test_a_washout_longer_than_the_validation_part_is_over_before_it_begins() -> None:
    parts = make(VALUES, split="30,42,60", washout=20).splits()
    assert [len(counted(part)) for part in parts] == [9, 12, 18]


@pytest.mark.parametrize("washout", [0, 5])
def test_a_second_file_is_the_test_split(washout: int) -> None:
    task = make(VALUES, OTHER, washout=washout, horizon=2)
    train, val, test = task.splits()
    y = scale(VALUES, 45)
    assert np.allclose(counted(train)[:, 0], y[2 + washout : 45], rtol=1e-12)
    assert np.allclose(counted(val)[:, 0], y[45:], rtol=1e-12)
    assert np.allclose(counted(test)[:, 0], scale(OTHER, 45, of=VALUES)[2 + washout :], rtol=1e-12)
    assert np.allclose(test.inputs[:, 0, 0], scale(OTHER, 45, of=VALUES)[:-2], rtol=1e-12)
    short = make(VALUES, OTHER, split="30,40").splits()
    assert [len(part.targets) for part in short] == [29, 39, 29]


def test_the_second_file_travels_like_the_first(tmp_path: Path) -> None:
    paths = [tmp_path / "y.csv", tmp_path / "test" / "y.csv"]
    paths[1].parent.mkdir()
    for path, values in zip(paths, (VALUES, OTHER), strict=True):
        path.write_bytes(to_csv(values))
    task, splits, files = Series(file=str(paths[0]), test_file=str(paths[1])).load()
    assert files == {"y.csv": to_csv(VALUES), "test-y.csv": to_csv(OTHER)}
    for path in paths:
        os.remove(path)
        with pytest.raises(DataError, match="No such file"):
            replace(task).load()
        again = replace(task).load(files.get)
        assert again.task == task
        assert data_digests(again.splits) == data_digests(splits)
    with pytest.raises(DataError, match="No such file"):
        replace(task).load({**files, "test-y.csv": to_csv(VALUES)}.get)
    paths[1].write_bytes(to_csv(OTHER + 1))
    with pytest.raises(DataError, match="has changed"):
        replace(task).load({"y.csv": to_csv(VALUES)}.get)


@pytest.mark.parametrize("steps", [1, 3])
def test_differences_from_the_last_value_add_up_to_the_values(steps: int) -> None:
    plain, relative = (make(VALUES, steps=steps, relative=word).splits() for word in ("no", "last"))
    for one, two in zip(plain, relative, strict=True):
        assert np.allclose(two.values, one.targets, rtol=1e-12)
        assert np.allclose(two.targets, one.targets - one.inputs, rtol=1e-9, atol=1e-12)
        assert two.scale == pytest.approx(one.scale, rel=1e-12)
        changes = np.diff(one.inputs[:, 0, 0], prepend=one.inputs[0, 0, 0])
        assert np.corrcoef(two.inputs[:, 0, 0], changes)[0, 1] == pytest.approx(1, abs=1e-12)
    assert make(VALUES, steps=steps, relative="last").forecast_horizon == 0  # as the targets are no later inputs


def test_another_level_changes_nothing_relative_to_the_last_value() -> None:
    """A level that the training part never has reaches neither inputs nor targets."""
    test = [make(VALUES, OTHER + level, relative="last").splits().test for level in (0.0, 1000.0)]
    assert np.allclose(test[0].inputs, test[1].inputs, atol=1e-9)
    assert np.allclose(test[0].targets, test[1].targets, atol=1e-9)


def test_further_inputs_keep_their_values_relative_to_the_last_value() -> None:
    pair = np.stack([RNG.normal(size=LENGTH), VALUES], axis=1)
    train = make(pair, inputs="x,y", relative="last").splits().train
    assert np.allclose(train.inputs[:, 0, 1], scale(pair[:, 0], 36)[:35], rtol=1e-12)


@pytest.mark.skipif(not ETT.exists(), reason="ETTh1.csv is not here")
def test_the_split_of_a_published_protocol() -> None:
    """The test set of Zeng et al. 2023: 2880 rows, of which 96 each are predicted, standardized by 8640 rows."""
    y = np.loadtxt(ETT, delimiter=",", skiprows=1, usecols=7)
    task = Series(file=str(ETT.resolve()), column="OT", steps=96, split="8640,11520,14400")
    test = task.splits().test
    z = (y - y[:8640].mean()) / y[:8640].std()
    windows = np.stack([z[11520 + k : 11520 + k + 96] for k in range(2880 - 96 + 1)])
    assert np.allclose(counted(test), windows, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "30,20,50"}, "task.split must be rows in ascending order, from 1 on, not '30,20,50'"),
        ({"split": "30,30,50"}, "ascending order"),
        ({"split": "0,20,50"}, "from 1 on"),
        ({"split": "20,30"}, "must be 3 rows"),
        ({"split": "20,30,x"}, "must be 3 rows"),
        ({"split": "20,30,-5"}, "must be 3 rows"),
        ({"split": "20,30,50", "test_file": "/b.csv"}, "must be 2 rows beside task.test_file"),
        ({"test_file": "b.csv"}, "must be an absolute path"),
        ({"test_file": "/b.npz"}, "npz"),
        ({"steps": 0}, "task.steps must be a whole number from 1"),
        ({"washout": -1}, "task.washout must be"),
        ({"relative": "first"}, "one of no, last"),
        ({"period": -1}, "task.period must be a whole number from 0 to 2500"),
        ({"period": 2501}, "task.period must be a whole number from 0 to 2500"),
    ],
)
def test_settings_that_name_no_split_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        Series(file="/data.csv", **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "20,35,61"}, "data.csv has 60 rows, and task.split ends at row 61"),
        ({"split": "20,35,50", "washout": 20}, "0 targets in its training part, with task.horizon=1, task.washout=20"),
        ({"split": "20,35,50", "steps": 16}, "0 targets in its validation part, with task.horizon=1, task.steps=16"),
        ({"washout": 40}, "data.csv has 60 rows, and task.horizon=1, task.washout=40 needs 71"),
        ({"period": 19}, "data.csv has 36 consecutive rows in its training part, and task.period=19 needs 38"),
        ({"period": 8, "split": "15,35,50"}, "data.csv has 15 consecutive rows .* task.period=8 needs 16"),
        ({"test": OTHER, "washout": 29}, "other.csv has 0 targets in its test part"),
        ({"test": np.stack([OTHER, OTHER], 1)[:, :1] * np.nan}, "other.csv, row 2, column 'y'"),
        ({"test": np.ones(30)}, "other.csv, column 'y' is constant"),
    ],
)
def test_splits_without_targets_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        make(VALUES, **settings).splits()
    assert "\n" not in str(caught.value)


def test_more_targets_than_memory_holds_are_refused_with_their_size() -> None:
    with pytest.raises(ConfigError, match=r"task.steps=10000 need 2\.[0-9] GB, and at most 1\.1 GB are held"):
        make(np.arange(60_000) % 7.0, steps=10_000).splits()


def test_a_test_file_needs_the_same_columns(tmp_path: Path) -> None:
    task = Series(file="/data.csv", column="y", inputs="x", horizon=0, test_file="/other.csv")
    pair = to_csv(np.stack([RNG.normal(size=LENGTH), VALUES], axis=1))
    with pytest.raises(DataError, match=r"other.csv has no column 'x'; there are: z, y"):
        task.attach(pair, pair.replace(b"x,y", b"z,y")).splits()
    drawn = RNG.normal(size=(40, 2))
    for name, width in (("a.npz", 1), ("b.npz", 2)):
        np.savez(tmp_path / name, inputs=drawn[:, :width], targets=drawn[:, 1:])
    with pytest.raises(DataError, match=r"b.npz has 2 inputs and 1 targets, and a.npz 1 and 1: make them equal"):
        Series(file=str(tmp_path / "a.npz"), test_file=str(tmp_path / "b.npz")).load()


@pytest.mark.parametrize(("settings", "name"), [({"horizon": 0, "inputs": "x"}, "y"), ({"inputs": "x"}, "y")])
def test_differences_need_the_past_of_the_column(settings: dict[str, Any], name: str) -> None:
    pair = np.stack([RNG.normal(size=LENGTH), VALUES], axis=1)
    with pytest.raises(ConfigError, match=f"task.relative=last needs the past of '{name}'"):
        make(pair, relative="last", **settings).splits()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"horizon": 0, "inputs": "x"}, "task.period needs the past of 'y': name it among task.inputs"),
        ({"inputs": "x"}, "task.period needs the past of 'y'"),
        ({"relative": "last"}, "task.period is for task.relative=no"),
    ],
)
@pytest.mark.parametrize("period", [1, 7])
def test_a_period_is_for_forecasts_of_values_from_their_past(
    settings: dict[str, Any], message: str, period: int
) -> None:
    pair = np.stack([RNG.normal(size=LENGTH), VALUES], axis=1)
    with pytest.raises(ConfigError, match=message) as caught:
        make(pair, period=period, **settings).splits()
    assert "\n" not in str(caught.value)
    assert make(pair, period=period, inputs="x,y").splits().train.period == period


@pytest.mark.parametrize("settings", [{}, {"steps": 3, "horizon": 2}, {"washout": 5}])
def test_a_period_changes_no_data(settings: dict[str, Any]) -> None:
    plain, seasonal = make(VALUES, **settings), make(VALUES, **settings, period=18)
    assert data_digests(plain.splits()) == data_digests(seasonal.splits())


def test_a_period_must_fit_between_missing_cells() -> None:
    gaps = VALUES.copy()
    gaps[20] = np.nan
    assert len(make(gaps, missing="split", period=7).splits().train.inputs) < 20
    with pytest.raises(DataError, match=r"data.csv has 1[0-9] consecutive rows .* task.period=12 needs 24"):
        make(gaps, missing="split", period=12).splits()


def test_forecasts_overlap_up_to_their_last_target() -> None:
    two = np.stack([VALUES, VALUES[::-1]], axis=1)
    for settings, horizon, span in (
        ({}, 1, 1),
        ({"horizon": 3, "steps": 4}, 3, 6),
        ({"horizon": 3, "steps": 4, "relative": "last"}, 0, 6),
        ({"horizon": 0, "inputs": "x"}, 0, 0),
        ({"horizon": 2, "inputs": "x", "steps": 3}, 0, 2),
    ):
        task = make(two, **settings)
        assert (task.forecast_horizon, task.forecast_span) == (horizon, span), settings
