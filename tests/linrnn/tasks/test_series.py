"""A series of the user's own: what is input and what is target, no leak, and what is refused."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linrnn.data.sequences import Array, Splits
from linrnn.data.split_settings import SplitSettings, has_enough_rows, split_ends
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series
from linrnn.tasks.series_file import DROPPED
from linrnn.training.trial_config import from_text, to_text

Write = Callable[[Any], str]
RNG = np.random.default_rng(0)
VALUES = RNG.normal(3, 2, (40, 3))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and give its path; arrays as an .npz, values `(rows, columns)` as columns a, b, c."""

    def to_file(content: Any, name: str = "data.csv") -> str:
        path = tmp_path / (name if not isinstance(content, dict) else "data.npz")
        match content:
            case dict():
                np.savez(path, **content)
            case bytes():
                path.write_bytes(content)
            case _:
                rows = "".join(",".join(map(repr, row)) + "\n" for row in np.asarray(content).tolist())
                path.write_text(",".join("abc"[: np.shape(content)[1]]) + "\n" + rows)
        return str(path)

    return to_file


def counted(splits: Splits) -> list[Array]:
    return [split.targets[split.first :, 0, 0] for split in splits]


def test_a_series_is_predicted_from_its_own_past(write: Write) -> None:
    task = Series(file=write(VALUES), column="b", horizon=3)
    b, train_end, val_end = VALUES[:, 1], 24, 32
    b = (b - b[:train_end].mean()) / b[:train_end].std()
    train, val, test = splits = task.splits()
    for split, end in ((train, train_end), (val, val_end), (test, 40)):
        assert np.allclose(split.inputs[:, 0, 0], b[: end - 3], rtol=1e-12)
        assert np.allclose(split.targets[:, 0, 0], b[3:end], rtol=1e-12)
    for found, expected in zip(counted(splits), (b[3:24], b[24:32], b[32:]), strict=True):
        assert np.allclose(found, expected, rtol=1e-12)
    assert (task.input_size, task.output_size, task.forecast_horizon, task.label) == (1, 1, 3, "data.csv")


def test_named_inputs_at_t_go_with_the_target_at_t_plus_horizon(write: Write) -> None:
    task = Series(file=write(VALUES), column="a", inputs="c, b", horizon=2)
    assert (task.input_size, task.forecast_horizon) == (2, 0)
    test = task.splits().test
    scaled = (VALUES - VALUES[:24].mean(0)) / VALUES[:24].std(0)
    assert np.allclose(test.inputs[:, 0], scaled[:38, [2, 1]], rtol=1e-12)
    assert np.allclose(test.targets[:, 0, 0], scaled[2:, 0], rtol=1e-12)
    assert replace(task, inputs="a,b").forecast_horizon == 2
    at_once = replace(task, horizon=0).splits().train
    assert np.allclose(at_once.inputs[:, 0, 0], scaled[:24, 2], rtol=1e-12)
    assert np.allclose(at_once.targets[:, 0, 0], scaled[:24, 0], rtol=1e-12)


@given(st.integers(10, 60), st.integers(0, 12), st.booleans())
def test_no_split_sees_a_later_one(length: int, horizon: int, archive: bool) -> None:
    """Other values in the val part change no array of train, other values in the test part none of train and val."""
    if not has_enough_rows(length, SplitSettings(horizon)):
        return
    values = RNG.normal(size=(length, 2))
    before = splits_of(values, horizon, archive)
    for first, unchanged in zip(split_ends(length)[:2], (before[:1], before[:2]), strict=True):
        other = values.copy()
        other[first:] += RNG.normal(size=(length - first, 2))
        after = splits_of(other, horizon, archive)
        for one, two in zip(unchanged, after, strict=False):
            assert np.array_equal(one.inputs, two.inputs)
            assert np.array_equal(one.targets, two.targets)
        assert not np.array_equal(before.test.targets, after.test.targets)
    sizes = [len(split.targets) - split.first for split in before]
    assert sum(sizes) == length - horizon  # each target counts once


