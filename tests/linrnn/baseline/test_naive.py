"""Naive predictors, and the period of a series."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from linrnn.baseline.candidate import squared_errors
from linrnn.baseline.lags import flatten_targets
from linrnn.baseline.naive import LastValue, Mean, SeasonalValue, search_naive
from linrnn.baseline.seasonality import autocorrelations, choose_period, find_period
from linrnn.tasks import TASKS
from tests.linrnn.baseline.conftest import arma_series, seasonal_series, series_splits


def test_autocorrelations_are_those_of_statsmodels() -> None:
    stattools = pytest.importorskip("statsmodels.tsa.stattools")
    detrend = pytest.importorskip("statsmodels.tsa.tsatools").detrend
    x = arma_series(200, [1.0, -0.8], [1.0]) + 0.05 * np.arange(200)
    expected = stattools.acf(detrend(x, order=1), nlags=50, fft=False)
    assert autocorrelations(x[:, None], 50) == pytest.approx(expected)


@pytest.mark.parametrize(("name", "period"), [("co2", 12), ("sunspots", 11), ("arma", None), ("logistic", None)])
def test_the_period_of_a_task(name: str, period: int | None) -> None:
    assert find_period(TASKS[name]().splits().train, 1) == period


@pytest.mark.parametrize("period", [4, 7, 24, 52])
def test_a_season_in_noise_and_trend_has_its_period(period: int) -> None:
    rng = np.random.default_rng(period)
    season = np.tile(rng.standard_normal(period), 400 // period + 1)[:400]
    values = 1.5 * season + rng.standard_normal(400) + 0.02 * np.arange(400)
    assert find_period(series_splits(values).train, 1) == period


def test_noise_has_no_period() -> None:
    periods = [find_period(series_splits(np.random.default_rng(k).normal(size=300)).train, 1) for k in range(20)]
    assert periods.count(None) >= 18


def test_persistence_is_naive_where_the_target_is_a_later_input() -> None:
    data = TASKS["arma"]().splits()
    x, y = data.test.inputs[100:], data.test.targets[100:]
    last = np.square(y - x).mean() / y.var()
    both = np.concatenate([flatten_targets(each) for each in data[:2]]).mean()
    mean = np.square(y - both).mean() / y.var()
    assert squared_errors(LastValue().fit(data[:2]), data.test).mean() == pytest.approx(last)
    assert squared_errors(Mean().fit(data[:2]), data.test).mean() == pytest.approx(mean)
    assert last < 0.5 < mean
    assert search_naive(data, 1).candidate.name == "last value"
    assert search_naive(data, 0).candidate.name == "mean"


@pytest.mark.parametrize(("horizon", "distance"), [(1, 12), (12, 12), (13, 24)])
def test_the_seasonal_value_is_whole_periods_before_the_target(horizon: int, distance: int) -> None:
    values = np.random.default_rng(0).normal(size=200)
    data = series_splits(values, horizon)
    candidate = SeasonalValue(12, horizon)
    assert candidate.name == f"value {distance} steps before"
    scaled = (values - values[:120].mean()) / values[:120].std()
    assert candidate.fit([])(data.test)[:, 0, 0] == pytest.approx(scaled[160 - distance : 200 - distance])


def test_a_season_is_repeated_where_that_is_best() -> None:
    season = np.tile(np.random.default_rng(0).standard_normal(12), 30)
    values = season + 0.3 * lfilter([1.0], [1.0, -0.5], np.random.default_rng(1).standard_normal(360))
    best = search_naive(series_splits(values), 1)
    assert best.candidate.name == "value 12 steps before"


SEASONS = {  # heights of the seasons of a series by their periods, the period that is found, and another that is given
    "too weak to be found": ({7: 0.4}, None, 7),
    "the shorter is found": ({7: 1.5, 61: 1.0}, 7, 61),
    "the longer is found": ({7: 0.5, 61: 1.5}, 61, 7),
}


@pytest.mark.parametrize("case", SEASONS)
def test_a_period_that_is_given_takes_the_place_of_the_one_that_is_found(case: str) -> None:
    heights, found, given = SEASONS[case]
    values = seasonal_series(600, heights)
    assert choose_period(series_splits(values).train, 1) == found
    data = series_splits(values, period=given)
    assert choose_period(data.train, 1) == given
    assert [each.period for each in data] == [given] * 3


def test_no_season_is_repeated_where_a_series_is_said_to_have_none() -> None:
    values = seasonal_series(360, {12: 3.0})
    names = [search_naive(series_splits(values, period=period), 1).candidate.name for period in (0, 12, 1)]
    assert names == ["value 12 steps before", "value 12 steps before", "mean"]


def test_a_given_season_is_repeated_though_it_is_too_long_to_be_found() -> None:
    values = seasonal_series(400, {100: 3.0})
    assert choose_period(series_splits(values).train, 1) != 100  # of which the training part has no three cycles
    best = search_naive(series_splits(values, period=100), 1)
    assert best.candidate.name == "value 100 steps before"
    assert best.val < search_naive(series_splits(values), 1).val / 2
