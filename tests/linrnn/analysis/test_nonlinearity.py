"""Nonlinearity tests: oracles of each, and their size and power on series whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pandas import DataFrame
from scipy.signal import lfilter
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.stattools import bds

from linrnn import Series
from linrnn.analysis.linear_residuals import fit_linear, join_splits, whiten
from linrnn.analysis.nonlinearity import (
    compute_bds,
    compute_nonlinearity_tests,
    describe_lags,
    detection_ratio,
    lag_spacing,
    name_columns,
    run_residual_tests,
)
from linrnn.analysis.nonlinearity_tests import MEAN, NonlinearityTest, NonlinearityTests
from linrnn.data.sequences import Array, Sequences
from linrnn.errors import ConfigError, DataError
from linrnn.tasks.adding import Adding
from linrnn.tasks.henon import Henon
from linrnn.tasks.mackey_glass import MackeyGlass
from linrnn.tasks.product import Product
from linrnn.tasks.sine import Sine
from linrnn.tasks.sunspots import Sunspots

REGRESSIONS = "squares and cubes", "products"
NEIGHBORS, REVERSAL = "surrogates, nearest neighbors", "surrogates, time reversal"
BDS, SQUARES = "BDS", "squares of residuals"


def autoregression(shocks: Array) -> Array:
    """AR(2) with these shocks, without its first 100 steps."""
    return np.asarray(lfilter([1], [1, -1.2, 0.6], shocks))[100:]


def gaussian(rng: np.random.Generator, steps: int) -> Array:
    return autoregression(rng.normal(size=steps + 100))


def heavy_tails(rng: np.random.Generator, steps: int) -> Array:
    return autoregression(rng.standard_t(3, size=steps + 100))


def changing_variance(rng: np.random.Generator, steps: int) -> Array:
    """AR(2) with GARCH(1, 1) shocks (Bollerslev 1986): nonlinear in the variance alone."""
    shocks, variance = np.zeros(steps + 100), 1.0
    for t in range(1, len(shocks)):
        variance = 0.1 + 0.15 * shocks[t - 1] ** 2 + 0.8 * variance
        shocks[t] = variance**0.5 * rng.normal()
    return autoregression(shocks)


def threshold(rng: np.random.Generator, steps: int) -> Array:
    """SETAR of two regimes (Tong 1978)."""
    x = np.zeros(steps + 100)
    for t in range(1, len(x)):
        x[t] = (0.6 if x[t - 1] < 0 else -0.6) * x[t - 1] + 0.7 * rng.normal()
    return x[100:]


def bilinear(rng: np.random.Generator, steps: int) -> Array:
    """Bilinear series (Granger & Andersen 1978)."""
    x, e = np.zeros(steps + 100), 0.7 * rng.normal(size=steps + 100)
    for t in range(1, len(x)):
        x[t] = 0.4 * x[t - 1] + 0.5 * x[t - 1] * e[t - 1] + e[t]
    return x[100:]


def noisy_logistic(rng: np.random.Generator, steps: int) -> Array:
    x = np.empty(steps)
    x[0] = rng.uniform(0.1, 0.9)
    for t in range(1, steps):
        x[t] = 4 * x[t - 1] * (1 - x[t - 1])
    return x + 0.1 * rng.normal(size=steps)


@pytest.fixture
def few_surrogates(monkeypatch: pytest.MonkeyPatch) -> None:
    """39 surrogates and permutations, so that a test takes less time."""
    monkeypatch.setattr("linrnn.analysis.surrogates.SURROGATES", 39)
    monkeypatch.setattr("linrnn.analysis.nonlinearity.PERMUTATIONS", 39)


Draw = Callable[[np.random.Generator, int], Array]


def run_series(draw: Draw, number: int, steps: int) -> NonlinearityTests:
    return compute_nonlinearity_tests(Series(draw(np.random.default_rng([11, number]), steps)))


def rejection_rates(draw: Draw, series: int, steps: int) -> dict[str, float]:
    """Part of the series of which each test rejects; and of which there is a sign of a nonlinear mean."""
    results = [run_series(draw, number, steps) for number in range(series)]
    rates = {
        test.name: float(np.mean([result.tests[k].rejects for result in results]))
        for k, test in enumerate(results[0].tests)
    }
    return rates | {"sign": float(np.mean([result.find_nonlinear_mean(0.1) is not None for result in results]))}


@pytest.mark.long
def test_sunspots_are_nonlinear() -> None:
    """As Tong & Lim 1980 and many found since."""
    result = compute_nonlinearity_tests("sunspots")
    p = {test.name: test.p for test in result.tests}
    assert p[REVERSAL] == 1 / 200
    assert p[NEIGHBORS] == 1 / 200
    assert p[REGRESSIONS[0]] < 0.01
    assert 0.15 < result.effect < 0.5
    assert result.find_nonlinear_mean(0.1) is not None
    assert compute_nonlinearity_tests("sunspots") == result
    assert list(result.table().index) == [test.name for test in result.tests]


@pytest.mark.usefixtures("few_surrogates")
def test_the_test_split_is_not_read() -> None:
    splits = Sunspots().splits()
    other = splits._replace(test=splits.test._replace(targets=splits.test.targets[::-1] ** 2))
    assert compute_nonlinearity_tests(Sunspots(), other) == compute_nonlinearity_tests(Sunspots())


@pytest.mark.usefixtures("few_surrogates")
def test_a_product_of_inputs_is_found_though_no_lag_helps_a_linear_fit() -> None:
    result = compute_nonlinearity_tests(Product())
    p = {test.name: test.p for test in result.tests}
    assert p["products"] == 0.001
    assert result.effect > 0.99
    assert NEIGHBORS not in p


@pytest.mark.parametrize(
    ("names", "count", "spacing", "words"),
    [
        ([""], 1, 1, "the last input"),
        ([""], 3, 4, "the last 3 inputs, 4 steps apart,"),
        (["u"], 1, 1, "the last value of u"),
        (["u"], 1, 4, "the last value of u"),
        (["u"], 3, 2, "the last 3 values of u, 2 steps apart,"),
        (["u", "w"], 3, 1, "the last 2 values of u and the last value of w"),
        (["u", "w"], 4, 1, "the last 2 values of u and w"),
        (["u", "v", "w"], 2, 1, "the last value of u and v"),
        (["a", "b", "c", "d", "e"], 9, 1, "the last 2 values of a, ..., d (4 columns) and the last value of e"),
    ],
)
def test_lags_are_described_by_column_and_step(names: list[str], count: int, spacing: int, words: str) -> None:
    assert describe_lags(names, count, spacing) == words


def test_a_null_hypothesis_names_the_columns_of_a_file() -> None:
    u, w, y = np.random.default_rng(0).normal(size=(3, 150))
    frame = DataFrame({"u": u, "w": w, "y": y})
    nulls = {test.name: test.null for test in compute_nonlinearity_tests(Series(frame, column="y", inputs="u,w")).tests}
    assert nulls["products"] == (
        "squares and products of the last 2 values of u and the last value of w do not predict what a linear fit leaves"
    )
    assert name_columns(Series(frame, column="y", inputs=["u", "y"], relative="last"), 2) == ["changes of y", "u"]
    assert (name_columns(Sine(), 1), name_columns(Adding(), 2)) == ([""], ["input 1", "input 2"])


def test_targets_at_the_last_step_alone_are_tested() -> None:
    result = compute_nonlinearity_tests(Adding())
    assert [test.name for test in result.tests] == list(REGRESSIONS)
    assert result.find_nonlinear_mean(0.1) is not None


def test_nothing_is_tested_where_a_linear_predictor_is_exact() -> None:
    result = compute_nonlinearity_tests("sine")
    assert result.tests == ()
    assert result.effect == 0
    assert result.find_nonlinear_mean(0) is None


def test_classes_and_few_targets_are_refused() -> None:
    with pytest.raises(ConfigError, match="targets of digits are classes"):
        compute_nonlinearity_tests("digits")
    with pytest.raises(DataError, match="nonlinearity tests need 40"):
        compute_nonlinearity_tests(Series(np.random.default_rng(0).normal(size=40)))


@pytest.mark.usefixtures("few_surrogates")
@pytest.mark.long
def test_heavy_tails_and_variances_do_not_make_a_mean_nonlinear() -> None:
    """GARCH is found by the tests of any dependence, and is no sign of a nonlinear mean."""
    rates = rejection_rates(changing_variance, 6, 300)
    assert rates[SQUARES] >= 0.5
    assert rates["sign"] == 0
    assert rejection_rates(heavy_tails, 6, 200)["sign"] == 0


@pytest.mark.usefixtures("few_surrogates")
@pytest.mark.parametrize("draw", [threshold, bilinear, noisy_logistic])
def test_power(draw: Draw) -> None:
    rates = rejection_rates(draw, 2, 500)
    assert max(rates[name] for name in (*REGRESSIONS, NEIGHBORS)) == 1


@pytest.mark.usefixtures("few_surrogates")
@pytest.mark.long
@pytest.mark.parametrize("draw", [gaussian, heavy_tails])
def test_size(draw: Draw) -> None:
    """Of 200 series at a level of 0.05, 10 +- 3.1 are expected to be rejected."""
    rates = rejection_rates(draw, 200, 300)
    linear_gaussian = {REVERSAL} if draw is gaussian else set()  # the null hypothesis of the surrogates
    for name in {*REGRESSIONS, NEIGHBORS, BDS, SQUARES} | linear_gaussian:
        assert rates[name] < 0.1, name
    assert rates["sign"] == 0


def test_bds_is_that_of_statsmodels_where_residuals_are_many() -> None:
    e = np.random.default_rng(0).normal(size=600)
    assert compute_bds(e) == pytest.approx([float(each) for each in bds(e)])
    statistic, p = compute_bds(e[:100])
    assert statistic == pytest.approx(float(bds(e[:100])[0]))
    assert round(p * 100) == pytest.approx(p * 100)


@pytest.mark.usefixtures("few_surrogates")
def test_squares_are_tested_on_the_residuals_of_an_autoregression() -> None:
    x = changing_variance(np.random.default_rng(1), 400)
    result = next(test for test in compute_nonlinearity_tests(Series(x)).tests if test.name == SQUARES)
    standard = (x[:320] - x[:240].mean()) / x[:240].std()  # of train and val, by the mean of train
    fits = [AutoReg(standard, p, hold_back=64).fit() for p in range(1, 30)]
    order = 1 + int(np.argmin([len(fit.resid) * np.log(np.mean(fit.resid**2)) + 2 * len(fit.params) for fit in fits]))
    residuals = AutoReg(standard, order).fit().resid
    oracle = acorr_ljungbox(residuals**2, [10]).iloc[0]
    assert result.targets == len(residuals)
    assert result.statistic == pytest.approx(oracle["lb_stat"])
    assert result.p == pytest.approx(oracle["lb_pvalue"])


def test_squares_that_are_all_the_same_are_not_tested() -> None:
    bits = np.random.default_rng(0).choice([-1.0, 1.0], 600)[:, None]
    assert SQUARES not in [test.name for test in run_residual_tests(bits)]
    assert run_residual_tests(bits[:10]) == []


def test_horizons_further_ahead_multiply_lags_that_are_apart() -> None:
    assert lag_spacing(join_splits(Henon().splits()), 1) == 1
    splits = MackeyGlass().splits()
    assert 4 <= lag_spacing(join_splits(splits), MackeyGlass().horizon) <= 17


def test_parts_of_one_series_are_counted_once() -> None:
    splits = Sunspots().splits()
    joined = join_splits(splits)
    counted = [each.targets[each.first :].size for each in (joined, splits.train, splits.val)]
    assert counted[0] == counted[1] + counted[2]
    independent = join_splits(Henon().splits())
    assert independent.inputs.shape[1] == 2 * Henon().sequences


def test_whitening_removes_linear_dependence() -> None:
    e = gaussian(np.random.default_rng(0), 500)[:, None]
    assert (
        acorr_ljungbox(e[:, 0], [10])["lb_pvalue"].iloc[0]
        < 1e-10
        < 0.01
        < (acorr_ljungbox(whiten(e)[:, 0], [10])["lb_pvalue"].iloc[0])
    )


def test_linear_fit_survives_collinear_inputs() -> None:
    x = np.random.default_rng(0).normal(size=(200, 1, 1))
    sequences = Sequences(np.concatenate([x, 2 * x], axis=2), np.roll(x, 1, axis=0), first=1)
    assert fit_linear(sequences).lags == 1
    assert fit_linear(sequences).is_exact


def test_detection_ratio_of_independent_losses() -> None:
    rng = np.random.default_rng(0)
    gains = rng.normal(1, 2, (5000, 1))
    ratio = detection_ratio({"linear": gains, "nonlinear": np.zeros_like(gains)})
    assert ratio == pytest.approx(5000**0.5 / 2 / 1.96, rel=0.1)
    assert detection_ratio({"linear": gains}) is None
    many = rng.normal(1, 2, (1, 5000))
    assert detection_ratio({"linear": many, "nonlinear": np.zeros_like(many)}) == pytest.approx(ratio, rel=0.1)


def test_sign_of_a_nonlinear_mean_needs_an_adjusted_p_and_an_effect() -> None:
    tests = tuple(
        NonlinearityTest(f"test {k}", "", 0.0, p, subject, 100)
        for k, (p, subject) in enumerate([(0.004, MEAN), (0.5, MEAN), (0.02, MEAN), (0.0001, "any dependence")])
    )
    found = NonlinearityTests("x", tests, effect=0.2)
    oracle = multipletests([0.004, 0.5, 0.02], method="holm")[1]
    adjusted = found.adjust_p()
    assert [adjusted[f"test {k}"] for k in range(3)] == pytest.approx(list(oracle))
    assert found.find_nonlinear_mean(0.1) is None  # 3 * 0.004 > 0.01
    strong = replace(found, tests=(replace(tests[0], p=0.003), *tests[1:]))
    assert strong.find_nonlinear_mean(0.1) == strong.tests[0]
    assert strong.find_nonlinear_mean(0.3) is None
    assert [test.name for test in strong.rejections] == ["test 3", "test 0", "test 2"]
