"""What networks leave, in words: which tests of their residuals reject, with what p, and what that is a sign of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from experiments.cli.text import show_verdict
from experiments.report.html import sweep_report
from experiments.report.residual_text import (
    describe_residuals,
    large_residual_sentences,
    residual_sentence,
    residual_table,
)
from experiments.report.serialization import sweep_markdown
from experiments.report.summary import ConfirmationSummary, summarize
from linrnn.analysis.nonlinearity_tests import DEPENDENCE, MEAN, NonlinearityTest, NonlinearityTests
from linrnn.analysis.statistics import Estimate
from tests.experiments.report.records import build_record

NAMES = ("autocorrelation", "lagged inputs", "products of lagged inputs")
PAST = "a dependence in time, which the inputs need not explain, is left"


def make_tests(*p: float, subject: str = MEAN) -> NonlinearityTests:
    subjects = (subject, MEAN, MEAN)
    tests = (NonlinearityTest(*each, 50) for each in zip(NAMES, NAMES, (1.0,) * 3, p, subjects, strict=True))
    return NonlinearityTests("residuals", tuple(tests), 0.123)


def confirm(tests: NonlinearityTests | None) -> ConfirmationSummary:
    return replace(summarize(build_record()).confirmations[0], residual_tests=tests)


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        (make_tests(0.5, 0.001, 0.5), "predicted from lagged inputs (p = 0.003): something linear is left"),
        (
            make_tests(0.5, 0.5, 0.01),
            "from products of lagged inputs (p = 0.03): something nonlinear is left",
        ),
        (
            make_tests(0.001, 0.001, 0.001),
            "predicted from their own past (p = 0.003), lagged inputs (p = 0.003) and products of lagged inputs "
            "(p = 0.003): something linear and something nonlinear is left",
        ),
        (make_tests(0.03, 0.5, 0.5, subject=DEPENDENCE), f"from their own past (p = 0.03): {PAST}"),
    ],
)
def test_the_tests_that_reject_are_named_with_their_adjusted_p(tests: NonlinearityTests, words: str) -> None:
    text = describe_residuals(confirm(tests))
    assert text is not None
    assert text.startswith("residuals of the linear network can still be ")
    assert text.endswith(words)
    sentence = residual_sentence(confirm(tests))
    assert sentence is not None
    assert ("explain 12 % of the residuals' variance" in sentence) == ("inputs (" in words)


def test_nothing_left_is_said_in_the_report_alone() -> None:
    none, borderline = confirm(make_tests(0.5, 0.5, 0.5)), confirm(make_tests(0.5, 0.03, 0.5))
    assert describe_residuals(none) is describe_residuals(borderline) is None
    nothing = "residuals of the linear network: nothing is left that these tests find"
    assert residual_sentence(none) == nothing
    assert residual_sentence(borderline) == f"{nothing}, adjusted for their number (smallest p = 0.09)"
    for tests in (None, NonlinearityTests("residuals", ())):
        assert (describe_residuals(confirm(tests)), residual_sentence(confirm(tests))) == (None, None)


def test_report_description_and_terminal_have_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    record = build_record()
    linear, tanh = record.confirmations
    confirmations = [
        replace(linear, residual_tests=make_tests(0.5, 0.5, 0.001)),
        replace(tanh, residual_tests=make_tests(0.5, 0.5, 0.5)),
    ]
    tested = replace(record, confirmations=confirmations)
    summary = summarize(tested)
    something = "Residuals of the linear network can still be predicted from products of lagged inputs (p = 0.003)"
    nothing = "Residuals of the tanh network: nothing is left that these tests find."
    for text in (sweep_markdown(summary), sweep_report(tested, summary).decode()):
        assert something in text
        assert nothing in text
    first, second = summary.confirmations
    show_verdict(replace(summary, confirmations=(replace(first, median=Estimate(0.2, 0.2, 0.2)), second)))
    printed = " ".join(capsys.readouterr().out.split())
    assert something in printed
    assert nothing not in printed
    network = replace(first, output_losses=())
    for p, size, loss, is_large in (
        ((0.5, 0.5, 0.001), 0.2, 0.2, True),
        ((0.5, 0.5, 0.001), 0.05, 0.5, False),
        ((0.5, 0.5, 0.001), 0.9, 0.01, False),
        ((0.5, 0.5, 0.001), 0.9, np.inf, False),
        ((0.001, 0.5, 0.5), 0.2, 0.2, False),  # no effect of inputs
    ):
        tests = replace(make_tests(*p), effect=size)
        shown = replace(network, residual_tests=tests, median=Estimate(loss, loss, loss))
        assert bool(large_residual_sentences([shown])) == is_large
        assert not large_residual_sentences([replace(shown, output_losses=(0.01, 0.9))])  # the first output is tested
    assert ("linear", "products of lagged inputs", "0.001", "0.003") in residual_table(summary.confirmations).rows
    assert "<h3>Residuals of the networks</h3>" in sweep_report(tested, summary).decode()
    assert "<h3>Residuals of the networks</h3>" not in sweep_report(record, summarize(record)).decode()
