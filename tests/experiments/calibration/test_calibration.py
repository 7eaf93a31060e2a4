"""`python -m experiments.calibration`: continued where it was interrupted, refused with one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from experiments.calibration import runner
from experiments.calibration.__main__ import calibrate
from experiments.calibration.series_result import SeriesResult, read_result, write_result
from experiments.calibration.series_sweep import SeriesRequest, describe_series, series_csv, series_sweep
from experiments.cli.group import run
from experiments.search.executors import SerialExecutor
from linrnn.processes.process_draws import draw_series
from tests.source import ROOT

SMALL = ("--trials", "1", "--epochs", "10", "--replicas", "2", "--set", "sweep.confirmation=5", "--rows", "150")


class FakeSweeps:
    """In place of `run_series`: a verdict without a sweep; raises at the numbers that it is told."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.failures: dict[int, BaseException] = {}

    def __call__(self, request: SeriesRequest, template: Path) -> SeriesResult:
        if request.number in self.failures:
            raise self.failures[request.number]
        self.numbers.append(request.number)
        sweep: dict[str, Any] = {"verdict": "undecided", "confirmation": [], "studies": []}
        result = describe_series(request, sweep, 1.0)
        write_result(request.result, result)
        return result


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeSweeps:
    """No processes, no stores."""
    fake = FakeSweeps()

    @contextmanager
    def workers(count: int) -> Iterator[SerialExecutor]:
        yield SerialExecutor()

    monkeypatch.setattr(runner, "run_series", fake)
    monkeypatch.setattr(runner, "local_workers", workers)
    monkeypatch.setattr(runner, "open_store", lambda folder: None)
    monkeypatch.chdir(tmp_path)
    return fake


def ask(*arguments: str) -> int:
    return run(calibrate, ["-q", *arguments], "calibrate")


def test_the_same_command_continues(sweeps: FakeSweeps, capsys: pytest.CaptureFixture[str]) -> None:
    sweeps.failures[3] = KeyboardInterrupt()
    assert ask("--series", "6") == 130
    assert sweeps.numbers == [0, 1, 2]
    assert "run the same command again" in capsys.readouterr().err
    assert not Path("calibration/calibration.json").exists()
    sweeps.failures.clear()
    assert ask("--series", "6") == 0
    assert sweeps.numbers == [0, 1, 2, 3, 4, 5]
    content = json.loads(Path("calibration/calibration.json").read_text())
    assert [each["number"] for each in content["series"]] == [0, 1, 2, 3, 4, 5]
    assert [each["rows"] for each in content["series"]] == [150, 300, 1000, 3000, 150, 300]
    assert ask("--series", "8") == 0
    assert sweeps.numbers == [*range(8)]
    assert Path("calibration/calibration.png").read_bytes().startswith(b"\x89PNG")


def test_a_series_that_fails_is_named_when_the_others_are_done(
    sweeps: FakeSweeps, capsys: pytest.CaptureFixture[str]
) -> None:
    sweeps.failures[1] = RuntimeError("planted")
    assert ask("--series", "4") == 1
    assert sweeps.numbers == [0, 2, 3]
    (line,) = capsys.readouterr().err.splitlines()
    assert "series 0001-setar-300: planted" in line


def test_bad_input_is_one_line_and_writes_nothing(
    sweeps: FakeSweeps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    cases = {
        ("--series", "0"): (2, "0 is not in the range"),
        ("--out", "file"): (2, "file is a file: name a folder"),
        ("--set", "training.speed=1"): (2, "training.speed"),
        ("--trials", "0"): (2, "sweep.trials"),
        ("--rows", "3"): (5, "3 rows"),
        ("--seed", "-1"): (2, "-1 is not in the range"),
    }
    for arguments, (code, part) in cases.items():
        assert ask(*arguments) == code, arguments
        (line,) = capsys.readouterr().err.splitlines()
        assert part in line
        assert os.listdir(tmp_path) == ["file"]


def test_results_of_other_settings_or_other_code_stay(sweeps: FakeSweeps, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--series", "2") == 0
    before = {path: path.read_bytes() for path in Path("calibration").rglob("*") if path.is_file()}
    capsys.readouterr()
    for arguments, part in ((("--seed", "1"), "seed 0, not 1"), (("--trials", "9"), "settings {}, not")):
        assert ask("--series", "2", *arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert part in line
    settings = Path("calibration/settings.json")
    text = json.loads(settings.read_text())
    settings.write_text(json.dumps({**text, "source": "other"}))
    assert ask("--series", "2") == 2
    assert "other code" in capsys.readouterr().err
    settings.write_bytes(before[settings])
    assert {path: path.read_bytes() for path in Path("calibration").rglob("*") if path.is_file()} == before


@pytest.mark.long
def test_new_verdicts_decide_the_sweeps_of_kept_stores_with_the_present_code(sweeps: FakeSweeps) -> None:
    assert ask("--series", "3") == 0
    Path("calibration/stores/0001-setar-300").mkdir(parents=True)
    settings = Path("calibration/settings.json")
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "source": "other"}))
    assert ask("--series", "3", "--new-verdicts") == 0
    assert sweeps.numbers == [0, 1, 2, 1]


def test_a_series_is_swept_as_a_file_of_the_same_numbers(tmp_path: Path) -> None:
    settings = {"sweep.trials": "3"}
    volterra, arma = (SeriesRequest(tmp_path, number, 0, (150,), settings) for number in (7, 0))
    assert volterra.series.name == "0007-volterra-150.csv"
    config, data = series_sweep(volterra)
    assert (config.trials, config.bases[0].task.file) == (3, str(volterra.series))
    assert data.task.forecast_horizon == 0
    realization = draw_series(0, 7, 150)
    assert realization.inputs is not None
    rows = [tuple(map(float, line.split(","))) for line in volterra.series.read_text().splitlines()[1:]]
    assert rows == [*zip(realization.inputs[:, 0], realization.values[:, 0], strict=True)]
    _, data = series_sweep(arma)
    assert data.task.forecast_horizon == 1
    assert series_csv(draw_series(0, 0, 150)).startswith("y\n")


@pytest.mark.long
def test_a_killed_calibration_ends_with_the_results_of_an_uninterrupted_one(tmp_path: Path) -> None:
    def start(folder: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "experiments.calibration", "--out", folder, "--series", "3", *SMALL]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)

    assert start("whole").wait(300) == 0
    process = start("parts")
    deadline = time.monotonic() + 200
    while not list((tmp_path / "parts" / "stores").glob("000*/mlruns")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert len(list((tmp_path / "parts" / "results").glob("*.json"))) < 3
    assert start("parts").wait(300) == 0
    names = sorted(path.name for path in (tmp_path / "whole" / "results").iterdir())
    assert len(names) == 3
    for name in names:
        whole, parts = (read_result(tmp_path / folder / "results" / name) for folder in ("whole", "parts"))
        for each in ("verdict", "reason", "baselines"):
            assert whole.sweep[each] == parts.sweep[each]
        losses = [[each["median_test_loss"] for each in result.sweep["confirmation"]] for result in (whole, parts)]
        assert losses[0] == losses[1]
        assert whole.truth == parts.truth
    assert not list((tmp_path / "parts" / "stores").glob("000*"))
