"""Surrogates have the values and the spectrum of the series, and statistics their known values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import skew

from linrnn.analysis.surrogates import compare_surrogates, draw_surrogates, match_ends, neighbor_error, time_asymmetry


def autoregression(seed: int, steps: int = 300) -> np.ndarray:
    """AR(2) with Gaussian shocks."""
    return np.asarray(lfilter([1], [1, -1.2, 0.6], np.random.default_rng(seed).normal(size=steps + 100))[100:])


def test_surrogates_have_the_same_values_and_nearly_the_same_spectrum() -> None:
    series = np.exp(autoregression(0) / 4)
    surrogates = draw_surrogates(series, 5, np.random.default_rng(0))
    assert (np.sort(surrogates) == np.sort(series)).all()
    spectrum = np.abs(np.fft.rfft(series - series.mean()))
    for each in surrogates:
        assert abs(np.corrcoef(each, series)[0, 1]) < 0.3  # another series
        assert np.linalg.norm(np.abs(np.fft.rfft(each - each.mean())) - spectrum) < 0.05 * np.linalg.norm(spectrum)
    shuffled = np.random.default_rng(1).permutation(series)
    assert np.linalg.norm(np.abs(np.fft.rfft(shuffled - shuffled.mean())) - spectrum) > 0.3 * np.linalg.norm(spectrum)


def test_surrogates_depend_on_the_generator_alone() -> None:
    series = autoregression(0, 64)
    first = draw_surrogates(series, 3, np.random.default_rng(5))
    np.random.seed(1)
    assert (draw_surrogates(series, 3, np.random.default_rng(5)) == first).all()
    assert (draw_surrogates(series, 3, np.random.default_rng(6)) != first).any()


def test_ends_match() -> None:
    wave = np.sin(2 * np.pi * np.arange(230) / 50)  # 4.6 periods
    part = match_ends(wave)
    assert abs(part[0] - part[-1]) < 0.13
    assert len(part) >= 184
    trend = np.arange(10.0)
    assert (match_ends(trend[:9]) == trend[:9]).all()


def test_time_asymmetry_is_the_skewness_of_differences_without_drift() -> None:
    saw = np.tile(np.arange(10.0), 20)
    saw = np.append(saw, 0)  # periodic: the mean difference is 0
    assert time_asymmetry(saw) == pytest.approx(skew(np.diff(saw)))
    assert time_asymmetry(saw[::-1]) == pytest.approx(-time_asymmetry(saw))


def test_neighbors_predict_a_map_and_not_noise() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=1000)
    assert neighbor_error(noise, 1, 1, 2, 1) == pytest.approx(1.1, abs=0.05)  # 1 + 1 / neighbors
    x = np.empty(1000)
    x[0] = 0.3
    for t in range(999):
        x[t + 1] = 4 * x[t] * (1 - x[t])
    assert neighbor_error(x, 1, 1, 2, 1) < 0.01


def test_neighbors_in_the_same_stretch_of_time_tell_nothing_further_ahead() -> None:
    """A smooth linear series, whose residuals 20 steps ahead depend on those of the steps beside."""
    series = np.convolve(np.random.default_rng(1).normal(size=600), np.ones(100), "valid")
    assert neighbor_error(np.convolve(series, np.ones(10), "valid"), 32, 20, 4, 8) > 1  # 0.1 with all neighbors


def test_a_skewed_linear_process_has_a_direction_of_time_and_no_nonlinear_mean() -> None:
    shocks = np.random.default_rng(3).exponential(size=400)
    series = np.asarray(lfilter([1], [1, -0.8], shocks)[100:, None])
    neighbors, reversal = compare_surrogates(series, 1, 1, 1, np.random.default_rng(0))
    assert reversal.p < 0.05 < neighbors.p
    assert neighbors.surrogates.shape == reversal.surrogates.shape == (199,)
