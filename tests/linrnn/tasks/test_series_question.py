"""The question of a task: what is predicted, from what, and the rows of each split, from the settings alone."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest

from linrnn.tasks.series import Series
from linrnn.tasks.sine import Sine
from linrnn.tasks.sunspots import Sunspots
from linrnn.tasks.xor import Xor

ROWS = 40
DAYS = [str(day.date()) for day in pandas.date_range("2024-01-01", periods=ROWS)]
TABLE = "day,y,rain\n" + "".join(f"{day},{k * k % 7},{k % 5}\n" for k, day in enumerate(DAYS))
SPLIT = "40 rows, 2024-01-01 to 2024-02-09: rows 1-24 train, 25-32 validate, 33-40 test"


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "data.csv").write_text(TABLE)
    (tmp_path / "later.csv").write_text(TABLE.replace("2024", "2025"))
    return str(tmp_path / "data.csv")


@pytest.mark.parametrize(
    ("settings", "question"),
    [
        ({}, f"predicts 'y' 1 row ahead from its own past; {SPLIT}"),
        ({"horizon": 3}, f"predicts 'y' 3 rows ahead from its own past; {SPLIT}"),
        ({"horizon": 2, "steps": 3}, f"predicts 'y' 2 to 4 rows ahead from its own past; {SPLIT}"),
        ({"relative": "last"}, f"predicts 'y' 1 row ahead from its own past, relative to its last value; {SPLIT}"),
        ({"inputs": "y, rain"}, f"predicts 'y' 1 row ahead from 'rain' and its own past; {SPLIT}"),
        ({"inputs": "rain", "horizon": 0}, f"predicts 'y' in the same row from 'rain'; {SPLIT}"),
        (
            {"split": "20,30,35"},
            "predicts 'y' 1 row ahead from its own past; 35 rows, 2024-01-01 to 2024-02-04: "
            "rows 1-20 train, 21-30 validate, 31-35 test",
        ),
        (
            {"test_file": "later.csv"},
            "predicts 'y' 1 row ahead from its own past; 40 rows, 2024-01-01 to 2024-02-09: rows 1-30 train, "
            "31-40 validate; 40 rows of later.csv, 2025-01-01 to 2025-02-09 test",
        ),
    ],
)
def test_the_question_of_a_series(path: str, settings: dict[str, Any], question: str) -> None:
    if "test_file" in settings:
        settings = {"test_file": str(Path(path).with_name("later.csv"))}
    task = Series(file=path, column="y", **settings).load().task
    assert task.question == f"data.csv: {question}"
    assert pickle.loads(pickle.dumps(task)).question == task.question  # without the content of the file


def test_what_is_filled_in_is_the_same_computation(path: str) -> None:
    task, splits, _ = Series(file=path, column="y").load()
    assert (task.column, task.inputs, task.rows) == ("y", "y", "24, 32, 40")
    assert task.dates == "2024-01-01 to 2024-01-24, 2024-01-25 to 2024-02-01, 2024-02-02 to 2024-02-09"
    again, same, _ = task.load()
    assert again == task
    bare = replace(task, inputs="", rows="", dates="").load()
    for one, two, three in zip(splits, same, bare.splits, strict=True):
        assert one.inputs.tobytes() == two.inputs.tobytes() == three.inputs.tobytes()
        assert one.targets.tobytes() == two.targets.tobytes() == three.targets.tobytes()
    assert bare.task == task


def test_an_older_record_has_a_shorter_question() -> None:
    assert Series(file="/gone/data.csv").question == "data.csv: predicts its only column of numbers"
    assert Series(file="/gone/data.csv", column="y").question == "data.csv: predicts 'y' 1 row ahead from its own past"


def test_questions_of_built_in_tasks() -> None:
    assert Sine().question == f"sine: {Sine.summary()}"
    assert Xor().question.endswith("; 8 sequences to train, 8 to validate, 32 to test, of 100 steps")
    rows = "309 rows, 1700 to 2008: rows 1-185 train, 186-247 validate, 248-309 test"
    assert Sunspots().question == f"sunspots: {Sunspots.summary()}; {rows}"
