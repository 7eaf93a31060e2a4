"""Auxiliary regressions against statsmodels, and their wild bootstrap against its exact null distribution."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from linrnn.analysis.auxiliary_regression import column_count, most_terms, product_terms, regress_residuals


def test_f_and_adjusted_r2_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(1)
    X = np.column_stack([np.ones(200), rng.normal(size=(200, 3))])
    Z = product_terms(X[:, 1:], (2, 3))
    y = X @ [1, 2, 3, 4] + 0.5 * X[:, 1] ** 2 + rng.normal(size=200)
    small, large = OLS(y, X).fit(), OLS(y, np.column_stack([X, Z])).fit()
    result = regress_residuals(small.resid.reshape(200, 1), X, Z, 1)
    f, _, terms = large.compare_f_test(small)
    assert result.statistic == pytest.approx(f, rel=1e-9)
    assert result.terms == terms == 16
    assert result.effect == pytest.approx(1 - (large.ssr / large.df_resid) / (small.ssr / small.df_resid), rel=1e-9)


def test_products_that_are_linear_combinations_do_not_count() -> None:
    bits = np.random.default_rng(0).choice([-1.0, 1.0], (100, 2))
    X = np.column_stack([np.ones(100), bits])
    result = regress_residuals(bits[:, :1] * bits[:, 1:], X, product_terms(bits, (2, 3)), 1)
    assert result.terms == 1  # squares are 1, cubes the bits themselves
    assert result.p == 0.001
    assert result.effect == pytest.approx(1)


def test_column_count() -> None:
    assert column_count((2, 3), 16) == 3
    assert column_count((2, 3), 15) == 2
    assert column_count((2,), 0) == 1
    assert most_terms(240, 1, 1) == 16
    assert most_terms(240, 1, 24) == 2


def rejection_rate(draw: object, block: int, series: int = 200, steps: int = 150) -> float:
    """Part of series of residuals from `draw` whose p is below 0.05, for squares and cubes of an AR(1) regressor."""
    from scipy.signal import lfilter

    count = 0
    for number in range(series):
        rng = np.random.default_rng([7, number])
        x = lfilter([1], [1, -0.7], rng.normal(size=steps))
        X = np.column_stack([np.ones(steps), x])
        e = draw(rng, x)  # type: ignore[operator]
        count += regress_residuals(e[:, None], X, product_terms(X[:, 1:], (2, 3)), block).p < 0.05
    return count / series


def test_size_holds_where_the_variance_depends_on_the_regressor() -> None:
    def draw(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
        return rng.normal(size=len(x)) * (0.3 + np.abs(x))

    assert rejection_rate(draw, 1) < 0.09  # an F test rejects 0.3 of them


def test_size_holds_for_heavy_tails_and_moving_averages() -> None:
    assert rejection_rate(lambda rng, x: rng.standard_t(3, size=len(x)), 1) < 0.09
    assert (
        rejection_rate(lambda rng, x: np.convolve(rng.normal(size=len(x) + 4), np.ones(5), "valid"), 10) < 0.12
    )  # in blocks of one 0.2
