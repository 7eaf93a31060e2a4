"""A series in memory is the series of a file with the same numbers, bit for bit."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import linrnn
from linrnn.data.digests import data_digests
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.series import Series
from linrnn.training.trial_config import TrialConfig, from_text, to_text

RNG = np.random.default_rng(0)
VALUES = RNG.normal(3, 2, 60) * 10.0 ** RNG.integers(-7, 7, 60)
FRAME = pd.DataFrame(
    {"sold": VALUES, "shops": RNG.integers(1, 9, 60), "rain": RNG.random(60).astype(np.float32), "who": ["a", "b"] * 30}
)


def of_file(path: Path, rows: Any, **settings: Any) -> Series:
    """The task of a file that is written value by value, not by the code under test."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return Series(file=str(path), **settings)


def test_an_array_trains_like_the_file_of_the_same_numbers(tmp_path: Path) -> None:
    task = linrnn.Series(VALUES, horizon=4)
    file = of_file(tmp_path / "data.csv", [["y"], *([repr(value)] for value in VALUES.tolist())], horizon=4)
    assert data_digests(task.splits()) == data_digests(file.splits())
    text = {"task": "sine", "model": "tanh", "model.hidden_size": "3", "training.epochs": "6", "training.replicas": "2"}
    config = from_text(text)
    ends = [list(linrnn.train(replace(config, task=each)))[-1] for each in (task, file)]
    assert np.array_equal(ends[0].val_loss, ends[1].val_loss)
    assert np.array_equal(ends[0].weights, ends[1].weights)
    assert np.isfinite(ends[0].val_loss).all()


@pytest.mark.parametrize(
    ("settings", "of_the_file"),
    [
        ({"column": "sold"}, {"column": "sold"}),
        ({"column": "sold", "inputs": ["rain", "shops"], "horizon": 2}, {"inputs": "rain,shops", "column": "sold"}),
        ({"column": 0, "inputs": 2, "horizon": 2}, {"column": "sold", "inputs": "rain"}),
        ({"column": "rain", "group": "who", "horizon": 3}, {"column": "rain", "group": "who"}),
    ],
)
def test_a_frame_is_the_file_that_pandas_writes(tmp_path: Path, settings: Any, of_the_file: Any) -> None:
    FRAME.astype({"rain": float}).to_csv(tmp_path / "frame.csv", index=False)
    file = Series(file=str(tmp_path / "frame.csv"), horizon=settings.get("horizon", 1), **of_the_file)
    assert data_digests(linrnn.Series(FRAME, **settings).splits()) == data_digests(file.splits())


def test_the_name_and_the_date_index_of_a_pandas_series_are_used() -> None:
    series = pd.Series(VALUES, index=pd.date_range("2020-01-31", periods=60, freq="ME"), name="sales")
    task = linrnn.Series(series)
    assert task.label == "sales"
    (name, content), *others = task.load().files.items()
    assert (name, others) == ("sales.csv", [])
    lines = content.decode().splitlines()
    assert lines[:2] == ["date,sales", f"2020-01-31,{float(VALUES[0])!r}"]
    assert linrnn.Series(series, name="shop 1").label == "shop 1"
    hours = series.set_axis(pd.date_range("2020-03-28", periods=60, freq="h", tz="Europe/Berlin").rename("when"))
    lines = linrnn.Series(hours).load().files["sales.csv"].decode().splitlines()
    assert lines[:2] == ["when,sales", f"2020-03-27T23:00:00,{float(VALUES[0])!r}"]
    by_period = series.set_axis(pd.period_range("2020-01", periods=60, freq="M"))
    assert linrnn.Series(by_period).load().files["sales.csv"].startswith(b"date,sales\n2020-01-01,")
    assert linrnn.Series(series.reset_index(drop=True)).load().files["sales.csv"].startswith(b"sales\n")
    assert data_digests(linrnn.Series(hours).splits()) == data_digests(linrnn.Series(VALUES).splits())


def test_equal_if_and_only_if_the_numbers_are() -> None:
    one, same, other = (linrnn.Series(values) for values in (VALUES, list(VALUES), np.nextafter(VALUES, 9)))
    assert one == same
    assert one != other
    assert one.label == "series"
    config = from_text({"task": "sine", "model": "linear"})
    config = TrialConfig(one, config.model)
    assert from_text(to_text(config)) == config
    with pytest.raises(DataError, match="memory"):
        from_text(to_text(config)).task.load()
    copies = one.load().files
    assert data_digests(from_text(to_text(config)).task.load(copies.get).splits) == data_digests(one.splits())


def test_columns_without_a_usable_name_get_one() -> None:
    numbered = pd.DataFrame(np.stack([VALUES, VALUES[::-1]], axis=1))
    by_title, by_position = linrnn.Series(numbered, column=1), linrnn.Series(np.asarray(numbered), column=1)
    assert data_digests(by_title.splits()) == data_digests(by_position.splits())
    assert (by_title.column, by_position.column) == ("column 1", "y2")
    years = pd.DataFrame({2021: VALUES, 2020: VALUES[::-1]})
    assert linrnn.Series(years, column=2020).column == "column 2020"


