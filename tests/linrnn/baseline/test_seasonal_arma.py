"""ARMA models against statsmodels, against their recursion, and on the monthly CO2."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from linrnn.baseline import seasonal_arma
from linrnn.baseline.candidate import squared_errors
from linrnn.baseline.seasonal_arma import (
    ArmaModel,
    Order,
    SeasonalArma,
    autoregression,
    own_series,
    search_seasonal_arma,
)
from linrnn.tasks import TASKS
from tests.linrnn.baseline.conftest import arma_series, seasonal_series, series_splits

SARIMAX = pytest.importorskip("statsmodels.tsa.statespace.sarimax").SARIMAX


def test_partial_autocorrelations_become_those_of_the_process() -> None:
    from statsmodels.tsa.stattools import pacf_yw  # of the theoretical process, by its long sample

    c = autoregression(np.array([0.5, -0.4, 0.3]))
    sample = pacf_yw(arma_series(200_000, [1.0, *-c], [1.0]), nlags=4)
    assert sample[1:] == pytest.approx([0.5, -0.4, 0.3, 0.0], abs=0.01)


def test_differences_and_seasons_multiply() -> None:
    form = SeasonalArma((1, 1, 1), (1, 1, 1), 4)
    model = form.model(np.array([0.5, 0.3, 0.2, 0.7]))  # phi, Phi, theta, Theta
    one_less, four_less = np.array([1, -1.0]), np.array([1, 0, 0, 0, -1.0])
    a = np.convolve(np.convolve([1, -0.5], [1, 0, 0, 0, -0.3]), np.convolve(one_less, four_less))
    assert model.a == pytest.approx(a)
    assert model.b == pytest.approx(np.convolve([1, -0.2], [1, 0, 0, 0, -0.7]))


@pytest.mark.parametrize(
    ("order", "seasonal", "period"), [((2, 0, 1), (0, 0, 0), 0), ((0, 1, 1), (0, 1, 1), 12), ((1, 0, 0), (1, 0, 1), 7)]
)
def test_forecasts_are_those_of_statsmodels_with_the_same_coefficients(
    order: tuple[int, int, int], seasonal: tuple[int, int, int], period: int
) -> None:
    form = SeasonalArma(order, seasonal, period or 1)
    rng = np.random.default_rng(0)
    model = form.model(np.concatenate([[0.0] * form.has_mean, rng.uniform(-0.6, 0.6, sum(form.degrees))]))
    x = arma_series(300, [1.0, -1.2, 0.6], [1.0]) + (np.cumsum(rng.standard_normal(300)) if order[1] else 0)
    minus_phi, minus_seasonal, theta, seasonal_theta = _statsmodels_coefficients(form, model)
    oracle = SARIMAX(x[:290], order=order, seasonal_order=(*seasonal, period))
    smoothed = oracle.filter([*minus_phi, *theta, *minus_seasonal, *seasonal_theta, 1.0])
    forecasts = model.forecast(x[:290, None], range(1, 11))[-1, 0]
    assert forecasts == pytest.approx(smoothed.forecast(10), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("order", "seasonal", "period"), [((2, 0, 1), (0, 0, 0), 1), ((0, 1, 1), (0, 1, 1), 12)])
@pytest.mark.parametrize("leads", [range(1, 2), range(3, 9)])
def test_forecasts_of_a_long_series_are_those_of_its_blocks(
    order: Order, seasonal: Order, period: int, leads: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = SeasonalArma(order, seasonal, period)
    model = form.model(np.concatenate([[0.3] * form.has_mean, np.full(sum(form.degrees), 0.4)]))
    x = np.random.default_rng(0).standard_normal((200, 2)).cumsum(axis=0)
    whole = model.forecast(x, leads)
    monkeypatch.setattr(seasonal_arma, "MOST_VALUES", 700)
    np.testing.assert_allclose(model.forecast(x, leads), whole, rtol=1e-10, atol=1e-10)


def test_memory_of_long_horizons_is_bounded() -> None:
    """A forecast 2000 steps ahead of 10,000 steps would take 160 MB for each of two arrays, if all steps were held."""
    model, x = ArmaModel(0.1, np.array([1.0, -0.5]), np.array([1.0, 0.3])), np.ones((10_000, 1))
    model.forecast(x, range(2, 3))  # loads libraries
    tracemalloc.start()
    model.forecast(x, range(2000, 2001))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


def _statsmodels_coefficients(form: SeasonalArma, model: ArmaModel) -> list[NDArray[np.float64]]:
    """phi, Phi, theta and Theta, whose signs in the moving average are opposite."""
    p, seasonal_p, q, seasonal_q = form.degrees
    s = form.period
    a = np.polynomial.polynomial.polydiv(model.a, form.differences)[0]
    return [-a[1 : p + 1], -a[s : s * seasonal_p + 1 : s], model.b[1 : q + 1], model.b[s : s * seasonal_q + 1 : s]]


def test_the_fit_is_nearly_the_maximum_of_the_likelihood() -> None:
    x = arma_series(1000, [1.0, -1.5, 0.75], [1.0, 0.5])
    data = series_splits(x)
    form = SeasonalArma((2, 0, 1))
    model = form.model(form.coefficients([own_series(data.train, 1)]))
    oracle = SARIMAX(own_series(data.train, 1)[0][:, 0], order=(2, 0, 1)).fit(disp=0)
    assert -model.a[1:] == pytest.approx(oracle.arparams, abs=0.02)
    assert model.b[1:] == pytest.approx(oracle.maparams, abs=0.02)


def test_a_drift_is_forecast() -> None:
    x = np.cumsum(0.3 + 0.01 * np.random.default_rng(0).standard_normal(300))
    form = SeasonalArma((0, 1, 1), horizon=5)
    data = series_splits(x, horizon=5)
    assert squared_errors(form.fit(data[:2]), data.test).mean() < 0.01
    model = form.model(form.coefficients([own_series(data.train, 5)]))
    assert model.constant * x[:180].std() == pytest.approx(0.3, abs=0.005)


def test_co2_is_forecast_as_well_as_by_statsmodels() -> None:
    data = TASKS["co2"]().splits()
    best = search_seasonal_arma(data, 1)
    assert best is not None
    assert best.candidate.name == "seasonal ARMA (0,0,1)(0,1,1) of period 12"
    loss = squared_errors(best.candidate.fit(data[:2]), data.test).mean()
    x = own_series(data.test, 1)[0][:, 0]
    start = data.test.first + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = SARIMAX(x[:start], order=(0, 0, 1), seasonal_order=(0, 1, 1, 12)).fit(disp=0)
        errors = SARIMAX(x, order=(0, 0, 1), seasonal_order=(0, 1, 1, 12)).filter(fit.params).resid[start:]
    assert loss == pytest.approx(np.square(errors).mean() / data.test.scale, rel=0.03)
    assert loss < 0.053


def test_no_later_value_enters_a_forecast() -> None:
    data = series_splits(arma_series(200, [1.0, -0.9], [1.0, 0.4]), horizon=3)
    predictor = SeasonalArma((1, 1, 1), horizon=3).fit([data.train])
    later = data.test.inputs.copy()
    later[180:] = 100.0
    changed = predictor(data.test._replace(inputs=later))
    steps = 180 - data.test.first
    assert np.array_equal(changed[:steps], predictor(data.test)[:steps])
    assert not np.array_equal(changed[steps:], predictor(data.test)[steps:])


def test_a_row_of_targets_is_a_row_of_leads() -> None:
    data = series_splits(arma_series(200, [1.0, -0.9], [1.0, 0.4]))
    model = SeasonalArma((1, 0, 1)).model(np.array([0.1, 0.9, -0.4]))
    several = model.forecast(data.test.inputs[:, :, 0], range(1, 4))
    third = model.forecast(data.test.inputs[:, :, 0], range(3, 4))
    assert np.array_equal(several[:, :, 2:], third)


def test_a_given_period_is_that_of_the_models() -> None:
    values = seasonal_series(600, {7: 1.5, 40: 2.5})
    scores = {period: search_seasonal_arma(series_splits(values, period=period), 1) for period in (0, 40, 7, 1)}
    assert scores[0] == scores[40] != scores[7]
    assert scores[1] is None
    for period in (40, 7):
        score = scores[period]
        assert score is not None
        assert score.candidate.name.endswith(f"of period {period}")


@pytest.mark.parametrize(("rows", "period"), [(10, 2), (10, 3), (50, 15), (400, 120)])
def test_two_periods_suffice(rows: int, period: int) -> None:
    best = search_seasonal_arma(series_splits(arma_series(rows, [1.0, -0.5], [1.0]), period=period), 1)
    assert best is not None
    assert np.isfinite(best.val)


@pytest.mark.parametrize("steps", [1, 4, 5, 6])
def test_a_sequence_shorter_than_the_past_of_a_model_has_no_errors(steps: int) -> None:
    model = SeasonalArma((1, 0, 0), (0, 1, 0), 4).model(np.array([0.0, 0.5]))
    assert (model.start, len(model.b)) == (5, 1)
    x = np.random.default_rng(0).standard_normal((10, 1))
    assert model.errors(x[:steps]) == pytest.approx(model.errors(x)[:steps])
    assert model.forecast(x[:steps], range(1, 2)) == pytest.approx(model.forecast(x, range(1, 2))[:steps])
