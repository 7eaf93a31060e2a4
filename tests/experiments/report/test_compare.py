"""A real small sweep, compared: its measures, figures, report and best runs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from mlflow import MlflowClient
from PIL import Image

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.report.comparison_table import MISSING, TOO_FEW, comparison_table, short_table
from experiments.report.figures.canvas import INK, MARKERS, model_marker
from experiments.report.figures.characterisation_figures import SYSTEM_FIGURES
from experiments.report.figures.confirmation_figures import confirmation_figure, curves_figure
from experiments.report.figures.picture import Picture
from experiments.report.figures.prediction_figures import prediction_figure
from experiments.report.figures.sweep_figures import sweep_figures
from experiments.report.html import render_report
from experiments.report.serialization import sweep_markdown, sweeps_json, sweeps_table
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import SweepRecord, load_sweep
from experiments.report.table import csv_text
from linrnn.analysis.statistics import Estimate, compare_samples
from linrnn.analysis.verdict import resample_predictors
from linrnn.models import DEFAULT_MODELS, MODELS
from tests.conftest import Golden
from tests.faults.harness import new_store
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.model_registry import mark_best
from tracking.model_colors import PALETTE, model_color
from tracking.run_views import SweepRun
from tracking.runs.query import study_runs, trial_runs
from tracking.runs.reader import read_config, read_sweep, read_trial
from tracking.store.access import Store, open_store

FIGURES = ["predictions", "confirmation", "search", "budget", "parameters", "importances", "curves", "closed-loop"]
FIGURES += SYSTEM_FIGURES


class Swept(NamedTuple):
    store: Store
    run: SweepRun
    summary: SweepSummary
    record: SweepRecord


@pytest.fixture(scope="module")
def done(golden: Golden) -> Swept:
    sweep_run = read_sweep(golden.store, golden.found["sweep_run"])
    record = load_sweep(golden.store, sweep_run)
    return Swept(golden.store, sweep_run, summarize(record), record)


@pytest.fixture(scope="module")
def pictures(done: Swept) -> list[Picture]:
    """The figures, laid out once."""
    return sweep_figures(done.record, done.summary)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


class TestMeasures:
    def test_they_are_those_of_the_confirmations_runs(self, done: Swept) -> None:
        linear, tanh = done.summary.confirmations
        assert linear.linear_comparison is None
        samples = {each.model: each.sample for each in done.record.complete_confirmations}
        resampled = resample_predictors(done.record.baselines, samples).both
        assert tanh.linear_comparison == compare_samples(
            samples["tanh"], samples["linear"], resampled["tanh"], resampled["linear"]
        )
        for found, study in zip(done.summary.confirmations, done.summary.studies, strict=True):
            recorded = read_trial(done.store, found.run_id)
            assert found.median.value == np.median(found.test_loss) == recorded.metrics["test_loss"]
            assert found.median.low <= found.median.value <= found.median.high
            hidden = read_config(recorded).model.hidden_size
            assert study.parameters == hidden * (hidden + 1 + 1) + hidden + 1
            runs = [each for each in trial_runs(done.store, done.run) if each.model == study.model]
            assert study.seconds == pytest.approx(sum(each.seconds for each in runs))

    def test_the_table_has_all_that_is_compared(self, done: Swept) -> None:
        table = comparison_table(done.summary)
        assert table.header == ("sine", *DEFAULT_MODELS)
        cells = {row[0]: row[1:] for row in table.rows}
        assert cells["trials"] == ("9", "9")
        assert cells["Diebold-Mariano p"][0] == MISSING
        assert float(cells["Diebold-Mariano p"][1]) <= 1
        assert cells["divergence rate"] == ("0.0 %", "0.0 %")
        assert cells["times the linear baseline"] == (MISSING, MISSING)  # which is 0 on a sine
        assert all(cells[name][1] != MISSING for name in ("times linear's loss", "better than linear", "95 % interval"))

    def test_few_replicas_are_said_to_be_too_few(self, done: Swept) -> None:
        few = tuple(
            replace(each, test_loss=each.test_loss[:4], linear_comparison=None, too_few_replicas=each.model == "tanh")
            for each in done.summary.confirmations
        )
        cells = {row[0]: row[1:] for row in comparison_table(replace(done.summary, confirmations=few)).rows}
        assert cells["Diebold-Mariano p"] == (MISSING, TOO_FEW)

    def test_a_study_that_confirmed_nothing_has_its_row(self, done: Swept) -> None:
        nothing = replace(done.summary, confirmations=done.summary.confirmations[1:])
        assert {row[1] for row in comparison_table(nothing).rows[6:]} == {MISSING}
        assert short_table([nothing]).rows[0][5] == MISSING
        without, whole = (rows_of(csv_text(sweeps_table([each]))) for each in (nothing, done.summary))
        assert without[0]["confirmation_replicas"] == ""
        assert without[0].keys() == whole[0].keys()

    def test_the_short_table_is_of_the_same_cells(self, done: Swept) -> None:
        table = short_table([done.summary, done.summary])
        cells = {row[0]: row[1:] for row in comparison_table(done.summary).rows}
        assert len(table.rows) == 4
        for name, cell in zip(table.header[2:], table.rows[1][2:], strict=True):
            assert cell == cells[name][1]

    def test_csv_and_json_say_the_same_exactly(self, done: Swept) -> None:
        (found,) = sweeps_json([done.summary])["sweeps"]
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        for row, study, confirmed in zip(
            rows_of(csv_text(sweeps_table([done.summary]))), found["studies"], found["confirmation"], strict=True
        ):
            assert (row["task"], row["model"], row["best_run"]) == ("sine", study["model"], study["best_run"])
            for name in ("objective", "best_val_loss"):
                assert float(row[name]) == study[name]
            assert float(row["confirmation_interval_high"]) == confirmed["interval"][1]
            beside = confirmed["linear_comparison"]
            assert row["linear_comparison_diebold_mariano_p"] == (
                "" if beside is None else str(beside["diebold_mariano_p"])
            )
            assert float(row["baseline_naive"]) == found["baselines"]["naive"]
            assert float(row["hidden_size"]) == study["hidden_size"]

    def test_the_description_has_verdict_table_and_commands(self, done: Swept) -> None:
        text = MlflowClient(done.store.tracking_uri).get_run(done.run.info.run_id).data.tags["mlflow.note.content"]
        assert text == sweep_markdown(done.summary)
        assert text.startswith(f"**sine: {done.summary.verdict.word}.** {done.summary.verdict.conclusion}.\n")
        assert done.summary.verdict.reason in text
        for each in (*done.summary.studies, *done.summary.confirmations):
            assert f"linrnn reproduce {getattr(each, 'best_run', '') or each.run_id}" in text
        widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
        assert widths == {2 + len(DEFAULT_MODELS)}


class TestFigures:
    def test_each_is_a_png_with_its_numbers_on_the_sweeps_run(self, done: Swept) -> None:
        client = MlflowClient(done.store.tracking_uri)
        names = {file.path for file in client.list_artifacts(done.run.info.run_id, "figures")}
        assert names == {f"figures/{name}.{kind}" for name in FIGURES for kind in ("png", "csv")}
        folder = Path(done.run.info.artifact_uri.removeprefix("file://"), "figures")
        for name in FIGURES:
            with Image.open(folder / f"{name}.png") as image:
                assert min(image.size) > 300
                assert len(image.convert("RGB").getcolors(10**6) or []) > 20  # something is drawn
            assert len(rows_of((folder / f"{name}.csv").read_text())) > 1

    def test_the_numbers_are_those_of_the_store(self, done: Swept, pictures: list[Picture]) -> None:
        table = {picture.name: rows_of(csv_text(picture.table)) for picture in pictures}
        runs = {each.run_id: each for each in trial_runs(done.store, done.run)}
        assert len(table["search"]) == len(runs) - 2 == 18
        for row in table["search"]:
            recorded = runs[row["run_id"]]
            assert float(row["objective"]) == recorded.metrics["objective"]
            assert float(row["learning_rate"]) == float(recorded.params["training.learning_rate"])
            assert row["outcome"] == recorded.tags["outcome"]
        for model, of in groupby(table["budget"], lambda row: row["model"]):
            best = [float(row["best_objective"]) for row in of]
            assert best == sorted(best, reverse=True)
            (study,) = [each for each in done.summary.studies if each.model == model]
            assert best[-1] == study.objective
        for row in table["parameters"]:
            hidden = read_config(runs[row["run_id"]]).model.hidden_size
            assert int(row["parameters"]) == hidden * (hidden + 1 + 1) + hidden + 1
        last = [row for row in table["curves"] if row["epoch"] == "20"]
        for row, each in zip(last, done.summary.confirmations, strict=True):
            assert float(row["val_median"]) == runs[each.run_id].metrics["final_val_loss"]
        for each in done.summary.confirmations:
            losses = [float(row["test_loss"]) for row in table["confirmation"] if row["model"] == each.model]
            assert losses == each.test_loss.tolist()
        for _, weights in groupby(table["importances"], lambda row: row["model"]):
            assert sum(float(row["importance"]) for row in weights) == pytest.approx(1)

    def test_a_model_type_has_one_colour_and_mark(self) -> None:
        assert len({(model_color(model), model_marker(model)) for model in MODELS}) == len(MODELS)
        assert (model_color("linear"), model_color("tanh")) == PALETTE[:2]
        assert len(PALETTE) == len(set(PALETTE)) == len(MARKERS)

    def test_trials_that_came_to_nothing_are_marked(self, done: Swept) -> None:
        trials = [
            replace(each, outcome=outcome, objective=math.inf)
            for each, outcome in zip(done.record.trials, ["diverged", "failed", "pruned"] * 6, strict=True)
        ]
        drawn = sweep_figures(replace(done.record, trials=trials), done.summary)
        (searched,) = [picture for picture in drawn if picture.name == "search"]
        (named,) = searched.figure.legends
        assert {text.get_text() for text in named.get_texts()} >= {"diverged", "failed"}
        assert "importances" not in [picture.name for picture in drawn]
        assert all(picture.png() for picture in drawn)

    def test_diverged_replicas_are_told(self, done: Swept) -> None:
        worse = tuple(
            replace(each, diverged=4, test_loss=np.array([np.inf] * 4 + [0.1, 0.2]))
            for each in done.summary.confirmations
        )
        drawn = confirmation_figure(replace(done.summary, confirmations=worse))
        labels = [label.get_text() for label in drawn.figure.axes[0].get_xticklabels()]
        assert labels == ["linear\n(4 of 6 diverged)", "tanh\n(4 of 6 diverged)"]
        assert drawn.png()

    @pytest.mark.parametrize("losses", [[np.inf] * 6, [np.inf] * 4 + [0.1, 0.2], [np.inf, 0.1, 0.2, 0.3, 1e200, 0.5]])
    def test_what_diverged_leaves_the_rest_readable(self, done: Swept, losses: list[float]) -> None:
        linear, tanh = done.summary.confirmations
        lost = replace(
            tanh,
            test_loss=np.array(losses),
            median=Estimate(*(float(np.quantile(losses, part, method="higher")) for part in (0.5, 0.1, 0.9))),
        )
        first, second = done.record.complete_confirmations
        curves = {
            name: np.full_like(values, np.inf) if "loss" in name else values for name, values in second.curves.items()
        }
        summary = replace(done.summary, confirmations=(linear, lost))
        record = replace(done.record, confirmations=[first, replace(second, curves=curves)])
        for picture in (confirmation_figure(summary), curves_figure(record)):
            low, high = picture.figure.axes[0].get_ylim()
            assert 1e-8 < low < high < 1e3
            assert picture.png()

    def test_in_a_page_they_are_in_its_ink_and_no_id_is_twice(self, pictures: list[Picture]) -> None:
        text = "".join(picture.svg() for picture in pictures)
        assert INK not in text
        assert "currentColor" in text
        names = re.findall(r'\bid="([^"]+)"', text)
        assert len(names) == len(set(names)) > 50
        assert set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text)) <= set(names)

    def test_classes_and_several_targets_are_drawn(self, done: Swept) -> None:
        said = done.record.predictions["tanh"]
        classes = said._replace(classes=True, targets=np.round(said.targets), outputs=np.round(said.outputs))
        two = said._replace(targets=np.hstack([said.targets] * 2))
        for changed, words in ((classes, "of each class"), (two, "the first of 2 outputs")):
            drawn = prediction_figure({"tanh": changed})
            assert words in drawn.caption
            assert drawn.png()


class Page(HTMLParser):
    """What a page loads, links to, and whether its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object", "source"):
            self.loaded.append(str(found))
        if tag == "a":
            self.links.append(found.get("href") or "")
        if tag not in ("meta", "br", "hr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return None

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class TestReport:
    def test_it_holds_all_that_it_shows(self, done: Swept, pictures: list[Picture]) -> None:
        text = render_report(done.record, done.summary, pictures).decode()
        found = Page(text)
        assert found.open == found.loaded == []
        assert all(link.startswith("data:text/csv;base64,") for link in found.links)
        assert len(found.links) == len(FIGURES) == text.count("<svg ")
        assert not re.search(r"url\((?!#)", text)
        assert done.summary.verdict.word in text
        assert all(each.run_id[:8] in text for each in done.record.trials)

    def test_it_begins_with_verdict_predictions_and_losses(self, done: Swept, pictures: list[Picture]) -> None:
        text = render_report(done.record, done.summary, pictures).decode()
        parts = (
            "</h1>",
            done.summary.verdict.conclusion.replace(" %", "\u00a0%"),
            *(f'<figure id="{name}">' for name in ("predictions", "confirmation")),
            "<h2>The task</h2>",
            done.summary.verdict.reason.replace(" %", "\u00a0%"),
            "<td>median test loss",
            *(f'<figure id="{name}">' for name in FIGURES[2:]),
            "All 18 trials",
            "linrnn reproduce",
        )
        positions = [text.index(part) for part in parts]
        assert positions == sorted(positions)
        assert "<h2>" not in text[: positions[3]]

    def test_a_name_is_no_markup(self, done: Swept) -> None:
        strange = replace(done.summary, task="<b>&.csv", failures=("<script>alert(1)</script>",))
        text = render_report(done.record, strange, []).decode()
        assert "<b>" not in text
        assert "<script>" not in text

    def test_it_is_among_the_artifacts(self, done: Swept) -> None:
        folder = Path(done.run.info.artifact_uri.removeprefix("file://"))
        assert (folder / "report.html").read_text().startswith("<!doctype html>")
        assert rows_of((folder / "comparison.csv").read_text())[0]["task"] == "sine"

    def test_sweeps_without_predictions_are_reported_without(self, done: Swept) -> None:
        confirmations = [replace(each, predictions=None) for each in done.record.confirmations]
        drawn = sweep_figures(replace(done.record, confirmations=confirmations), done.summary)
        names = [name for name in FIGURES if name not in ("predictions", "closed-loop")]
        assert [picture.name for picture in drawn] == names
        assert render_report(done.record, done.summary, drawn[:1])


class TestBest:
    def test_the_best_run_of_each_study_is_tagged_and_registered(self, done: Swept) -> None:
        client = MlflowClient(done.store.tracking_uri)
        experiment = client.get_experiment_by_name("sine").experiment_id
        tagged = {each.info.run_id for each in client.search_runs([experiment], "tags.best = 'yes'")}
        assert tagged == {study.best_run for study in done.summary.studies}
        for study in done.summary.studies:
            name = client.get_run(study.best_run).data.tags["study"]
            version = client.get_model_version_by_alias(name, "best")
            assert (version.run_id, version.version) == (study.best_run, 1)
            folder = Path(client.get_model_version_download_uri(name, version.version).removeprefix("file://"))
            assert sorted(path.name for path in folder.iterdir()) == ["best.safetensors", "final.safetensors"]

    def test_another_best_takes_tag_and_alias_and_a_version_once(self, done: Swept, tmp_path: Path) -> None:
        store = open_store(new_store(done.store.folder, tmp_path / "store"))
        study = done.run.studies[0]
        runs = study_runs(store, study)
        first = store.client.get_model_version_by_alias(study, "best")
        assert first.source.startswith((tmp_path / "store").as_uri())  # the folder was moved
        (best,) = [each for each in runs if "best" in each.tags]
        other = next(each for each in runs if "best" not in each.tags)
        for chosen, versions in ((other, {1, 2}), (best, {1, 2}), (best, {1, 2})):
            mark_best(store, study, chosen, study_runs(store, study))
            tagged = store.client.search_runs(
                [best.info.experiment_id], f"tags.best = 'yes' and tags.study = '{study}'"
            )
            assert [each.info.run_id for each in tagged] == [chosen.info.run_id]
            assert store.client.get_model_version_by_alias(study, "best").run_id == chosen.info.run_id
            found = store.client.search_model_versions(f"name = '{study}'")
            assert {int(each.version) for each in found} == versions


class TestCommands:
    def test_compare_draws_and_report_writes_from_the_store_alone(
        self, done: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store = str(done.store.folder)
        assert run(group, ["compare", "sine", "--store", store, "--figures", str(tmp_path / "drawn")]) == 0
        out, said = capsys.readouterr()
        assert said == ""
        assert all(" ".join(row[:1]) in out for row in comparison_table(done.summary).rows)
        assert {path.name for path in (tmp_path / "drawn" / "sine").iterdir()} == {
            f"{name}.{kind}" for name in FIGURES for kind in ("png", "csv")
        }
        assert run(group, ["compare", "--store", store, "--csv"]) == 0
        assert rows_of(capsys.readouterr().out) == rows_of(csv_text(sweeps_table([done.summary])))
        assert run(group, ["report", "sine", "--store", store, "-o", str(tmp_path / "r.html")]) == 0
        assert (tmp_path / "r.html").as_uri() in capsys.readouterr().out
        recorded = Path(done.run.info.artifact_uri.removeprefix("file://"), "report.html")
        assert (tmp_path / "r.html").read_bytes() == recorded.read_bytes()

    @pytest.mark.usefixtures("one_figure")
    @pytest.mark.parametrize(
        ("arguments", "code", "part"),
        [
            (["compare", "--csv", "--json"], 2, "--csv and --json"),
            (["compare", "sine", "--figures", "/proc/figures"], 1, "cannot write /proc/figures"),
            (["report", "sine", "-o", "/proc/report.html"], 1, "cannot write /proc/report.html"),
            (["report", "xor"], 2, "run: linrnn sweep xor"),
        ],
    )
    def test_what_cannot_be_done_is_one_line(
        self, done: Swept, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, part: str
    ) -> None:
        assert run(group, [*arguments, "--store", str(done.store.folder)]) == code
        out, said = capsys.readouterr()
        assert part in said
        assert (out, [line for line in said.splitlines() if not line.endswith("drawing the figures")]) == (
            "",
            [said.splitlines()[-1]],
        )

    @pytest.mark.parametrize("name", ["predictions.npz", "curves.npz", "weights/best.safetensors"])
    def test_a_damaged_file_is_named(
        self, done: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        store = open_store(new_store(done.store.folder, tmp_path / "store"))
        phase = "search" if name.startswith("weights") else "confirmation"
        damaged = store.client.search_runs([experiment_id(store, "sine")], f"tags.phase = '{phase}'")
        for each in damaged:
            path = Path(each.info.artifact_uri.removeprefix("file://"), name)
            path.write_bytes(path.read_bytes()[:50])
        assert run(group, ["report", "sine", "--store", str(store.folder), "-o", str(tmp_path / "r.html")]) == 6
        out, said = capsys.readouterr()
        assert name in said
        assert (out, len(said.splitlines()), (tmp_path / "r.html").exists()) == ("", 1, False)