def splits_of(values: Array, horizon: int, archive: bool) -> Splits:
    """Those of a series with one input column and one target column, its content in hand."""
    if archive:
        buffer = io.BytesIO()
        np.savez(buffer, inputs=values[:, :1], targets=values[:, 1:])
        return Series(file="/data.npz", horizon=horizon).attach(buffer.getvalue()).splits()
    text = "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in values.tolist())
    return Series(file="/data.csv", inputs="x", column="y", horizon=horizon).attach(text.encode()).splits()


def test_the_training_part_has_mean_0_and_variance_1(write: Write) -> None:
    train = Series(file=write(VALUES), column="a", inputs="b,c", horizon=0).splits().train
    for values in (train.inputs[..., 0], train.inputs[..., 1], train.targets):
        assert abs(values.mean()) < 1e-12
        assert abs(values.var() - 1) < 1e-12


def grouped(lengths: list[int]) -> bytes:
    """Rows of several groups in turn, as in a log; group k has the values 100 k, 100 k + 1, ..."""
    rows = [(step, k) for k, length in enumerate(lengths) for step in range(length)]
    return ("who,y\n" + "".join(f"g{k},{100 * k + step}\n" for step, k in sorted(rows))).encode()


def test_each_group_is_a_sequence(write: Write) -> None:
    task = Series(file=write(grouped([20, 22, 20])), group="who", column="y")
    _, val, test = task.splits()
    assert test.inputs.shape == (19, 3, 1)
    steps = np.diff(test.inputs[:, :, 0], axis=0)
    assert np.allclose(steps, steps[0, 0])
    raw = (test.targets[:, :, 0] - test.targets[0, 0, 0]) / steps[0, 0]
    assert np.allclose(raw[-1], [18, 18 + 102, 18 + 200])  # the last rows of each, so up to 121 of the longest
    assert np.array_equal(val.inputs, test.inputs[: len(val.inputs)])
    assert task.splits().train.inputs.shape == (11, 3, 1)


def test_groups_that_would_cost_many_rows_are_refused(write: Write) -> None:
    assert DROPPED == 0.2
    Series(file=write(grouped([20, 30])), group="who", column="y").splits()
    with pytest.raises(DataError, match=r"data.csv, column 'who': group 'g1' has 20 rows, and another 32: make"):
        Series(file=write(grouped([32, 20])), group="who", column="y").splits()
    with pytest.raises(DataError, match=r"has 3 rows in each group, and task.horizon=1 needs"):
        Series(file=write(grouped([3, 3])), group="who", column="y").splits()


def test_arrays_keep_their_features_and_sequences(write: Write) -> None:
    inputs, targets = RNG.normal(size=(30, 4, 3)), RNG.normal(size=(30, 4, 2))
    task = Series(file=write({"inputs": inputs, "targets": targets}), horizon=1)
    assert (task.input_size, task.output_size, task.forecast_horizon) == (3, 2, 0)
    train, _, test = task.splits()
    assert (train.inputs.shape, test.targets.shape) == ((17, 4, 3), (29, 4, 2))
    scaled = (targets - targets[:18].mean((0, 1))) / targets[:18].std((0, 1))
    assert np.allclose(test.targets, scaled[1:], rtol=1e-12)
    flat = Series(file=write({"inputs": inputs[:, 0], "targets": np.arange(30)[:, None]}))
    assert flat.splits().test.inputs.shape == (29, 1, 3)


def test_configs_are_equal_if_and_only_if_their_files_have_the_same_content(write: Write) -> None:
    typed = from_text({"task": "series", "model": "linear", "task.file": write(VALUES), "task.column": "b"})
    one = replace(typed, task=typed.task.load().task)
    same = replace(typed, task=typed.task.load().task)
    write(VALUES + 1)
    other = replace(typed, task=typed.task.load().task)
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert from_text(to_text(one)) == one
    assert to_text(other)["task.sha256"] == sha256(Path(typed.task.file).read_bytes()).hexdigest()


