"""A sweep's record: loaded once; everything else is computed from it, without a store."""

from __future__ import annotations

import json
import math
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import NoneType
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.comparison_table import baselines_table, comparison_table, short_table
from experiments.report.figures.search_figures import search_figure
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.html import render_report, sweep_artifacts
from experiments.report.serialization import sweep_json, sweep_markdown, sweeps_json, sweeps_table
from experiments.report.summary import summarize
from experiments.search.selection import select_best_trial
from experiments.workflows.finish import finish_sweep
from linrnn.analysis.statistics import Estimate
from linrnn.analysis.verdict import SUFFICES, UNDECIDED
from tests.experiments.report.records import REPLICAS, SCALES, TRIALS, build_record
from tests.faults.harness import Twin, new_store
from tracking.run_views import LinrnnRun
from tracking.runs import reader
from tracking.runs.query import last_sweeps
from tracking.store.access import Store, open_store
from tracking.store.run_search import RunFilter
from tracking.store.run_table import RunTable

NUMBER, MAYBE = (int, float), (int, float, type(None))
PAIR = [MAYBE, MAYBE]
SCHEMA: dict[str, Any] = {  # of `linrnn sweep --json`, version 2: a change of it is a new version
    "task": str,
    "sweep_run": str,
    "seconds": NUMBER,
    "search_space": {"hidden_size": [int, int], "learning_rate": [float, float]},
    "studies": {
        "model": str,
        "trials": int,
        "pruned": int,
        "diverged": int,
        "failed": int,
        "best_run": str,
        "objective": NUMBER,
        "best_val_loss": NUMBER,
        "hidden_size": int,
        "learning_rate": float,
        "parameters": int,
        "seconds": NUMBER,
    },
    "confirmation": {
        "model": str,
        "run_id": str,
        "replicas": int,
        "diverged": int,
        "median_test_loss": MAYBE,
        "rmse": MAYBE,
        "mae": MAYBE,
        "output_losses": list,
        "iqr": MAYBE,
        "quartiles": PAIR,
        "interval": PAIR,
        "excess": MAYBE,
        "excess_interval": (list, type(None)),
        "closed_gap": MAYBE,
        "too_few_replicas": bool,
        "residual_tests": NoneType,
        "linear_comparison": {"ratio": MAYBE, "interval": PAIR, "diebold_mariano_p": MAYBE, "superiority": float},
    },
    "failures": list,
    "omissions": list,
    "baselines": {
        "naive": NUMBER,
        "linear": NUMBER,
        "linear_lags": int,
        "nonlinear": NUMBER,
        "naive_method": str,
        "linear_method": str,
        "candidates": [{"name": str, "val": NUMBER, "test": NUMBER}] * 3,
        "intervals": type(None),  # without step losses
        "rmse": type(None),
        "mae": type(None),
    },
    "bounds": {"analytic": MAYBE, "noise": MAYBE},
    "verdict": str,
    "conclusion": str,
    "reason": str,
    "gains": dict,
    "place": type(None),  # of two model types
    "places": [],
    "data_share": MAYBE,
    "conditions": str,
    "question": str,
    "notes": list,
    "step_means": NoneType,
    "nonlinearity": {
        "tests": {
            "name": str,
            "null": str,
            "statistic": float,
            "p": float,
            "adjusted_p": MAYBE,
            "about": str,
            "targets": int,
        },
        "effect": float,
        "detection_ratio": MAYBE,
    },
}


def check(value: Any, schema: Any) -> None:
    """Fail unless a value has exactly the keys, in their order, and the types of a schema."""
    if isinstance(schema, dict):
        assert list(value) == list(schema)
        for name, part in schema.items():
            check(value[name], part)
    elif isinstance(schema, list):
        assert len(value) == len(schema)
        for each, part in zip(value, schema, strict=True):
            check(each, part)
    else:
        assert isinstance(value, schema)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a function of a record asked for a store")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(MlflowClient, "__init__", refuse)


