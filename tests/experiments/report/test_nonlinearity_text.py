"""Nonlinearity tests in words: beside a verdict that differs, the sentence says which question each answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.report.figures.nonlinearity_figure import nonlinearity_figure
from experiments.report.html import sweep_report
from experiments.report.nonlinearity_text import explain_disagreement, nonlinearity_sentence, nonlinearity_text
from experiments.report.serialization import sweep_json, sweep_markdown
from experiments.report.summary import summarize
from linrnn.analysis.nonlinearity_tests import DEPENDENCE, MEAN, NonlinearityTest, NonlinearityTests
from linrnn.analysis.verdict import NEEDED, NOT_PREDICTABLE, SUFFICES, UNDECIDED, Verdict
from tests.experiments.report.records import build_record

PRODUCTS = NonlinearityTest("products", "products <do> not predict", 3.5, 0.004, MEAN, 80)
SQUARES = NonlinearityTest("squares of residuals", "squares are uncorrelated", 30.0, 0.001, DEPENDENCE, 80)
BDS = NonlinearityTest("BDS", "independent", 0.5, 0.6, DEPENDENCE, 80)


def results(*tests: NonlinearityTest, effect: float = 0.0) -> NonlinearityTests:
    samples = {"inputs": np.arange(80.0), "residuals": np.ones(80), "BDS": np.arange(39.0)}
    return NonlinearityTests("levels", tests, effect, samples=samples)


def test_one_line_counts_the_rejections_and_names_the_smallest_p() -> None:
    assert nonlinearity_text(results(PRODUCTS, SQUARES, BDS)) == (
        "2 of 3 reject (smallest p 0.001, squares of residuals)"
    )
    assert nonlinearity_text(results(BDS)) == "0 of 1 reject"
    assert "exact" in nonlinearity_text(results())


@pytest.mark.parametrize(
    ("word", "tests", "words"),
    [
        (SUFFICES, results(SQUARES, BDS), "in its variance"),
        (SUFFICES, results(PRODUCTS, SQUARES, effect=0.04), "explain 4.0 % of what a linear fit leaves"),
        (SUFFICES, results(PRODUCTS, effect=0.3), "no network turned"),
        (NOT_PREDICTABLE, results(SQUARES), "the verdict is about the mean"),
        (NEEDED, results(BDS), "longer memory or higher order"),
    ],
)
def test_a_disagreement_is_explained(word: str, tests: NonlinearityTests, words: str) -> None:
    sentence = explain_disagreement(tests, Verdict(word, "", {}))
    assert sentence is not None
    assert words in sentence
    assert sentence in nonlinearity_sentence(tests, Verdict(word, "", {}))


@pytest.mark.parametrize(
    ("word", "tests"),
    [
        (SUFFICES, results(BDS)),
        (NEEDED, results(PRODUCTS)),
        (NEEDED, results()),
        (SUFFICES, results()),
        (UNDECIDED, results(SQUARES)),
    ],
)
def test_agreement_needs_no_sentence(word: str, tests: NonlinearityTests) -> None:
    assert explain_disagreement(tests, Verdict(word, "", {})) is None


def test_reports_have_the_tests() -> None:
    record = replace(build_record(), nonlinearity_tests=results(PRODUCTS, BDS, effect=0.04))
    summary = summarize(record)
    line = "1 of 2 reject (smallest p 0.004, products)"
    assert f"\nNonlinearity tests: {line}" in sweep_markdown(summary)
    page = sweep_report(record, summary).decode()
    assert line in page
    assert "products &lt;do&gt; not predict" in page
    assert [test["name"] for test in sweep_json(summary)["nonlinearity"]["tests"]] == ["products", "BDS"]


def test_reports_of_earlier_records_have_none() -> None:
    record = replace(build_record(), nonlinearity_tests=None)
    summary = summarize(record)
    assert "onlinearity tests" not in sweep_markdown(summary)
    assert "onlinearity tests" not in sweep_report(record, summary).decode()
    assert sweep_json(summary)["nonlinearity"] is None


@pytest.mark.parametrize("tests", [results(BDS, SQUARES), results()])
def test_the_figure_is_drawn_with_and_without_surrogates(tests: NonlinearityTests) -> None:
    assert nonlinearity_figure(tests).startswith(b"\x89PNG")
