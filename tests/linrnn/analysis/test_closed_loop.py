"""Closed-loop forecasts against loops written out by hand, one number at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from linrnn.analysis.closed_loop import Ensemble, forecast_series, loop_radius, predict_rows
from linrnn.data.sequences import Array
from linrnn.data.series_scale import SeriesScale
from linrnn.models.linear import Linear
from linrnn.models.model import Model, unflatten
from linrnn.models.tanh import Tanh

HIDDEN, REPLICAS, MEAN, DEVIATION = 3, 2, 7.0, 2.5
SCALE = SeriesScale(np.array([MEAN]), np.array([DEVIATION]), np.array([MEAN]), np.array([DEVIATION]))
SHIFT = 0.3  # mean change of a relative series
RELATIVE = SeriesScale(np.array([SHIFT]), np.array([1.5]), np.array([MEAN]), np.array([DEVIATION]), relative=True)
F: dict[str, Callable[[float], float]] = {"linear": float, "tanh": lambda x: float(np.tanh(x))}


def make_ensemble(model: Model, horizon: int, steps: int, scale: SeriesScale = SCALE) -> Ensemble:
    shapes = model.shapes(1, steps)
    count = sum(int(np.prod(shape)) for shape in shapes.values())
    weights = np.random.default_rng(3).normal(0, 0.4, (REPLICAS, count))
    return Ensemble(model, unflatten(torch.from_numpy(weights), shapes), scale, horizon, steps)


class ByHand:
    """One replica of one layer, step by step, in Python's own numbers."""

    def __init__(self, ensemble: Ensemble, replica: int) -> None:
        self.U, self.W, self.b, self.C, self.c = (
            ensemble.parameters[name][replica].numpy().tolist() for name in ("U", "W", "b", "C", "c")
        )
        self.f, self.scale = F[ensemble.model.name], ensemble.scale
        self.h = [0.0] * HIDDEN
        self.last: float | None = None

    def step(self, x: float) -> list[float]:
        """Read a value and return the predictions, both in the file's unit."""
        if self.scale.relative:
            change = 0.0 if self.last is None else x - self.last
            z = (change - SHIFT) / 1.5
        else:
            z = (x - MEAN) / DEVIATION
        self.last = x
        sums = [
            sum(self.W[i][j] * self.h[j] for j in range(HIDDEN)) + self.U[i][0] * z + self.b[i] for i in range(HIDDEN)
        ]
        self.h = [self.f(each) for each in sums]
        outputs = [sum(row[i] * self.h[i] for i in range(HIDDEN)) + c for row, c in zip(self.C, self.c, strict=True)]
        return [y * DEVIATION + (x if self.scale.relative else MEAN) for y in outputs]


def forecast_by_hand(ensemble: Ensemble, replica: int, series: Sequence[float], leads: int) -> list[float]:
    """All that is predicted of the rows after the last: each by the newest step that predicts it."""
    network, forecasts = ByHand(ensemble, replica), {}
    for t, value in enumerate(series):
        for j, prediction in enumerate(network.step(value)):
            forecasts[t + ensemble.horizon + j] = prediction
    end = len(series)
    for t in range(end, end + leads):
        later = network.step(forecasts[t])
        forecasts.setdefault(t + ensemble.horizon + ensemble.steps - 1, later[-1])
    return [forecasts[end + k] for k in range(leads)]


def series_of(steps: int, batch: int = 1) -> Array:
    return np.random.default_rng(5).normal(MEAN, DEVIATION, (steps, batch)).cumsum(axis=0) / 3


@pytest.mark.parametrize("model", [Linear(HIDDEN), Tanh(HIDDEN)], ids=lambda model: model.name)
@pytest.mark.parametrize(("horizon", "steps"), [(1, 1), (3, 1), (1, 3), (2, 2)])
@pytest.mark.parametrize("scale", [SCALE, RELATIVE], ids=["values", "changes"])
def test_forecasts_are_those_computed_by_hand(model: Model, horizon: int, steps: int, scale: SeriesScale) -> None:
    ensemble, series, leads = make_ensemble(model, horizon, steps, scale), series_of(20, 2), 7
    origins = [9, 13, 19]
    forecasts = forecast_series(ensemble, series, origins, leads)
    assert forecasts.shape == (REPLICAS, len(origins), 2, leads)
    for replica in range(REPLICAS):
        for k, origin in enumerate(origins):
            for sequence in range(2):
                known = series[: origin + 1, sequence].tolist()
                by_hand = forecast_by_hand(ensemble, replica, known, leads)
                np.testing.assert_allclose(forecasts[replica, k, sequence], by_hand, rtol=1e-12)


def test_few_leads_are_the_first_of_many() -> None:
    ensemble, series = make_ensemble(Linear(HIDDEN), 4, 1), series_of(15)
    many = forecast_series(ensemble, series, [7, 14], 9)
    for leads in (1, 3, 4, 5):
        np.testing.assert_array_equal(forecast_series(ensemble, series, [7, 14], leads), many[..., :leads])


def test_later_values_do_not_matter_and_there_is_nothing_before_the_series() -> None:
    ensemble, series = make_ensemble(Tanh(HIDDEN), 3, 1), series_of(12)
    changed = series.copy()
    changed[6:] += 100
    one, other = (forecast_series(ensemble, each, [1, 5], 6) for each in (series, changed))
    np.testing.assert_array_equal(one, other)
    assert np.isnan(one[:, 0, :, 0]).all()  # of row 2, which no step predicts: it is predicted at row -1
    assert np.isfinite(one[:, 1]).all()


def test_outputs_at_each_row_are_those_computed_by_hand() -> None:
    ensemble, series = make_ensemble(Tanh(HIDDEN), 1, 2), series_of(8)
    outputs = predict_rows(ensemble, series[..., None])
    for replica in range(REPLICAS):
        network = ByHand(ensemble, replica)
        by_hand = [network.step(value) for value in series[:, 0].tolist()]
        np.testing.assert_allclose(outputs[replica, :, 0], by_hand, rtol=1e-12)


def test_the_loop_of_horizon_1_has_the_poles_of_w_plus_uc() -> None:
    ensemble = make_ensemble(Linear(HIDDEN), 1, 1)
    for k in range(REPLICAS):
        U, W, C = (ensemble.parameters[name][k].numpy() for name in ("U", "W", "C"))
        radius = np.abs(np.linalg.eigvals(W + U @ C)).max()
        assert loop_radius(ensemble.replica(k), series_of(20)) == pytest.approx(radius, rel=1e-9)


def test_the_loop_of_a_longer_horizon_grows_as_its_largest_pole_says() -> None:
    ensemble = make_ensemble(Linear(HIDDEN), 3, 1).replica(0)
    grown = {name: value * (2.5 if name in ("U", "C") else 1) for name, value in ensemble.parameters.items()}
    unstable = Ensemble(ensemble.model, grown, SCALE, 3)
    path = np.abs(forecast_series(unstable, series_of(20), [19], 900)[0, 0, 0] - MEAN)
    radius = loop_radius(unstable, series_of(20))
    assert radius > 1.02
    assert (path[899] / path[599]) ** (1 / 300) == pytest.approx(radius, rel=2e-3)