class TestWithoutAStore:
    @pytest.fixture(autouse=True)
    def _alone(self, no_network: None) -> None:
        return None

    def test_errors_in_the_unit_of_the_data_are_shown_where_there_is_one(self) -> None:
        summary = summarize(build_record())
        tables = comparison_table(summary), baselines_table(summary.baselines, {})
        for text in (sweep_markdown(summary), *map(str, tables)):
            assert "RMSE" not in text
        linear, tanh = summary.confirmations
        confirmations = (replace(linear, rmse=3.25, mae=2.5), tanh)
        baselines = replace(summary.baselines, naive=0.25, unit=8.0, mae={"naive": 3.0})
        shown = replace(summary, confirmations=confirmations, baselines=baselines)
        rows = {row[0]: row[1:] for row in comparison_table(shown).rows}
        assert (rows["RMSE"], rows["MAE"]) == (("3.25", "-"), ("2.5", "-"))
        assert baselines_table(baselines, {}).rows[0][:4] == ("naive baseline", "0.25", "4", "3")
        intervals = {"naive": Estimate(0.25, 0.2, 0.3)}
        assert baselines_table(baselines, intervals).rows[0][1:4] == ("0.25", "0.2 to 0.3", "4")
        assert "naive baseline 0.25 (RMSE 4)" in sweep_markdown(shown)
        (sweep,) = sweeps_json([shown])["sweeps"]
        assert (sweep["confirmation"][0]["rmse"], sweep["confirmation"][0]["mae"]) == (3.25, 2.5)
        assert (sweep["baselines"]["rmse"]["naive"], sweep["baselines"]["mae"]["naive"]) == (4.0, 3.0)
        table = sweeps_table([shown])
        first = dict(zip(table.header, table.rows[0], strict=True))
        assert (first["confirmation_rmse"], first["baseline_naive_rmse"], first["baseline_naive_mae"]) == (
            3.25,
            4.0,
            3.0,
        )

    def test_the_json_has_exactly_its_schema(self) -> None:
        printed = json.loads(json.dumps(sweeps_json([summarize(build_record())]), allow_nan=False))
        (sweep,) = printed["sweeps"]
        linear, tanh = sweep["confirmation"]
        nonlinearity = {**sweep["nonlinearity"], "tests": sweep["nonlinearity"]["tests"][0]}
        check({**sweep, "studies": sweep["studies"][0], "confirmation": tanh, "nonlinearity": nonlinearity}, SCHEMA)
        assert linear["linear_comparison"] is None
        assert [study["model"] for study in sweep["studies"]] == list(SCALES)
        assert sweep["notes"] == ["predicted column: 'sales'"]

    def test_a_nonlinearity_that_no_network_uses_prevents_equivalence(self) -> None:
        record = build_record()
        linear, tanh = record.confirmations
        record = replace(record, confirmations=[linear, replace(tanh, curves=linear.curves)])
        tests = record.nonlinearity_tests
        assert tests is not None
        weak, strong = (
            summarize(replace(record, nonlinearity_tests=replace(tests, effect=effect))).verdict
            for effect in (0.04, 0.3)
        )
        assert (weak.word, strong.word) == (SUFFICES, UNDECIDED)
        assert "the test by products (p = 0.001" in strong.reason

    def test_the_best_trial_is_complete_and_has_the_lowest_loss(self) -> None:
        record = build_record()
        for study in summarize(record).studies:
            complete = [trial for trial in record.study(study.model) if trial.outcome == "complete"]
            best = min(complete, key=lambda trial: trial.objective)
            assert (study.best_run, study.objective, study.settings) == (best.run_id, best.objective, best.settings)
            assert study.best_val_loss == best.best_val_loss
            assert (study.trials, study.pruned) == (TRIALS, 1)

    def test_a_study_without_a_complete_trial_keeps_its_columns(self) -> None:
        record = build_record()
        trials = [replace(trial, outcome="diverged", objective=math.inf) for trial in record.trials]
        summary = summarize(replace(record, trials=trials, parameters={}, confirmations=[]))
        (study, _) = sweep_json(summary)["studies"]
        assert (study["best_run"], study["hidden_size"], study["learning_rate"]) == (None, None, None)
        cells = {row[0]: row[1:] for row in comparison_table(summary).rows}
        assert cells["val loss (upper quartile)"] == ("no complete trial",) * 2

    def test_all_that_is_shown_is_a_function_of_the_record(self) -> None:
        record = build_record()
        summary = summarize(record)
        artifacts = sweep_artifacts(record, summary)
        assert {Path(name).suffix for name in artifacts} == {".html", ".csv", ".png"}
        assert len([name for name in artifacts if name.endswith(".png")]) == 8
        assert render_report(record, summary, sweep_figures(record, summary)) == artifacts["report.html"]

    @pytest.mark.parametrize(
        ("steps", "counts", "means", "words"),
        [
            (2000, None, (1, 1), "20 replicas in the confirmation"),
            (3000, None, (1, 2), "; intervals from means of 2 test steps"),
            (3000, [3, 4] * 1500, (4, 7), "; intervals from means of 7 test steps; test losses recorded as means of 4"),
        ],
    )
    def test_means_of_test_steps_are_told(
        self, steps: int, counts: list[int] | None, means: tuple[int, int], words: str
    ) -> None:
        record = build_record()
        losses = np.random.default_rng(0).random((REPLICAS, steps, 1))
        widths = None if counts is None else np.array(counts)
        confirmations = [replace(each, step_losses=losses, step_counts=widths) for each in record.confirmations]
        baselines = replace(record.baselines, step_losses={})
        summary = summarize(replace(record, confirmations=confirmations, baselines=baselines))
        assert summary.step_means == means
        assert sweep_json(summary)["step_means"] == dict(zip(("record", "interval"), means, strict=True))
        assert words in sweep_markdown(summary)
        assert ("means of" in summary.conditions) == (means != (1, 1))

    def test_the_description_lists_the_search_space_and_the_notes(self) -> None:
        text = sweep_markdown(summarize(build_record()))
        assert "hidden size from 2 to 64, learning rate from 0.0001 to 0.1" in text
        assert "predicted column: 'sales'" in text


