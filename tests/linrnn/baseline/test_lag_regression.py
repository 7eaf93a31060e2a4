"""Regression on lags against closed forms, numpy and scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from linrnn.baseline.candidate import squared_errors
from linrnn.baseline.lag_regression import LagRegression, least_squares, search_least_squares, search_ridge
from linrnn.baseline.lags import (
    LagLoss,
    LagSearch,
    flatten_targets,
    lag_candidates,
    lag_differences,
    lag_grid,
    lag_matrix,
)
from linrnn.data.sequences import Array
from linrnn.tasks import TASKS
from tests.linrnn.baseline.conftest import series_splits

LARGE: dict[str, dict[str, int]] = {
    "arma": {"length": 4100, "sequences": 8},
    "oscillator": {"length": 4100, "sequences": 8},
    "noisy-sine": {"length": 2100, "sequences": 8, "washout": 200},
    "xor": {"length": 2000, "sequences": 8},
    "product": {"length": 2000, "sequences": 8},
    "parity": {"sequences": 4000},
    "adding": {"length": 10, "sequences": 20_000},
    "delay": {"delay": 5},
}


def form(name: str) -> LagRegression:
    """Least squares for a task."""
    task = TASKS[name]()
    return LagRegression(0, features=task.input_size, is_forecast=task.forecast_horizon > 0)


def lagged_by_hand(inputs: Array, lags: int, first: int) -> Array:
    steps, batch, features = inputs.shape
    rows = []
    for t in range(first, steps):
        for b in range(batch):
            past = [inputs[t - k, b] if t >= k else np.zeros(features) for k in range(lags + 1)]
            rows.append(np.concatenate(past))
    return np.array(rows)


@pytest.mark.parametrize("name", LARGE)
def test_least_squares_agrees_with_the_closed_form(name: str) -> None:
    task = TASKS[name](**LARGE[name], test_sequences=0)
    data = task.splits()
    search = search_least_squares(data, form(name), lag_grid(60))
    assert task.linear_bound is not None
    targets = len(flatten_targets(data.test))
    assert search.best.test == pytest.approx(task.linear_bound, rel=4 * targets**-0.5, abs=1e-12)


@pytest.mark.parametrize(("lags", "first"), [(0, 0), (3, 0), (3, 2), (2, 5), (9, 1)])
def test_lags_are_those_of_the_definition(lags: int, first: int) -> None:
    inputs = np.random.default_rng(0).normal(size=(7, 2, 3))
    assert np.array_equal(lag_matrix(inputs, lags, first), lagged_by_hand(inputs, lags, first))


def test_lags_are_relative_to_the_last_value_of_the_first_input() -> None:
    inputs = np.random.default_rng(0).normal(size=(7, 2, 3))
    X = lag_differences(inputs, 3, 4)
    expected = lagged_by_hand(inputs, 3, 4)
    for k in (1, 2, 3):
        expected[:, 3 * k] -= expected[:, 0]
    assert pytest.approx(expected[:, 1:]) == X
    assert lag_differences(inputs + 5.0, 9, 0)[:, 2::3] == pytest.approx(lag_differences(inputs, 9, 0)[:, 2::3])


@pytest.mark.parametrize("name", ["sunspots", "narma10", "adding", "sine", "co2"])
@pytest.mark.parametrize("relative", [False, True])
def test_one_triangle_holds_the_regressions_of_all_lags(name: str, relative: bool) -> None:
    data = TASKS[name]().splits()
    kind = replace(form(name), relative=relative)
    for point in least_squares(data, kind, (0, 1, 4, 9)):
        candidate = replace(kind, lags=point.lags)
        train = data.train._replace(first=max(data.train.first, point.lags)) if kind.is_forecast else data.train
        X, y = candidate.design(train), candidate.flat_targets(train)
        kernel = np.linalg.lstsq(X, y, rcond=None)[0]
        plain = [
            np.square(candidate.design(each) @ kernel - candidate.flat_targets(each)).mean() / each.scale
            for each in data[1:]
        ]
        assert point[1:] == pytest.approx(plain, rel=1e-6, abs=1e-12)
        losses = [squared_errors(candidate.fit([data.train]), each).mean() for each in data[1:]]
        assert losses == pytest.approx(plain, rel=1e-6, abs=1e-12)


def test_steps_that_lack_lags_are_fitted_where_too_few_have_them() -> None:
    data = series_splits(np.random.default_rng(0).normal(size=60))
    candidate = LagRegression(15, is_forecast=True)  # 17 coefficients, 35 targets in train
    assert candidate.complete(data.train).first == len(data.train.inputs) - 34


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=20))
def test_the_fewest_lags_of_as_good_a_val_loss_are_chosen(val: Sequence[float]) -> None:
    best = LagSearch(tuple(LagLoss(k, loss, 0.0) for k, loss in enumerate(val))).best
    assert best.val <= 1.0100001 * min(val)
    assert all(loss > 1.0099999 * min(val) for loss in val[: best.lags])


@given(st.integers(0, 5000))
def test_lags_are_tried_one_by_one_and_then_by_a_factor_up_to_the_top(top: int) -> None:
    numbers = lag_grid(top)
    assert (numbers[0], numbers[-1]) == (0, top)
    assert all(one < other <= max(one + 1, round(1.2 * one)) for one, other in pairwise(numbers))


def test_more_lags_are_tried_while_they_help() -> None:
    data = TASKS["delay"](delay=50, length=800).splits()
    assert search_least_squares(data, LagRegression(0), lag_grid(60)).curve[-1].lags == 120
    assert search_least_squares(data, LagRegression(0), lag_grid(120)).curve[-1].lags == 120


def test_no_more_lags_than_the_data_can_tell() -> None:
    data = TASKS["sunspots"]().splits()
    assert lag_candidates(data.train)[-1] == len(flatten_targets(data.train)) // 2 - 1


@pytest.mark.parametrize("relative", [False, True])
def test_ridge_regression_is_that_of_scikit_learn(relative: bool) -> None:
    data = TASKS["co2"]().splits()
    candidate = LagRegression(20, ridge=0.1, relative=relative, is_forecast=True)
    train = data.train._replace(first=20)
    X, y = candidate.design(train)[:, 1:], candidate.flat_targets(train)
    scaler = StandardScaler().fit(X)
    oracle = Ridge(alpha=0.1 * len(X)).fit(scaler.transform(X), y)
    expected = oracle.predict(scaler.transform(candidate.design(data.test)[:, 1:])).ravel()
    last = data.test.inputs[data.test.first :, 0, 0] if relative else 0.0
    assert candidate.fit([data.train])(data.test)[:, 0, 0] == pytest.approx(expected + last, rel=1e-8, abs=1e-10)


def test_the_penalty_is_that_of_the_lowest_val_loss() -> None:
    data = TASKS["co2"]().splits()
    best = search_ridge(data, form("co2"))
    assert isinstance(best.candidate, LagRegression)
    val = squared_errors(best.candidate.fit([data.train]), data.val).mean()
    assert best.val == pytest.approx(val)
    for factor in (0.1, 10.0):
        other = replace(best.candidate, ridge=factor * best.candidate.ridge)
        assert squared_errors(other.fit([data.train]), data.val).mean() > 0.99 * val
    assert val < 0.9 * search_least_squares(data, form("co2")).best.val


def test_levels_that_drift_are_forecast_relative_to_the_last_value() -> None:
    rng = np.random.default_rng(3)
    data = series_splits(np.cumsum(0.2 + rng.standard_normal(400)))
    plain, relative = (
        search_least_squares(data, LagRegression(0, relative=each, is_forecast=True)).best for each in (False, True)
    )
    assert relative.test <= 1.01 * plain.test
    shifted = data.test._replace(inputs=data.test.inputs + 50.0)
    predictor = LagRegression(2, relative=True, is_forecast=True).fit(data[:2])
    assert predictor(shifted) == pytest.approx(predictor(data.test) + 50.0)
