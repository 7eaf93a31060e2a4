"""Tests of the residuals of confirmations in words: what the networks leave, and as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from experiments.report.summary import ConfirmationSummary
from experiments.report.table import Table
from linrnn.analysis.nonlinearity_tests import LEVEL, MEAN, NonlinearityTests
from linrnn.analysis.verdict import LEAST_GAIN, MARGIN

INPUTS = "lagged inputs"  # name of the test of what a linear predictor would add
SOURCES = {  # what predicts the residuals, and what that is a sign of, by name of the test
    "autocorrelation": ("their own past", "something linear"),
    INPUTS: (INPUTS, "something linear"),
    f"products of {INPUTS}": (f"products of {INPUTS}", "something nonlinear"),
}
DISTURBANCE = "a dependence in time, which the inputs need not explain,"  # of residuals whose past is no input


class Remainder(NamedTuple):
    """What a test finds in residuals: the source that predicts them, its p, and what is left."""

    source: str
    p: float
    kind: str
    has_effect: bool  # whether the effect of the tests is about it


def find_remainders(tests: NonlinearityTests) -> list[Remainder]:
    """Return what tests of residuals find: those below 0.05, of tests about the mean adjusted for their number."""
    adjusted, found = tests.adjust_p(), []
    for test in tests.tests:
        source, kind = SOURCES.get(test.name, (test.name, "something"))
        p = adjusted.get(test.name, test.p)
        if p < LEVEL:
            found.append(Remainder(source, p, kind if test.subject == MEAN else DISTURBANCE, INPUTS in source))
    return found


def describe_residuals(confirmation: ConfirmationSummary) -> str | None:
    """Say what tests of the residuals of a confirmation find; None where they find nothing, or there are none."""
    tests = confirmation.residual_tests
    found = find_remainders(tests) if tests else []
    if not found:
        return None
    *others, last = (f"{each.source} (p = {each.p:.2g})" for each in found)
    sources = f"{', '.join(others)} and {last}" if others else last
    kinds = " and ".join(dict.fromkeys(each.kind for each in found))
    return f"residuals of the {confirmation.model} network can still be predicted from {sources}: {kinds} is left"


def residual_sentence(confirmation: ConfirmationSummary) -> str | None:
    """Say what tests of the residuals of a confirmation find, and how much; None where there are none."""
    tests = confirmation.residual_tests
    if not tests or not tests.tests:
        return None
    text = describe_residuals(confirmation)
    if text is None:
        smallest = min(tests.adjust_p().values(), default=1.0)
        number = f", adjusted for their number (smallest p = {smallest:.2g})" if tests.rejections else ""
        return f"residuals of the {confirmation.model} network: nothing is left that these tests find{number}"
    if not any(each.has_effect for each in find_remainders(tests)):
        return text
    return f"{text}; lagged inputs or their products explain {100 * tests.effect:.0f} % of the residuals' variance"


def residual_sentences(confirmations: Sequence[ConfirmationSummary]) -> list[str]:
    """Return the sentence on each network whose residuals are tested."""
    return [sentence for each in confirmations if (sentence := residual_sentence(each))]


def large_residual_sentences(confirmations: Sequence[ConfirmationSummary]) -> list[str]:
    """Return the sentences on networks whose residuals can be predicted by more than the margin of a verdict.

    That part is also to be more of the variance of the first output, which is tested, than counts as predictable.
    """

    def is_large(each: ConfirmationSummary) -> bool:
        tests = each.residual_tests
        if not tests or not any(remainder.has_effect for remainder in find_remainders(tests)):
            return False
        effect, loss = tests.effect, (*each.output_losses, each.median.value)[0]
        return effect > MARGIN and LEAST_GAIN < effect * loss < math.inf

    return [sentence for each in confirmations if is_large(each) and (sentence := residual_sentence(each))]


def residual_table(confirmations: Sequence[ConfirmationSummary]) -> Table:
    """Return the table of all tests of residuals."""
    rows = []
    for each in confirmations:
        tests = each.residual_tests
        adjusted = tests.adjust_p() if tests else {}
        rows += [
            (each.model, test.null, f"{test.p:.2g}", f"{adjusted[test.name]:.2g}" if test.name in adjusted else "-")
            for test in (tests.tests if tests else ())
        ]
    return Table(("network", "null hypothesis", "p", "adjusted p"), rows)
