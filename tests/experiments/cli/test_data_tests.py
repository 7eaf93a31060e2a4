"""`linrnn test`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from linrnn import Series
from linrnn.analysis.nonlinearity import compute_nonlinearity_tests
from linrnn.baseline.baselines import compute_baselines
from tests.conftest import Here

SMALL = ("henon", "--set", "task.length=60", "--set", "task.sequences=1")


def test_a_table_a_figure_and_the_effect(here: Here, tmp_path: Path) -> None:
    code, out, _ = here("test", *SMALL, "--figure", "tests.png")
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "henon: tests of the training and validation data."
    assert lines[1].split() == ["test", "null", "hypothesis", "statistic", "p", "about"]
    assert lines[-2].startswith("Nonlinearity tests: ")
    assert "explain 100.0 % of what a linear fit leaves; the gain of the nonlinear baseline is " in lines[-1]
    assert (tmp_path / "tests.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["tests.png"]


def test_a_file_is_read_as_by_the_other_commands(here: Here, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=120)
    rows = "".join(f"{k},{value!r}\n" for k, value in enumerate(x.tolist()))
    (tmp_path / "levels.csv").write_text(f"day,level\n{rows}")
    code, out, _ = here("test", "levels.csv", "--set", "task.column=level", "--json")
    printed = json.loads(out)
    assert code == 0
    assert list(printed) == ["schema", "task", "question", "column", "notes", "tests", "effect", "detection_ratio"]
    assert (printed["task"], printed["column"]) == ("levels.csv", "level")
    expected = compute_nonlinearity_tests(Series(x), step_losses=compute_baselines(Series(x)).step_losses)
    assert printed["detection_ratio"] == expected.detection_ratio is not None
    assert [(test["name"], test["p"]) for test in printed["tests"]] == [(test.name, test.p) for test in expected.tests]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["digits"], 2, "nonlinearity tests are for regression, and the targets of digits are classes"),
        (["sunspot"], 2, "did you mean 'sunspots'?"),
        (["missing.csv"], 5, "missing.csv cannot be read"),
        (["sunspots", "--set", "task.length=5"], 2, "task.length"),
        (["sine", "--figure", "/proc/figure.png"], 1, "cannot write /proc/figure.png"),
    ],
)
def test_an_error_is_one_line(here: Here, arguments: list[str], code: int, words: str) -> None:
    found, out, error = here("test", *arguments)
    *question, message = error.splitlines()
    assert (found, out, len(question)) == (code, "", arguments[0] in ("digits", "sine"))
    assert words in message


def test_nothing_is_tested_where_a_linear_predictor_is_exact(here: Here) -> None:
    assert here("test", "sine")[1] == "Nonlinearity tests: none, as a linear predictor is exact but for rounding.\n"
