"""Tests of a predictor's residuals find what it left, and nothing where nothing is left."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox

from linrnn.analysis.predictions import Predictions
from linrnn.analysis.residual_tests import check_predictions, check_residuals
from linrnn.data.sequences import Sequences

NAMES = "autocorrelation", "lagged inputs", "products of lagged inputs"


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def p_values(residuals: np.ndarray, inputs: np.ndarray, horizon: int = 1) -> list[float]:
    result = check_residuals(residuals, inputs, horizon)
    assert tuple(test.name for test in result.tests) == NAMES
    return [test.p for test in result.tests]


def test_each_test_finds_what_it_asks_for() -> None:
    inputs, e = noise(0, 300, 2, 1), noise(1, 280, 2)
    past = inputs[19:299, :, 0]
    assert min(p_values(e, inputs)) > 0.01
    assert np.flatnonzero(np.array(p_values(e + 0.5 * past, inputs)) < 0.01).tolist() == [1]
    assert np.flatnonzero(np.array(p_values(e + 0.5 * past**2, inputs)) < 0.01).tolist() == [2]
    drift = np.convolve(e.ravel(order="F"), [1, 0.5], "same").reshape(e.shape, order="F")
    assert p_values(drift, inputs)[0] < 1e-6


def test_autocorrelation_is_that_of_statsmodels() -> None:
    e = noise(2, 200, 1)
    oracle = acorr_ljungbox(e[:, 0], [10]).iloc[0]
    test = check_residuals(e, noise(3, 200, 1, 1), 1).tests[0]
    assert (test.statistic, test.p) == pytest.approx((oracle["lb_stat"], oracle["lb_pvalue"]))


def test_residuals_further_ahead_may_be_a_moving_average() -> None:
    shocks = noise(4, 603)
    average = np.convolve(shocks, np.ones(4), "valid")[:, None]
    assert check_residuals(average, noise(5, 600, 1, 1), 1).tests[0].p < 1e-6
    assert check_residuals(average, noise(5, 600, 1, 1), 4).tests[0].p > 0.01


def test_a_single_step_of_many_sequences() -> None:
    inputs = noise(6, 5, 400, 2)
    result = check_residuals(noise(7, 1, 400) + 0.5 * inputs[4:, :, 0] * inputs[4:, :, 1], inputs)
    assert [test.name for test in result.tests] == list(NAMES[1:])
    assert result.tests[1].p == 0.001
    assert result.effect > 0.1


def test_predictions_are_tested_in_whole_sequences_beside_their_inputs() -> None:
    inputs, targets = noise(5, 60, 7, 1), noise(6, 60, 7, 1)
    sequences = Sequences(inputs, targets, first=20)
    outputs = targets - 0.5 * inputs - 0.2 * noise(7, 60, 7, 1)  # what is left follows the input
    flat = [array[20:].swapaxes(0, 1).reshape(-1, 1) for array in (targets, outputs)]
    place = np.zeros(280, dtype=np.int64)
    for count, batch in ((280, 7), (100, 2), (30, 1)):
        part = Predictions(0, place[:count], place[:count], *(a[:count] for a in flat), False, 0, *np.zeros((2, 0)))
        steps = min(count, 40)
        expected = check_residuals((targets - outputs)[20 : 20 + steps, :batch, 0], inputs[: 20 + steps, :batch], 1)
        result = check_predictions(part, sequences, 1)
        assert result is not None
        assert result.tests == expected.tests
    assert check_predictions(part._replace(classes=True), sequences, 1) is None
    assert check_predictions(part._replace(targets=flat[0][:19], outputs=flat[1][:19]), sequences, 1) is None