def test_a_file_that_is_another_by_now_is_refused_or_replaced_by_its_copy(write: Write) -> None:
    path = write(VALUES)
    task, before, files = Series(file=path, column="b").load()
    task = replace(task)  # without its content
    for change in (lambda: write(VALUES + 1), lambda: os.remove(path)):
        change()
        with pytest.raises(DataError):
            task.splits()
        with pytest.raises(DataError):
            task.load(lambda name: None)
        with pytest.raises(DataError):
            task.load(lambda name: b"b\n1\n")  # no copy of this file
        again = task.load(files.get)
        assert again.task == task
        assert np.array_equal(again.splits.test.inputs, before.test.inputs)


def test_content_is_attached_beside_the_settings_and_not_pickled(write: Write) -> None:
    content = Path(write(VALUES)).read_bytes()
    task = Series(file="/gone/data.csv", column="b").attach(content)
    assert task.splits().test.inputs.shape == (39, 1, 1)
    assert content not in pickle.dumps(task)
    for copied in (pickle.loads(pickle.dumps(task)), replace(task), copy(task)):
        assert copied == task
        with pytest.raises(DataError):
            copied.splits()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("data.csv", "data.csv"),
        ("été 1.CSV", "été 1.CSV"),
        ("it's, 'so'.csv", "it_s_ _so_.csv"),
        ("a" * 99 + ".csv", "a" * 46 + ".csv"),
    ],
)
def test_a_label_can_be_queried_and_be_part_of_a_path(name: str, label: str) -> None:
    assert Series(file=f"/folder/{name}").label == label


LINES = [f"{k},{k % 7}.5,0.1,{k}" for k in range(1, 31)]
TABLE = "\n".join(["t,y,still,z", *LINES]) + "\n"


