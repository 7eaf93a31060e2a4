"""Truths against closed forms, and conditional means against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.processes.input_process import NarmaProcess, VolterraProcess
from linrnn.processes.linear_process import ArmaProcess, SeasonProcess, TrendProcess, stable_coefficients
from linrnn.processes.noise_process import GarchNoise, GaussianNoise, StudentNoise, WalkDifferences
from linrnn.processes.nonlinear_process import BilinearProcess, LogisticProcess, ThresholdProcess
from linrnn.processes.process import LINEAR_KIND, NONLINEAR_KIND, Process
from linrnn.processes.truth import Truth, best_linear_loss, measure_truth

ARMA = ArmaProcess((1.2, -0.6), (0.5,))
ALL = [
    ARMA,
    TrendProcess(ARMA, 2.0),
    SeasonProcess(ARMA, 12, 1.5, 0.3),
    GaussianNoise(),
    StudentNoise(5.0),
    GarchNoise(0.2, 0.7),
    WalkDifferences(0.1),
    ThresholdProcess(-0.6, 1.4, 1.0),
    BilinearProcess(0.3, 0.4),
    LogisticProcess(3.9, 0.2),
    VolterraProcess((1.0, 0.5, 0, 0, 0), tuple(map(tuple, np.triu(np.full((5, 5), 0.3)))), 0.5),
    NarmaProcess(4, 0.2, 0.05),
]


def truth(process: Process) -> Truth:
    return measure_truth(process, np.random.default_rng(7))


def linear_loss(process: Process) -> float:
    """The loss of the best linear predictor, measured for linear processes, too."""
    y, _, x = process.simulate(np.random.default_rng(7), 2000, 100).forecast
    assert x is not None
    return best_linear_loss(x, y)


def test_the_best_linear_predictor_of_an_autoregression_and_of_a_moving_average() -> None:
    assert linear_loss(ArmaProcess((0.8,), ())) == pytest.approx(1 - 0.8**2, rel=0.01)
    assert linear_loss(ArmaProcess((), (0.8,))) == pytest.approx(1 / (1 + 0.8**2), rel=0.01)
    phi = 1.2, -0.6  # variance of an AR(2): Box & Jenkins 1976
    variance = (1 + 0.6) / ((1 - 0.6) * ((1 + 0.6) ** 2 - phi[0] ** 2))
    assert linear_loss(ArmaProcess(phi, ())) == pytest.approx(1 / variance, rel=0.01)


@pytest.mark.parametrize("process", [each for each in ALL if each.kind != NONLINEAR_KIND], ids=lambda each: each.name)
def test_nothing_beats_the_best_linear_predictor_of_linear_processes_and_noise(process: Process) -> None:
    assert truth(process).gain == 0
    measured = 1 - truth(process).oracle_loss / linear_loss(process)
    assert abs(measured) < (0.06 if process.name in ("trend", "season") else 0.01)  # whose memory is infinite


@pytest.mark.parametrize("gain", [0.05, 0.3, 0.8])
def test_a_volterra_series_has_the_gain_of_its_closed_form(gain: float) -> None:
    q = np.zeros((5, 5))
    q[0, 1], q[2, 2] = 1.0, 0.7  # variance of the quadratic part: 1 + 2 * 0.49
    process = VolterraProcess((1.0, -0.5, 0, 0, 0.2), tuple(map(tuple, q)), (1.98 * (1 - gain) / gain) ** 0.5)
    assert process.gain == pytest.approx(gain)
    assert truth(process).gain == pytest.approx(gain, abs=0.01)


def test_a_threshold_process_of_the_absolute_value_has_a_skew_normal_law() -> None:
    a = 0.8  # Andel, Netuka & Svara 1984
    process = ThresholdProcess(0.0, a, 0.0)
    assert truth(process).oracle_loss == pytest.approx((1 - a**2) / (1 - 2 * a**2 / np.pi), rel=0.01)


def test_a_bilinear_process_has_the_moments_of_its_closed_form() -> None:
    b = 0.3  # E m^2 = b^2 (E m^2 + 3) for the conditional mean m of y_t = b y_{t-1} e_{t-1} + e_t, and E y = b
    square = 3 * b**2 / (1 - b**2)
    assert truth(BilinearProcess(0.0, b)).oracle_loss == pytest.approx(1 / (1 + square - b**2), rel=0.01)


def test_the_past_of_a_bilinear_process_determines_its_noise() -> None:
    process = BilinearProcess(0.4, 0.6)
    y = process.simulate(np.random.default_rng(0), 400, 20)
    e = np.zeros(20)  # wrong at the start
    for t in range(1, 400):
        e = y.values[t] - process.mean(y.values[t - 1], e)
    np.testing.assert_allclose(e, (y.values - y.mean)[-1], atol=1e-6)


def test_the_logistic_map_at_4_is_uncorrelated_and_its_variance_one_eighth() -> None:
    process = LogisticProcess(4.0, 0.001)
    assert truth(process).oracle_loss == pytest.approx(8e-6, rel=0.05)
    assert truth(process).linear_loss == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("process", ALL, ids=lambda each: each.name)
def test_what_the_conditional_mean_leaves_has_nothing_to_do_with_the_past(process: Process) -> None:
    y, mean, x = process.simulate(np.random.default_rng(3), 500, 200).forecast
    assert x is not None
    rest = (y - mean)[5:].ravel()
    past = [x[5 - k : len(x) - k].ravel() for k in range(4)]
    functions = [mean[5:].ravel(), *past, *(np.abs(each - each.mean()) for each in past)]
    functions += [np.tanh(past[0] * past[1]), np.tanh(past[1] * past[2]), np.sin(past[0])]
    for each in functions:
        spread = each - each.mean()
        if spread.std() > 1e-9:
            z = (rest * spread).mean() / ((rest * spread).std() / len(rest) ** 0.5)
            assert abs(z) < 4.5


def test_partial_autocorrelations_give_stable_autoregressions() -> None:
    rng = np.random.default_rng(0)
    for order in range(1, 5):
        for _ in range(50):
            roots = np.roots([1, *-stable_coefficients(rng.uniform(-0.95, 0.95, order))])
            assert np.abs(roots).max() < 1
    np.testing.assert_allclose(stable_coefficients([0.5]), [0.5])
    np.testing.assert_allclose(stable_coefficients([0.5, 0.2]), [0.5 - 0.2 * 0.5, 0.2])


def test_a_garch_process_has_variance_1_and_correlated_squares() -> None:
    y = GarchNoise(0.1, 0.8).simulate(np.random.default_rng(0), 2000, 100).values
    assert y.var() == pytest.approx(1, rel=0.02)
    alpha, beta = 0.1, 0.8  # first autocorrelation of the squares, Bollerslev 1988
    expected = alpha * (1 - alpha * beta - beta**2) / (1 - 2 * alpha * beta - beta**2)
    squares = y**2 - 1
    assert (squares[1:] * squares[:-1]).mean() / squares.var() == pytest.approx(expected, abs=0.02)


def test_a_narma_process_is_that_of_its_formula_and_stays_bounded() -> None:
    process = NarmaProcess(3, 0.25, 0.1)
    _, z, u = process.simulate(np.random.default_rng(0), 300, 50)
    assert u is not None
    t = 100
    expected = 0.3 * z[t - 1] + 0.25 * z[t - 1] * (z[t - 1] + z[t - 2] + z[t - 3]) / 3 + 1.5 * u[t - 2] * u[t] + 0.1
    np.testing.assert_allclose(z[t], expected)
    assert z.max() < 1.2


def test_kinds() -> None:
    assert {each.name for each in ALL if each.kind == LINEAR_KIND} == {"arma", "trend", "season"}
