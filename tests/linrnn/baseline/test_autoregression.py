"""Autoregressions against statsmodels."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.baseline.autoregression import Autoregression, search_autoregression
from linrnn.baseline.candidate import squared_errors
from linrnn.baseline.seasonal_arma import own_series
from linrnn.tasks import TASKS
from tests.linrnn.baseline.conftest import arma_series, series_splits

ar_model = pytest.importorskip("statsmodels.tsa.ar_model")


def test_forecasts_are_those_of_statsmodels() -> None:
    data = series_splits(arma_series(300, [1.0, -1.2, 0.6], [1.0]), horizon=4)
    train = data.train._replace(first=-4)  # the first value counts, too
    forecasts = Autoregression(3, 4).fit([train])(data.train)[:, 0, 0]
    x = own_series(data.train, 4)[0][:, 0]
    coefficients = ar_model.AutoReg(x, 3).fit().params
    for length in (20, 100, len(x) - 4):
        oracle = ar_model.AutoReg(x[:length], 3).predict(coefficients, start=length, end=length + 3)[-1]
        assert forecasts[length - 1] == pytest.approx(oracle, rel=1e-9)


@pytest.mark.parametrize("name", ["sunspots", "co2"])
def test_the_order_is_that_of_statsmodels_by_aicc(name: str) -> None:
    data = TASKS[name]().splits()
    x = own_series(data.train, 1)[0][:, 0]
    largest = (len(x) - 1) // 8 - 2
    aicc = []
    for p in range(largest + 1):
        fit = ar_model.AutoReg(x, p, hold_back=largest).fit()
        n, k = len(x) - largest, p + 1
        aicc.append(n * np.log(np.square(fit.resid).mean()) + 2 * k + 2 * k * (k + 1) / (n - k - 1))
    best = search_autoregression(data, 1).candidate
    assert best.name == f"autoregression of order {np.argmin(aicc)}"


def test_an_autoregression_of_second_order_is_forecast_nearly_as_well_as_can_be() -> None:
    data = series_splits(arma_series(300, [1.0, -1.2, 0.6], [1.0]))
    best = search_autoregression(data, 1).candidate
    x = own_series(data.test, 1)[0][:, 0]
    e = x[2:] - 1.2 * x[1:-1] + 0.6 * x[:-2]  # and a constant
    e = (e - e.mean())[data.test.first - 1 :]
    assert squared_errors(best.fit(data[:2]), data.test).mean() < 1.05 * np.square(e).mean() / data.test.scale
