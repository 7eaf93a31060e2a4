"""`linrnn forecast`: rows after a file, in its unit and with its dates, by the recorded networks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Golden, Here
from tracking.runs.query import confirmation_runs, find_sweeps
from tracking.runs.reader import read_trial, read_weights
from tracking.store.access import existing_store

ROWS = 60
VALUES = [round(50 + 10 * np.sin(2 * np.pi * t / 12) + 0.1 * t + (t * 7919 % 13) / 13, 3) for t in range(ROWS)]
MONTHS = [f"{2015 + t // 12}-{t % 12 + 1:02d}" for t in range(ROWS + 3)]


def to_csv(first: int, last: int) -> str:
    return "month,sold\n" + "".join(f"{MONTHS[t]}-01,{VALUES[t % ROWS]}\n" for t in range(first, last))


@pytest.fixture
def trained(here: Here, here_is_a_store: Path) -> tuple[Path, str]:
    """A folder with a file and a store, and the id of a run on the file."""
    (here_is_a_store / "shop.csv").write_text(to_csv(0, ROWS))
    small = ("--replicas", "3", "--epochs", "40", "--set", "model.hidden_size=3", "-q", "--json")
    code, out, err = here("train", "shop.csv", "--model", "linear", *small)
    assert (code, "predicts 'sold' 1 row ahead" in err) == (0, True)
    return here_is_a_store, json.loads(out)["run_id"]


def forecast_by_hand(folder: Path, run_id: str, values: list[float], leads: int) -> list[float]:
    """Median over replicas of h = W h + U z + b, y = C h + c, which reads z and then its own y."""
    store = existing_store(folder)
    stacked = read_weights(store, read_trial(store, run_id))
    train = VALUES[: round(0.6 * ROWS)]
    mean, deviation = float(np.mean(train)), float(np.std(train))
    paths = []
    for k in range(3):
        U, W, b, C, c = (stacked[name][k].astype(float) for name in ("U", "W", "b", "C", "c"))
        h, y, path = np.zeros(3), 0.0, []
        for z in (np.array(values) - mean) / deviation:
            h = W @ h + U[:, 0] * z + b
            y = float(C[0] @ h + c[0])
        for _ in range(leads):
            path.append(y * deviation + mean)
            h = W @ h + U[:, 0] * y + b
            y = float(C[0] @ h + c[0])
        paths.append(path)
    return [float(each) for each in np.median(paths, axis=0)]


def test_rows_after_the_file_are_those_computed_by_hand(here: Here, trained: tuple[Path, str]) -> None:
    folder, run_id = trained
    code, out, err = here("forecast", run_id[:8], "--steps", "3", "-o", "next.csv", "--figure", "next.png", "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    rows = list(csv.DictReader((folder / "next.csv").read_text().splitlines()))
    by_hand = forecast_by_hand(folder, run_id, VALUES, 3)
    np.testing.assert_allclose([float(row["median"]) for row in rows], by_hand, rtol=1e-9)
    assert [row["date"] for row in rows] == MONTHS[ROWS:]
    assert [each["median"] for each in found["forecast"]] == [float(row["median"]) for row in rows]
    assert (found["column"], found["after"], found["replicas"]) == ("sold", MONTHS[ROWS - 1], 3)
    assert found["forecast"][0]["errors"] == ROWS - round(0.8 * ROWS)
    assert all(row["low_90"] <= row["low_50"] <= row["median"] <= row["high_50"] <= row["high_90"]
               for row in found["forecast"])  # fmt: skip
    assert (folder / "next.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = here("forecast", "shop.csv linear", "--steps", "3")
    assert code == 0
    assert out.splitlines()[2].startswith(f"{MONTHS[ROWS]}  {by_hand[0]:.1f}"[:14])
    assert max(map(len, out.partition("\n\n")[0].splitlines()[1:])) <= 80


@pytest.mark.long
def test_new_rows_follow_by_their_dates_or_replace_old_ones(here: Here, trained: tuple[Path, str]) -> None:
    folder, run_id = trained
    (folder / "new.csv").write_text(to_csv(ROWS - 10, ROWS + 2))
    code, out, _ = here("forecast", run_id, "--data", "new.csv", "--steps", "2", "--json")
    assert code == 0
    found = json.loads(out)
    by_hand = forecast_by_hand(folder, run_id, VALUES + VALUES[:2], 2)
    np.testing.assert_allclose([each["median"] for each in found["forecast"]], by_hand, rtol=1e-9)
    assert found["after"] == MONTHS[ROWS + 1]
    (folder / "late.csv").write_text(to_csv(ROWS + 1, ROWS + 3))
    code, out, err = here("forecast", run_id, "--data", "late.csv")
    assert (code, out) == (5, "")
    assert f"{MONTHS[ROWS]} follows the file's" in err


@pytest.mark.long
def test_a_file_that_has_changed_is_said_and_the_recorded_one_continued(here: Here, trained: tuple[Path, str]) -> None:
    folder, run_id = trained
    before = json.loads(here("forecast", run_id, "--steps", "2", "--json")[1])
    (folder / "shop.csv").write_text(to_csv(0, ROWS + 1))
    code, out, err = here("forecast", run_id, "--steps", "2", "--json")
    assert code == 0
    assert "has changed" in err
    assert json.loads(out)["forecast"] == before["forecast"]


def test_a_file_without_a_sweep_is_named_with_the_command_for_one(here: Here, golden: Golden, tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(to_csv(0, ROWS))
    code, out, err = here("forecast", "shop.csv", "--store", str(golden.store.folder))
    assert (code, out) == (2, "")
    assert f"run linrnn sweep {tmp_path / 'shop.csv'}" in err


def test_of_a_sweep_the_best_confirmation_is_taken(here: Here, golden: Golden) -> None:
    folder = str(golden.store.folder)
    (sweep,) = find_sweeps(golden.store)
    best = min(confirmation_runs(golden.store, sweep), key=lambda run: run.objective)
    for target in ("sine", sweep.run_id, "sine sweep"):
        found = json.loads(here("forecast", target, "--steps", "2", "--json", "--store", folder)[1])
        assert found["run_id"] == best.run_id
        assert {row["sequence"] for row in found["forecast"]} == {f"sequence {k + 1}" for k in range(8)}
    found = json.loads(here("forecast", "sine", "--model", "tanh", "--steps", "2", "--json", "--store", folder)[1])
    assert found["model"] == "tanh"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nowhere.csv",), 2, "no run 'nowhere.csv'"),
        (("sine", "--data", "new.csv"), 2, "--data takes rows of a file"),
        (("sine linear confirmation", "--model", "tanh"), 2, "is of linear, not of tanh"),
        (("sine", "--steps", "0"), 2, "--steps"),
    ],
)
def test_what_cannot_be_forecast_is_refused(
    here: Here, golden: Golden, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = here("forecast", *arguments, "--store", str(golden.store.folder))
    assert (found, out) == (code, "")
    assert message in err


def test_a_backtest_has_the_errors_of_networks_and_baselines(here: Here, trained: tuple[Path, str]) -> None:
    folder, run_id = trained
    code, out, err = here("backtest", run_id, "--steps", "2", "-o", "e.csv", "--figure", "e.png", "--json", "-q")
    assert (code, err) == (0, "")
    errors = {(each["predictor"], each["ahead"]): each for each in json.loads(out)["errors"]}
    first = round(0.8 * ROWS)
    for lead in (1, 2):
        forecasts = [forecast_by_hand(folder, run_id, VALUES[: row - lead + 1], lead)[-1] for row in range(first, ROWS)]
        rmse = np.sqrt(np.square(np.array(forecasts) - VALUES[first:]).mean())
        assert errors["linear", lead]["rmse"] == pytest.approx(rmse, rel=1e-9)
    assert errors["linear", 1]["values"] == errors["naive baseline", 2]["values"] == ROWS - first
    assert len((folder / "e.csv").read_text().splitlines()) == 1 + 2 * 3
    assert (folder / "e.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = here("backtest", run_id, "--steps", "1", "-q")
    assert (code, out.splitlines()[1].split("  ")[0]) == (0, "rows ahead")
    assert here("backtest", run_id, "--steps", "20", "-q")[0] == 2
