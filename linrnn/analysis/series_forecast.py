"""What comes after the last known row of a series: median and intervals of an ensemble, and their coverage."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linrnn.analysis.closed_loop import Ensemble, forecast_series, loop_radius, predict_rows
from linrnn.analysis.conformal import Coverage, Intervals, measure_coverage, predict_intervals
from linrnn.analysis.series_history import SeriesHistory
from linrnn.data.sequences import Array

MOST_ORIGINS = 300  # rows of the test part from which forecasts are made
FARTHEST = 3.0  # ranges of the series from it: a forecast beyond has run away
LARGEST_LOOP = 600  # states and values of a loop whose eigenvalues are computed


class SeriesForecast(NamedTuple):
    """Forecasts of K rows of each of B sequences.

    Parameters
    ----------
    median : array (batch, K)
        Median over replicas, in the file's unit.
    intervals : tuple of Intervals
        One for each level, with arrays (batch, K).
    coverage : tuple of Coverage
        Of these, measured on the later half of the test rows with intervals from the earlier half.
    replicas : int
        Number of replicas.
    steps : int
        Number of first rows that do not run away; K unless more than half of the replicas do.
    radius : float or None
        Largest modulus of the poles of the closed loop of a linear replica that runs away.
    """

    median: Array
    intervals: tuple[Intervals, ...]
    coverage: tuple[Coverage, ...]
    replicas: int
    steps: int
    radius: float | None = None


class Hindcasts(NamedTuple):
    """Forecasts of rows that are known, by all replicas: n from some origins and sequences, by lead.

    Parameters
    ----------
    forecasts : array (S, n, K)
        In the file's unit.
    values : array (n, K)
        What came; nan where the row is not one of the test part.
    rows : array (n, K)
        Numbers of the rows, from 0.
    """

    forecasts: Array
    values: Array
    rows: NDArray[np.int64]


def make_hindcasts(ensemble: Ensemble, history: SeriesHistory, leads: int) -> Hindcasts:
    """Forecast the rows of the test part, each from K of the rows before it, or from some of these if there are many.

    Parameters
    ----------
    ensemble : Ensemble
        Networks whose only input is the series itself.
    history : SeriesHistory
        The series, with its test part.
    leads : int
        Number K of rows after each origin.
    """
    first, end = history.test
    origins = np.arange(max(first - leads, 0), end - 1)
    origins = origins[:: -(-len(origins) // MOST_ORIGINS) or 1]
    rows = origins[:, None] + np.arange(1, leads + 1)
    is_test = (rows >= first) & (rows < end)
    values = history.values[np.minimum(rows, end - 1)]  # (O, K, batch)
    values = np.where(is_test[..., None], values, np.nan)
    batch = history.values.shape[1]
    if not len(origins):
        return Hindcasts(np.empty((ensemble.size, 0, leads)), np.empty((0, leads)), np.empty((0, leads), np.int64))
    forecasts = forecast_series(ensemble, history.values[:end], origins.tolist(), leads)
    return Hindcasts(
        forecasts.reshape(ensemble.size, -1, leads),
        np.moveaxis(values, 1, 2).reshape(-1, leads),
        np.repeat(rows, batch, axis=0),
    )


def forecast_rows(ensemble: Ensemble, values: Array, history: SeriesHistory, leads: int) -> SeriesForecast:
    """Forecast the rows that follow a series, by networks that read their own predictions.

    Parameters
    ----------
    ensemble : Ensemble
        Networks whose only input is the series itself.
    values : array (time, batch)
        The series up to the last row that is known, in the file's unit.
    history : SeriesHistory
        The series whose test part tells how large errors are.
    leads : int
        Number of rows.
    """
    forecasts = forecast_series(ensemble, values, [len(values) - 1], leads)[:, 0]  # (S, batch, leads)
    known = make_hindcasts(ensemble, history, leads)
    away = find_runaways(forecasts, values)
    lost = 2 * away.sum(axis=0) > ensemble.size  # (batch, leads)
    steps = int(np.argmax(lost.any(axis=0))) if lost.any() else leads
    radius = None
    if steps < leads and getattr(ensemble.model, "activation", "") == "linear":
        chosen = int(np.flatnonzero(away[:, :, steps].any(axis=1))[0])
        radius = safe_radius(ensemble.replica(chosen), values)
    return SeriesForecast(
        np.median(forecasts, axis=0),
        predict_intervals(forecasts, known.forecasts, known.values),
        measure_coverage(*known),
        ensemble.size,
        steps,
        radius,
    )


def safe_radius(ensemble: Ensemble, values: Array) -> float | None:
    """Return the spectral radius of a replica's closed loop; None where its matrix is too large."""
    size = int(np.prod(ensemble.zero_state(1).shape)) + ensemble.reach
    return loop_radius(ensemble, values) if size <= LARGEST_LOOP else None


def find_runaways(forecasts: Array, values: Array) -> NDArray[np.bool_]:
    """Return which forecasts `(S, batch, K)` are far outside the range of a series, or follow one that is."""
    low, high = values.min(axis=0), values.max(axis=0)
    reach = FARTHEST * (high - low)
    with np.errstate(invalid="ignore"):
        inside = (forecasts >= (low - reach)[:, None]) & (forecasts <= (high + reach)[:, None])
    away: NDArray[np.bool_] = np.logical_or.accumulate(~inside, axis=2)
    return away


def forecast_outputs(ensemble: Ensemble, inputs: Array, history: SeriesHistory, count: int) -> SeriesForecast:
    """Predict the targets that belong to the last rows of given inputs.

    Parameters
    ----------
    ensemble : Ensemble
        Networks that read other columns than the one they predict, or further ones.
    inputs : array (time, batch, features)
        The inputs up to the last row that is given, in the file's unit.
    history : SeriesHistory
        The series whose test part tells how large errors are.
    count : int
        Number of targets, of which the last belongs to the last row of the inputs.

    Returns
    -------
    SeriesForecast
        With one lead for each row: the error at a row is that of its number of rows ahead.
    """
    outputs = predict_rows(ensemble, inputs)
    picked = pick_outputs(outputs, ensemble, count)
    first, end = history.test
    tested = predict_rows(ensemble, history.inputs[:end])
    ahead = ensemble.steps  # outputs of a row
    rows = np.arange(max(first - ensemble.horizon, 0), max(end - ensemble.reach, 0))
    targets = np.stack([history.values[rows + ensemble.horizon + j] for j in range(ahead)], axis=2)  # (n, batch, steps)
    hindcasts = tested[:, rows].reshape(ensemble.size, -1, ahead)
    known = Hindcasts(
        hindcasts,
        targets.reshape(-1, ahead),
        np.repeat(rows[:, None] + ensemble.horizon + np.arange(ahead), history.values.shape[1], axis=0),
    )
    index = np.maximum(np.arange(count) - (count - ahead), 0)
    intervals = predict_intervals(picked, known.forecasts[..., index], known.values[..., index])
    return SeriesForecast(np.median(picked, axis=0), intervals, measure_coverage(*known), ensemble.size, count)


def pick_outputs(outputs: Array, ensemble: Ensemble, count: int) -> Array:
    """Return predictions `(S, batch, count)` of the last targets, of outputs `(S, time, batch, steps)`: the latest."""
    length, steps = outputs.shape[1], ensemble.steps
    back = np.arange(count)[::-1]  # from the last target
    index = np.maximum(steps - 1 - back, 0)
    rows = length - 1 - np.maximum(back - (steps - 1), 0)
    chosen = zip(rows.tolist(), index.tolist(), strict=True)
    return np.stack([outputs[:, row, :, k] for row, k in chosen], axis=2)
