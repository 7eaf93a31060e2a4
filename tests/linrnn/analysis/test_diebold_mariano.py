"""The p value of the Diebold-Mariano test is statsmodels', bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.tsa.stattools import diebold_mariano_test

from linrnn.analysis.diebold_mariano import equal_accuracy_p

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("steps", [8, 30, 211])
@pytest.mark.parametrize(("horizon", "lags"), [(1, None), (1, 0), (1, 5), (7, None)])
@pytest.mark.parametrize("shift", [0.0, 0.4])
def test_p_values_are_those_of_statsmodels(steps: int, horizon: int, lags: int | None, shift: float) -> None:
    for differences in (RNG.normal(size=steps) + shift, np.cumsum(RNG.normal(size=steps)) * 1e-3):
        zeros = np.zeros(steps)
        expected = diebold_mariano_test(
            zeros,
            differences,
            zeros,
            criterion=lambda _, losses: losses,
            harvey_adj=True,
            horizon=horizon,
            lags=lags,
        )
        assert repr(equal_accuracy_p(differences, horizon, lags)) == repr(float(expected.pvalue))  # nan equals nan
