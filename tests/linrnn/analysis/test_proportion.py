"""Exact intervals of proportions, against statsmodels."""

from __future__ import annotations

import math

import pytest

from linrnn.analysis.proportion import Proportion


@pytest.mark.parametrize(("count", "total"), [(0, 50), (1, 50), (37, 40), (5, 5)])
def test_the_interval_is_that_of_clopper_and_pearson(count: int, total: int) -> None:
    statsmodels = pytest.importorskip("statsmodels.stats.proportion")
    assert Proportion(count, total).interval == pytest.approx(
        statsmodels.proportion_confint(count, total, method="beta"), abs=1e-9
    )


def test_no_case_tells_nothing() -> None:
    empty = Proportion(0, 0)
    assert math.isnan(empty.value)
    assert empty.interval == (0, 1)
    assert str(empty) == "-"


def test_text() -> None:
    assert str(Proportion(1, 50)) == "1 of 50 (2 %; 0.051 to 10.6 %)"