class TestSearchedSettings:
    def test_two_settings_are_two_axes(self) -> None:
        figure = search_figure(build_record()).figure
        assert (figure.get_supylabel(), figure.get_supxlabel()) == ("hidden size", "learning rate")

    def test_one_setting_is_one_axis_against_the_loss(self) -> None:
        picture = search_figure(build_record(model__hidden_size="5"))
        assert (picture.figure.get_supylabel(), picture.figure.get_supxlabel()) == ("objective", "learning rate")
        assert set(picture.table.header) > {"hidden_size", "learning_rate"}
        assert picture.png()

    def test_one_setting_and_no_finite_loss_can_be_drawn(self) -> None:
        record = build_record(training__learning_rate="0.01")
        trials = [replace(trial, outcome="diverged", objective=math.inf) for trial in record.trials]
        assert search_figure(replace(record, trials=trials, parameters={})).png()

    def test_without_a_setting_there_is_no_figure_of_the_search(self) -> None:
        record = build_record(model__hidden_size="5", training__learning_rate="0.01")
        assert not search_figure(record).table.rows
        summary = summarize(record)
        assert sweep_json(summary)["search_space"] == {}
        assert {study.settings["model.hidden_size"] for study in summary.studies} == {5}

    def test_a_setting_that_gets_a_range_has_its_own_column_everywhere(self) -> None:
        record = build_record()
        trials = [replace(trial, settings={**trial.settings, "model.slope_count": 3}) for trial in record.trials]
        summary = summarize(replace(record, trials=trials))
        assert "slope count" in [row[0] for row in comparison_table(summary).rows]
        assert "slope count" in short_table([summary]).header
        assert sweep_json(summary)["studies"][0]["slope_count"] == 3
        assert "slope_count" in search_figure(replace(record, trials=trials)).table.header


def test_the_best_trial_is_the_earliest_of_equal_ones_without_diverged_replicas() -> None:
    trials = build_record().study("tanh")
    best = select_best_trial(trials)
    assert best
    assert best.objective == min(trial.objective for trial in trials if trial.outcome == "complete")
    equal = [replace(trial, objective=1.0) for trial in reversed(trials)]
    assert select_best_trial(equal) == equal[-1]
    second = select_best_trial([replace(trial, has_diverged=trial == best) for trial in trials])
    assert second
    assert second.objective > best.objective
    assert select_best_trial([replace(best, has_diverged=True)])
    assert select_best_trial([trial for trial in trials if trial.outcome == "pruned"]) is None


class TestReads:
    @pytest.fixture
    def reads(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[tuple[str, str]]]:
        """Counts reads of artifacts by run and name."""
        counts: Counter[tuple[str, str]] = Counter()
        read_file = reader.read_file

        def count(store: Store, of: LinrnnRun, name: str) -> bytes:
            counts[of.run_id, str(name)] += 1
            return read_file(store, of, name)

        monkeypatch.setattr(reader, "read_file", count)
        yield counts
        assert set(counts.values()) == {1}
        names = {name for _, name in counts}
        assert {"curves.npz", "weights/best.safetensors"} < names

    @pytest.fixture
    def queries(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[tuple[str, str]]]:
        """Counts queries of runs."""
        counts: Counter[tuple[str, str]] = Counter()
        find = RunTable.find

        def count(table: RunTable, experiments: Any, condition: RunFilter) -> Any:
            counts[str(experiments), condition.query()] += 1
            return find(table, experiments, condition)

        monkeypatch.setattr(RunTable, "find", count)
        yield counts
        assert set(counts.values()) == {1}

    def test_finishing_reads_each_artifact_and_run_once(
        self, twin: Twin, tmp_path: Path, reads: Counter[Any], queries: Counter[Any]
    ) -> None:
        store = open_store(new_store(twin.folder, tmp_path / "store"))
        finish_sweep(store, last_sweeps(store)["sine"].run_id)

    @pytest.mark.parametrize("options", [(), ("--json",), ("--figures", "figures")])
    def test_compare_reads_each_artifact_and_run_once(
        self,
        twin: Twin,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        options: tuple[str, ...],
        reads: Counter[Any],
        queries: Counter[Any],
    ) -> None:
        folder = new_store(twin.folder, tmp_path / "store")
        monkeypatch.chdir(tmp_path)
        assert run(group, ["compare", "sine", "--store", str(folder), *options]) == 0


def test_a_sweep_that_has_lost_its_trials_is_named(
    twin: Twin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(new_store(twin.folder, tmp_path / "store"))
    (sweep,) = last_sweeps(store).values()
    client = store.client
    for experiment in client.search_experiments():
        for each in client.search_runs([experiment.experiment_id]):
            if each.info.run_id != sweep.run_id:
                client.delete_run(each.info.run_id)
    assert run(group, ["compare", "--store", str(tmp_path / "store")]) == 6
    error = capsys.readouterr().err
    assert sweep.run_id in error
    assert len(error.splitlines()) == 1
