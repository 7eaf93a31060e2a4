"""Forecasts of whole series: which rows count, how often intervals hold what comes, and networks that run away."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from linrnn.analysis.closed_loop import Ensemble, forecast_series, loop_radius, predict_rows
from linrnn.analysis.conformal import CONFORMAL, EMPIRICAL
from linrnn.analysis.series_forecast import MOST_ORIGINS, forecast_outputs, forecast_rows, make_hindcasts
from linrnn.analysis.series_history import SeriesHistory, is_closed, read_history, task_scale
from linrnn.data.sequences import Array
from linrnn.data.series_scale import SeriesScale, identity_scale
from linrnn.models.linear import Linear
from linrnn.models.model import unflatten
from linrnn.processes.process_draws import CYCLE, draw_series
from linrnn.tasks.memory_series import make_series
from linrnn.tasks.sunspots import Sunspots
from linrnn.training.loop import train
from linrnn.training.trial_config import from_text

LEADS = 6


def autoregression(coefficients: Array, noise: Array) -> Ensemble:
    """Networks that predict x_{t+1} = sum_i a_i x_{t-i}, one for each row `(S, p)` of coefficients with noise added."""
    order = len(coefficients)
    replicas = coefficients + noise
    W = np.tile(np.eye(order, k=-1), (len(replicas), 1, 1))  # the state is x_t, ..., x_{t-p+1}
    U = np.tile(np.eye(order)[:, :1], (len(replicas), 1, 1))
    zero = np.zeros((len(replicas), order))
    arrays = {"U": U, "W": W, "b": zero, "C": replicas[:, None], "c": np.zeros((len(replicas), 1))}
    parameters = {name: torch.from_numpy(value) for name, value in arrays.items()}
    return Ensemble(Linear(order), parameters, identity_scale(1), 1)


def simulate(coefficients: Array, generator: np.random.Generator, steps: int) -> Array:
    x = np.zeros(steps + 100)
    for t in range(len(coefficients), len(x)):
        x[t] = coefficients @ x[t - len(coefficients) : t][::-1] + generator.normal()
    return x[100:, None]


def test_known_forecasts_are_those_of_test_rows_from_the_rows_before() -> None:
    generator = np.random.default_rng(0)
    ensemble = autoregression(np.array([0.5, 0.3]), generator.normal(0, 0.1, (3, 2)))
    values = simulate(np.array([0.5, 0.3]), generator, 60)
    known = make_hindcasts(ensemble, SeriesHistory(values[..., None], values[..., None], (48, 60)), LEADS)
    for lead in range(LEADS):
        rows = known.rows[np.isfinite(known.values[:, lead]), lead]
        assert rows.tolist() == list(range(48, 60))
        np.testing.assert_array_equal(known.values[np.isfinite(known.values[:, lead]), lead], values[48:60, 0])
    k = 7
    origin = int(known.rows[k, 0]) - 1
    alone = forecast_series(ensemble, values[: origin + 1], [origin], LEADS)[:, 0, 0]
    np.testing.assert_allclose(known.forecasts[:, k], alone, rtol=1e-12)


def test_of_many_rows_some_are_taken() -> None:
    values = np.random.default_rng(0).normal(size=(5000, 2))
    ensemble = autoregression(np.array([0.5]), np.zeros((1, 1)))
    known = make_hindcasts(ensemble, SeriesHistory(values[..., None], values[..., None], (4000, 5000)), 3)
    assert MOST_ORIGINS < len(known.values) <= 2 * MOST_ORIGINS


@pytest.mark.long
def test_intervals_hold_what_comes_after_generated_series() -> None:
    """The last rows of each series are kept from the forecast; its intervals hold about as many as they should."""
    hits, counts, measured = np.zeros(2), 0, []
    for seed in range(50):
        generator = np.random.default_rng([7, seed])
        coefficients = np.array([[0.6, 0.2], [1.2, -0.5], [-0.4, 0.3]][seed % 3])
        values = simulate(coefficients, generator, 200 + LEADS)
        ensemble = autoregression(coefficients, generator.normal(0, 0.1, (4, 2)))
        known, later = values[:200], values[200:, 0]
        history = SeriesHistory(known[..., None], known[..., None], (120, 200))
        result = forecast_rows(ensemble, known, history, LEADS)
        hits += [((each.low[0] <= later) & (later <= each.high[0])).sum() for each in result.intervals]
        counts += LEADS
        measured.append([each.rate for each in result.coverage])
        assert all(each.methods == (CONFORMAL,) * LEADS for each in result.intervals)
    np.testing.assert_allclose(hits / counts, [0.5, 0.9], atol=0.1)  # 50 series, whose rows are dependent
    np.testing.assert_allclose(np.mean(measured, axis=0), [0.5, 0.9], atol=0.06)


@pytest.mark.long
def test_intervals_of_trained_networks_hold_what_comes_after_generated_series() -> None:
    hits, counts = 0, 0
    for number in range(40):
        series = draw_series(11, number, 300 + LEADS)
        if series.inputs is not None:
            continue
        task = make_series(series.values[:300, 0], name=f"s{number}")
        config = from_text({"task": "sine", "model": "linear", "model.hidden_size": "6", "training.epochs": "200"})
        splits = task.splits()
        *_, history = train(config, splits)
        weights = unflatten(torch.from_numpy(history.best_weights.astype(np.float64)), history.shapes)
        known = read_history(task)
        result = forecast_rows(Ensemble(config.model, weights, task_scale(task), 1), known.values, known, LEADS)
        later, interval = series.values[300:, 0], result.intervals[1]
        hits += int(((interval.low[0] <= later) & (later <= interval.high[0])).sum())
        counts += LEADS
    assert counts > 100
    assert len(CYCLE) == 20
    assert 0.8 <= hits / counts <= 0.98


def test_few_errors_give_empirical_intervals() -> None:
    generator = np.random.default_rng(0)
    values = simulate(np.array([0.5]), generator, 30)
    history = SeriesHistory(values[..., None], values[..., None], (25, 30))
    result = forecast_rows(autoregression(np.array([0.5]), np.zeros((2, 1))), values, history, 2)
    half, most = result.intervals
    assert half.methods == (CONFORMAL, CONFORMAL)
    assert most.methods == (EMPIRICAL, EMPIRICAL)
    assert most.errors == (5, 5)
    without = forecast_rows(
        autoregression(np.array([0.5]), np.zeros((2, 1))), values, history._replace(test=(30, 30)), 2
    )
    assert math.isinf(without.intervals[0].high[0, 0])
    assert math.isnan(without.coverage[0].rate)


def test_networks_with_an_unstable_pole_run_away_and_its_modulus_is_named() -> None:
    generator = np.random.default_rng(0)
    values = simulate(np.array([0.9]), generator, 100)
    history = SeriesHistory(values[..., None], values[..., None], (80, 100))
    ensemble = autoregression(np.array([1.3]), np.zeros((5, 1)))
    result = forecast_rows(ensemble, values, history, 40)
    assert 0 < result.steps < 40
    assert result.radius == pytest.approx(1.3)
    assert loop_radius(ensemble.replica(2), values) == pytest.approx(1.3)
    reach = values.max() + 3 * np.ptp(values)
    assert np.abs(result.median[0, : result.steps]).max() < reach
    two_of_five = autoregression(np.array([0.5]), np.array([[0.8], [0.8], [0.0], [0.0], [0.0]]))
    assert forecast_rows(two_of_five, values, history, 40).steps == 40


def test_outputs_for_inputs_have_the_errors_of_their_lead() -> None:
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(80, 1, 2))
    targets = (inputs[..., :1] * 2 + 5) + 0.1 * generator.normal(size=(80, 1, 1))
    parameters = {
        "U": torch.tensor([[[1.0, 0.0]]]),
        "W": torch.zeros(1, 1, 1),
        "b": torch.zeros(1, 1),
        "C": torch.ones(1, 1, 1),
        "c": torch.zeros(1, 1),
    }
    scale = SeriesScale(np.zeros(2), np.ones(2), np.array([5.0]), np.array([2.0]))
    ensemble = Ensemble(Linear(1), {name: value.double() for name, value in parameters.items()}, scale, 0)
    history = SeriesHistory(inputs[:70], targets[:70], (50, 70))
    result = forecast_outputs(ensemble, inputs, history, 10)
    np.testing.assert_allclose(result.median[0], inputs[70:, 0, 0] * 2 + 5)
    assert result.intervals[1].errors == (20,) * 10
    width = (result.intervals[1].high - result.intervals[1].low)[0]
    np.testing.assert_allclose(width, width[0])
    errors = np.sort(np.abs(targets[50:70, 0, 0] - predict_rows(ensemble, inputs)[0, 50:70, 0, 0]))
    assert width[0] == pytest.approx(2 * errors[18])  # ceil(21 * 0.9) = 19th of 20


def test_the_history_of_a_task_is_in_its_own_unit() -> None:
    task = Sunspots()
    history = read_history(task)
    assert history.values[:3, 0].tolist() == [5, 11, 16]
    assert history.dates[0].year == 1700
    splits, scale = task.splits(), task_scale(task)
    np.testing.assert_allclose(scale.scale_inputs(history.inputs)[:-1], splits.test.inputs)
    assert history.test == (len(splits.val.inputs) + 1, 309)
    assert is_closed(task)


@pytest.mark.parametrize("relative", ["no", "last"])
def test_the_scale_of_a_file_is_that_of_its_splits(relative: str) -> None:
    values = np.random.default_rng(0).normal(5, 3, 100).cumsum()
    task = make_series(values, horizon=2, relative=relative, name="walk")
    history, scale, splits = read_history(task), task_scale(task), task.splits()
    np.testing.assert_allclose(scale.scale_inputs(history.inputs)[:-2], splits.test.inputs)
    outputs = splits.test.targets[None]
    np.testing.assert_allclose(scale.restore_outputs(outputs, history.inputs[:-2])[0, :, 0, 0], values[2:])
