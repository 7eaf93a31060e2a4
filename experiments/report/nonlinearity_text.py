"""Nonlinearity tests as tables, JSON and sentences."""

from __future__ import annotations

from typing import Any

from experiments.report.table import Table
from linrnn.analysis.nonlinearity_tests import MEAN, NonlinearityTests
from linrnn.analysis.verdict import MARGIN, NEEDED, NOT_PREDICTABLE, SUFFICES, Verdict

EXACT = "none, as a linear predictor is exact but for rounding"


def nonlinearity_table(tests: NonlinearityTests) -> Table:
    """Return the table of nonlinearity tests."""
    rows = [(test.name, test.null, f"{test.statistic:.4g}", f"{test.p:.2g}", test.subject) for test in tests.tests]
    return Table(("test", "null hypothesis", "statistic", "p", "about"), rows)


def nonlinearity_text(tests: NonlinearityTests) -> str:
    """Write how many nonlinearity tests reject, in one line."""
    if not tests.tests:
        return EXACT
    count = f"{len(tests.rejections)} of {len(tests.tests)} reject"
    if not tests.rejections:
        return count
    first = tests.rejections[0]
    return f"{count} (smallest p {first.p:.2g}, {first.name})"


def effect_text(tests: NonlinearityTests) -> str:
    """Write the size of what the tests about the mean find."""
    text = f"squares, cubes and products explain {100 * tests.effect:.1f} % of what a linear fit leaves"
    if tests.detection_ratio is None:
        return text
    ratio = f"{tests.detection_ratio:.2g} times the half-width of its 95 % interval"
    return f"{text}; the gain of the nonlinear baseline is {ratio}"


def nonlinearity_sentence(tests: NonlinearityTests, verdict: Verdict) -> str:
    """Write the result of nonlinearity tests beside a verdict, and how both can be right where they differ."""
    disagreement = explain_disagreement(tests, verdict)
    return "; ".join(filter(None, (f"Nonlinearity tests: {nonlinearity_text(tests)}", disagreement))) + "."


def explain_disagreement(tests: NonlinearityTests, verdict: Verdict) -> str | None:
    """Return a sentence on why nonlinearity tests and a verdict that differ can both be right; None if they agree."""
    rejections = tests.rejections
    if verdict.word in (SUFFICES, NOT_PREDICTABLE) and rejections:
        if all(test.subject != MEAN for test in rejections):
            return (
                "the tests that reject are of any dependence: the series may be nonlinear in its variance or its "
                "distribution, while the verdict is about the mean"
            )
        if tests.effect <= MARGIN:
            return (
                f"a test asks whether there is any nonlinearity, the verdict whether it lowers the loss by more than "
                f"{100 * MARGIN:.0f} %: {effect_text(tests)}"
            )
        return (
            "the tests are of the training and validation data, and find a nonlinearity there which no network turned "
            "into a lower loss on the test split"
        )
    if verdict.word == NEEDED and tests.tests and not rejections:
        return (
            "the tests look at products of a few lags and at near neighbors, and a network can use a nonlinearity of "
            "longer memory or higher order"
        )
    return None


def nonlinearity_json(tests: NonlinearityTests) -> dict[str, Any]:
    """Return nonlinearity tests as `linrnn test --json` prints them."""
    adjusted = tests.adjust_p()
    return {
        "tests": [
            {
                "name": test.name,
                "null": test.null,
                "statistic": test.statistic,
                "p": test.p,
                "adjusted_p": adjusted.get(test.name),
                "about": test.subject,
                "targets": test.targets,
            }
            for test in tests.tests
        ],
        "effect": tests.effect,
        "detection_ratio": tests.detection_ratio,
    }
