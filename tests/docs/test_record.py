"""What is measured again takes the form of the files of results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from docs import record, tables
from linrnn.models import MODELS


def test_transcripts_are_those_that_there_are() -> None:
    sessions = [path.stem for path in tables.RESULTS.glob("*.json") if "session" in json.loads(path.read_text())]
    assert sorted(record.TRANSCRIPTS) == sorted(sessions)


def test_a_command_is_run_in_the_folder_and_its_output_cut(tmp_path: Path) -> None:
    (tmp_path / "numbers.txt").write_text("1\n2\n3\n")
    result = {
        "prepare": """printf '{"run_id": "abcdef"}'""",
        "session": [{"command": "old", "template": "show {run}", "run": "cat numbers.txt", "limit": 2, "output": []}],
    }
    step = record.record_session(result, tmp_path)[0]
    assert (step["command"], step["output"]) == ("show abcd", ["1", "2", "..."])


def test_an_error_is_recorded_from_stderr(tmp_path: Path) -> None:
    assert record.run_command("echo wrong >&2; exit 5", tmp_path) == ["wrong"]


def test_the_numbers_of_figures_have_six_digits(tmp_path: Path) -> None:
    (tmp_path / "poles.csv").write_text("model,real,frequency\nlinear,0.123456789,\n")
    tables = record.read_figures(tmp_path, ["poles"])
    assert tables == {"poles": {"header": ["model", "real", "frequency"], "rows": [["linear", 0.123457, None]]}}


def test_the_suites_rows() -> None:
    medians = [{"model": "linear", "median_test_loss": 0.1}, {"model": "tanh", "median_test_loss": None}]
    sweep = {
        "task": "sine",
        "baselines": {"naive": 1.0, "linear": 1e-30, "linear_lags": 1, "nonlinear": 0.5},
        "confirmation": medians,
        "order": 2,
        "verdict": "undecided",
    }
    assert record.suite_rows({"sweeps": [sweep]}) == [["sine", 1.0, 0, 0.5, 0.1, None, 2, "undecided"]]


def test_the_rows_of_model_types_name_the_place() -> None:
    places = [
        {"place": "readout", "part": "the readout", "model": "linear-mlp"},
        {"place": "gates", "part": "the gates", "model": "gru"},
    ]
    sweep = {
        "task": "xor",
        "baselines": {"linear": 1e-30},
        "confirmation": [{"model": model, "median_test_loss": 0.1 + index} for index, model in enumerate(MODELS)],
        "verdict": "nonlinearity needed",
        "place": "gates",
        "places": places,
    }
    medians = [0.1 + index for index in range(len(MODELS))]
    (row,) = record.model_type_rows({"sweeps": [sweep]})
    assert row == ["xor", 0, *medians, "nonlinearity needed", "the gates"]
    (row,) = record.model_type_rows({"sweeps": [{**sweep, "verdict": "undecided", "place": None}]})
    assert row[-2:] == ["undecided", None]


def test_the_claims_content() -> None:
    claim = {"id": "e", "title": "t", "verdict": "refuted", "condition": "c", "numbers": {}, "runs": {"linear": "0f"}}
    content = record.claims_content([claim])
    assert content["rows"] == [["(e)", "t", "refuted", "c"]]
    assert len(content["columns"]) == 4
    assert content["claims"] == [{key: value for key, value in claim.items() if key != "runs"}]


def test_the_benchmarks_rows() -> None:
    def cell(side: str, S: int, ms: float) -> dict[str, Any]:
        shape = {"model": "tanh", "T": 99, "B": 1, "H": 10, "S": S}
        times = {f"{name}_ms": ms for name in ("median", "least", "first_quartile", "third_quartile")}
        times["samples"] = 3
        return {"side": side, **shape, **times, "compilation_s": 0.0}

    grid = {"grid": [cell("loop", 1, 15.0), cell("linrnn", 10, 0.015)]}
    shape = ["tanh", 99, 1, 10, 10]
    assert record.speed_rows(grid, [shape]) == [[*shape, 15.0, None, None, 0.015, pytest.approx(1000), None]]


def test_the_rows_of_throughputs_have_their_parts_of_the_core() -> None:
    assert record.throughput_rows([[4, 1.0, 3.0, 20.0]]) == [[4, 1.0, 5.0, 3.0, 15.0, 20.0]]


def test_what_is_written_is_read_back_and_rows_are_lines() -> None:
    content = {"rows": [["a", 1.5, None], ["b" * 200, 2, None]], "empty": [], "nested": {"key": {"x": "\u00e9"}}}
    text = record.format_json(content)
    assert json.loads(text) == content
    assert '  ["a", 1.5, null],\n' in text


def test_main_replaces_the_named_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "results"
    results.mkdir()
    for path in tables.RESULTS.glob("*.json"):
        (results / path.name).write_text(path.read_text())
    monkeypatch.setattr(record, "RESULTS", results)
    monkeypatch.setattr(record, "read_result", lambda name: {"session": [{"command": "echo 7", "output": []}]})
    monkeypatch.setattr(sys, "argv", ["record", str(tmp_path / "work"), "sales"])
    record.main()
    assert json.loads((results / "sales.json").read_text())["session"] == [{"command": "echo 7", "output": ["7"]}]
    assert (results / "sweep.json").read_text() == (tables.RESULTS / "sweep.json").read_text()
    assert (tmp_path / "work" / "sales.csv").exists()