@pytest.mark.parametrize("name", ["sine", "Sweeps", "..", "default"])
def test_a_name_that_stands_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="name="):
        linrnn.Series(pd.Series(VALUES, name=name))


BAD: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "a hole": (lambda: np.where(VALUES[7] == VALUES, np.nan, VALUES), DataError),
    "infinity": (lambda: np.where(VALUES[7] == VALUES, np.inf, VALUES), DataError),
    "too short": (lambda: VALUES[:3], DataError),
    "constant": (lambda: np.ones(50), DataError),
    "complex": (lambda: VALUES * 1j, DataError),
    "three axes": (lambda: np.ones((9, 2, 2)), DataError),
    "words": (lambda: ["one", "two"] * 20, DataError),
}


@pytest.mark.parametrize("case", BAD)
def test_values_that_cannot_be_used_are_refused_where_the_task_is_made(case: str) -> None:
    values, error = BAD[case]
    with pytest.raises(error) as caught:
        linrnn.Series(values())
    assert len(str(caught.value).splitlines()) == 1


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no column 9"):
        linrnn.Series(FRAME, column=9)
    with pytest.raises(DataError, match="no column 'sale'"):
        linrnn.Series(FRAME, column="sale")


TWO = pd.DataFrame({"sold": VALUES, "it's new": VALUES[::-1]})
DAYS = pd.date_range("2024-01-01", periods=60)


@pytest.mark.parametrize(
    ("values", "settings", "part"),
    [
        (TWO, {}, """name one, such as column="it's new\""""),
        (pd.DataFrame({"a": VALUES, "b": VALUES}), {}, "name one, such as column='b'"),
        (VALUES, {"horizon": 0}, "horizon=0 predicts 'y' from itself: name other inputs"),
        (VALUES, {"horizon": -1}, "horizon must be"),
        (VALUES, {"horizon": 50}, "horizon=50 needs"),
        (VALUES, {"split": (20, 10, 30)}, "split must be rows in ascending order"),
        (VALUES, {"split": (20, 30, 99)}, "split ends at row 99"),
        (VALUES, {"steps": 9, "washout": 40}, "steps=9, washout=40 needs"),
        (VALUES, {"relative": "first"}, "relative must be one of no, last"),
        (VALUES, {"relative": "last", "period": 7}, "period is for relative=no"),
        (VALUES, {"period": 19}, "and period=19 needs 38"),
        (np.arange(60), {}, "column='y'"),
        (pd.Series(VALUES, index=DAYS.repeat(2)[:60]), {}, "(group=NAME)"),
        (pd.DataFrame({"who": ["a"] * 60}), {"group": "who"}, "leave out group"),
    ],
)
def test_errors_name_the_keywords_of_the_call(values: Any, settings: Any, part: str) -> None:
    with pytest.raises((ConfigError, DataError)) as caught:
        linrnn.Series(values, **settings)
    assert part in str(caught.value)
    assert "task." not in str(caught.value)
    assert "--set" not in str(caught.value)


def test_an_unknown_keyword_names_the_public_function() -> None:
    with pytest.raises(TypeError, match=r"^Series\(\) got an unexpected keyword argument 'lag'"):
        linrnn.Series(VALUES, lag=3)  # type: ignore[call-arg]


def test_rows_newest_first_are_warned_of_where_the_task_is_made() -> None:
    series = pd.Series(VALUES, index=DAYS, name="sales")
    with pytest.warns(UserWarning, match="newest first") as caught:
        task = linrnn.Series(series[::-1], horizon=2)
    assert [each.filename for each in caught] == [__file__]
    (order,) = task.notes()
    assert ("predicts 'sales' 2 rows ahead" in task.question, "'date'" in order) == (True, True)
    assert data_digests(task.splits()) == data_digests(linrnn.Series(series, horizon=2).splits())
    assert len(linrnn.Series(series.drop(DAYS[5])).notes()) == 1  # gaps are noted without a warning


def test_a_series_is_represented_by_name_column_horizon_and_rows(tmp_path: Path) -> None:
    assert repr(linrnn.Series(VALUES, horizon=2)) == "Series('series', column='y', horizon=2, rows=60)"
    assert repr(linrnn.Series(FRAME, column="rain")) == "Series('series', column='rain', horizon=1, rows=60)"
    missing = Series(file=str(tmp_path / "data.csv"), column="sold")
    assert repr(missing) == "Series('data.csv', column='sold', horizon=1)"
    assert "rows" not in repr(replace(linrnn.Series(VALUES)))


def test_fractions_of_seconds_of_a_date_index_are_read() -> None:
    task = linrnn.Series(pd.Series(VALUES, index=pd.date_range("2024-01-01", periods=60, freq="100ms")), column="y")
    assert task.content.decode().splitlines()[2].startswith("2024-01-01T00:00:00.100000,")
    assert task.notes() == ()
