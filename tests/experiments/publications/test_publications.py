"""Published figures: the closed forms, the measures of the publications, and what is said without the files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.publications.__main__ import main
from experiments.publications.datasets import DataFolder
from experiments.publications.figure_table import COLUMNS, FigureRow, results_file, to_error
from experiments.publications.least_squares import fit_lags, measure_lags
from experiments.publications.literature_figures import ETT_FIGURES, SILVERBOX_FIGURES
from experiments.publications.network_errors import ReplicaLosses
from experiments.publications.replication import cut_sequences, ett_rows, silverbox_rows
from linrnn.data.sequences import Sequences

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not (DATA / "ETTh1.csv").exists(), reason="the published files are not here")
RNG = np.random.default_rng(0)


def test_the_closed_form_is_least_squares_on_windows() -> None:
    x, noise = RNG.normal(size=200), RNG.normal(size=200)
    y = 2 + 3 * x + np.concatenate([[0, 0], -1.5 * x[:-2]]) + 0.1 * noise
    train = Sequences(x[:150, None, None], y[:150, None, None], first=1)
    test = Sequences(x[150:, None, None], y[150:, None, None], first=10)
    kernel = fit_lags(train, lags=2)
    windows = np.stack([np.ones(148), x[2:150], x[1:149], x[:148]], axis=1)
    expected = np.linalg.lstsq(windows, y[2:150], rcond=None)[0]
    assert np.allclose(kernel[:, 0], expected, rtol=1e-10)
    test_windows = np.stack([np.ones(40), x[160:], x[159:199], x[158:198]], axis=1)
    mse = np.mean((test_windows @ expected - y[160:]) ** 2)
    assert measure_lags(kernel, 2, test) == pytest.approx(mse / y[160:].var(), rel=1e-10)


def test_losses_become_the_measures_of_the_publications() -> None:
    values = RNG.normal(size=(100, 1, 1))
    part = Sequences(values, values, first=20, unit=0.05)
    assert to_error(0.3, part, ETT_FIGURES[96]) == pytest.approx(0.3 * values[20:].var(), rel=1e-12)
    rmse = 1000 * 0.05 * np.sqrt(0.3 * values[20:].var())
    assert to_error(0.3, part, SILVERBOX_FIGURES["arrow"]) == pytest.approx(rmse, rel=1e-12)
    assert cut_sequences(part, 50).scale == pytest.approx(values[20:50].var(), rel=1e-12)


def test_a_row_has_what_was_measured() -> None:
    figure = SILVERBOX_FIGURES["multisine"]
    row = FigureRow(figure, {"FIR": 7.114}, {"tanh": ReplicaLosses(1.7, 1.6)}, "nonlinearity needed")
    published = "tanh RNN 1.64, GRU 1.49, LSTM 1.50"
    cells = [figure.data, "RMSE, mV", None, published, "FIR 7.11", None, "1.70 (1.60)", "nonlinearity needed"]
    assert row.cells() == cells
    content = json.loads(results_file([row]))
    assert [column["name"] for column in content["columns"]] == list(COLUMNS)
    assert content["rows"] == [cells]


def test_without_the_files_it_says_which_and_where(tmp_path: Path) -> None:
    (tmp_path / "silverbox.csv").write_text("V1,V2\n1,2\n")
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["--data", str(tmp_path), "--out", str(out)])
    assert (done.exit_code, done.stdout) == (5, "")
    first, second = done.stderr.splitlines()
    assert "ETTh1.csv is missing: get it from the repository zhouhaoyi/ETDataset" in first
    assert "silverbox.csv is not the published file" in second
    assert os.listdir(tmp_path) == ["silverbox.csv"]


def test_the_records_of_silverbox_are_rows_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "silverbox.csv").write_text('"V1","V2",\n' + "".join(f"{k},{-k},\n" for k in range(127_500)))
    folder = DataFolder(tmp_path, tmp_path / "work")
    folder.cut_silverbox()
    for name, first, end in (("train", 40650, 105712), ("multisine", 105712, 127400), ("arrow", 100, 40575)):
        rows = (tmp_path / "work" / f"silverbox-{name}.csv").read_text().splitlines()
        assert (rows[0], rows[1], rows[-1]) == ('"V1","V2"', f"{first},{-first}", f"{end - 1},{1 - end}")
        assert len(rows) == end - first + 1


@needs_data
@pytest.mark.long
def test_the_closed_forms_of_etth1() -> None:
    """Own measurement with numpy alone: 336 rows as windows, of the values and relative to the last."""
    rows = list(ett_rows(DataFolder(DATA, DATA), None, []))
    digits = [[f"{error:.2f}" for error in row.least_squares.values()] for row in rows]
    assert digits == [["0.06", "0.05"], ["0.08", "0.07"], ["0.10", "0.08"], ["0.18", "0.08"]]
    y = np.loadtxt(DATA / "ETTh1.csv", delimiter=",", skiprows=1, usecols=7)
    z = (y - y[:8640].mean()) / y[:8640].std()
    windows = np.lib.stride_tricks.sliding_window_view(z, 336 + 96)
    past, future = windows[:, :336], windows[:, 336:]
    for is_relative, error in zip((False, True), rows[0].least_squares.values(), strict=True):
        last = past[:, -1:] if is_relative else 0
        X = np.concatenate([np.ones((len(past), 1)), past - last], axis=1)
        train, test = slice(0, 8640 - 336 - 95), slice(11520 - 336, 14400 - 336 - 95)
        kernel = np.linalg.lstsq(X[train], (future - last)[train], rcond=None)[0]
        assert error == pytest.approx(np.mean((X[test] @ kernel - (future - last)[test]) ** 2), rel=2e-3)


@needs_data
@pytest.mark.long
def test_the_closed_form_of_silverbox(tmp_path: Path) -> None:
    folder = DataFolder(DATA, tmp_path)
    folder.check()
    folder.cut_silverbox()
    errors = [row.least_squares["FIR"] for row in silverbox_rows(folder, None, [])]
    assert errors == [pytest.approx(each, rel=0.01) for each in (7.11, 14.43, 6.66)]


@needs_data
@pytest.mark.long
def test_a_tiny_budget_fills_the_table_and_the_same_command_resumes(tmp_path: Path) -> None:
    for _ in range(2):
        done = CliRunner().invoke(main, ["--data", str(DATA), "--out", str(tmp_path), "--quick", "--workers", "1"])
        assert done.exit_code == 0, done.output
        rows = json.loads((tmp_path / "published.json").read_text())["rows"]
        assert [row[5] is None for row in rows] == [False, True, False, True, False, False, False]
    assert "recorded before" in done.stderr