@pytest.mark.parametrize(
    ("content", "settings", "parts"),
    [
        (TABLE, {"column": "x"}, ["no column 'x'", "t, y, still, z"]),
        (TABLE, {"column": "y", "inputs": "t,x"}, ["no column 'x'"]),
        (TABLE, {"group": "x"}, ["no column 'x'"]),
        (TABLE, {"column": "still"}, ["column 'still' is constant", "first 18 steps"]),
        (TABLE, {"column": "y", "inputs": "still"}, ["column 'still' is constant"]),
        (TABLE, {"column": "y", "horizon": 17}, ["has 30 rows", "horizon=17 needs 31"]),
        (TABLE.replace("5,5.5,", "5,,"), {"column": "y"}, ["row 6, column 'y'", "empty", "fill"]),
        (TABLE.replace("5,5.5,", "5,nan,"), {"column": "y"}, ["row 6, column 'y'", "no finite number"]),
        (TABLE.replace("5,5.5,", "5,high,"), {"column": "y"}, ["row 6, column 'y'", "'high' is not a number"]),
        (TABLE.replace("5,5.5,", "5,5.5,5,"), {}, ["row 6", "5 cells"]),
        (TABLE.replace("5,5.5,", "5,1e300,"), {"column": "y"}, ["column 'y'", "rescale"]),
        (TABLE.replace("29,1.5,", "29,1e300,"), {"column": "y"}, ["column 'y'", "rescale"]),
        ("y\n" + "1\n2\n" * 10 + "3\n" * 10, {}, ["column 'y' is constant over the last 6", "split"]),
        ("d,w\n" + "2024-01-01,word\n" * 9, {}, ["row 2, column 'w'", "'word' is not a number"]),
        ("who,y\na,1\nb,2\n", {"group": "y"}, ["column 'who'", "not a number"]),
        ("y\n1\n2\n", {}, ["has 2 rows", "needs"]),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_place(
    write: Write, content: str, settings: dict[str, Any], parts: list[str]
) -> None:
    task = Series(file=write(content.encode()), **settings)
    with pytest.raises(DataError) as caught:
        task.load()
    assert "\n" not in str(caught.value)
    assert all(part in str(caught.value) for part in ["data.csv", *parts]), caught.value


class Planted:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


TWO = np.zeros((30, 2))
DRAWN = RNG.normal(size=(30, 2))


@pytest.mark.parametrize(
    ("arrays", "parts"),
    [
        ({"inputs": DRAWN}, ["array 'targets'", "savez"]),
        ({"inputs": DRAWN, "targets": DRAWN[:, 0]}, ["targets are (30,)", "(time, features)"]),
        ({"inputs": DRAWN, "targets": DRAWN[:29]}, ["inputs are (30, 2) and targets (29, 2)"]),
        ({"inputs": DRAWN, "targets": DRAWN[:, None]}, ["inputs are (30, 2) and targets (30, 1, 2)"]),
        ({"inputs": DRAWN[:, :0], "targets": DRAWN}, ["inputs are (30, 0)"]),
        ({"inputs": DRAWN + 1j, "targets": DRAWN}, ["complex128", "real numbers"]),
        ({"inputs": DRAWN.astype(str), "targets": DRAWN}, ["inputs are of type <U", "real numbers"]),
        ({"inputs": DRAWN, "targets": np.where(DRAWN[3, 1] == DRAWN, np.nan, DRAWN)}, ["targets[3, 1]", "nan"]),
        ({"inputs": np.where(DRAWN[4, 0] == DRAWN, np.inf, DRAWN), "targets": DRAWN}, ["inputs[4, 0]", "inf"]),
        ({"inputs": TWO, "targets": DRAWN}, ["inputs[..., 0] is constant"]),
        ({"inputs": DRAWN[:4], "targets": DRAWN[:4]}, ["has 4 rows"]),
        (dict.fromkeys(("inputs", "targets", *map(str, range(1000))), DRAWN), ["has 1,002 arrays", "at most 1,000"]),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(write: Write, arrays: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        Series(file=write(arrays), horizon=0).load()
    assert all(part in str(caught.value) for part in ["data.npz", *parts]), caught.value


def test_objects_are_never_unpickled(write: Write, tmp_path: Path) -> None:
    planted = np.array([[Planted(tmp_path / "hit")]], dtype=object)
    with pytest.raises(DataError, match="holds objects"):
        Series(file=write({"inputs": planted, "targets": DRAWN})).load()
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Planted(tmp_path / "hit")))
    with pytest.raises(DataError, match=r"raw\.npz"):
        Series(file=str(tmp_path / "raw.npz")).load()
    assert not (tmp_path / "hit").exists()
    pickle.loads(pickle.dumps(Planted(tmp_path / "hit")))
    assert (tmp_path / "hit").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"data\.npz"):
        Series(file=str(tmp_path / "data.npz")).load()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    cases = {"none.csv": "No such file", "pipe.csv": "plain file", "folder.csv": "is a folder"}
    for name, part in cases.items():
        with pytest.raises(DataError, match=part) as caught:
            Series(file=str(tmp_path / name)).load()
        assert str(tmp_path / name) in str(caught.value)


def test_a_file_that_may_not_be_read_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    path = write(VALUES)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(Permission denied\)"):
        Series(file=path).load()


def test_settings_that_do_not_go_together_are_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"name it in place of the task"):
        from_text({"task": "series", "model": "tanh"})
    with pytest.raises(ConfigError, match="from itself"):
        Series(file=write(VALUES), column="b", horizon=0).load()
    with pytest.raises(ConfigError, match=r"task\.column is for tables"):
        Series(file=write({"inputs": DRAWN, "targets": DRAWN}), column="y").load()
    with pytest.raises(ConfigError, match=r"task\.period is for tables"):
        Series(file=write({"inputs": DRAWN, "targets": DRAWN}), period=7).load()
