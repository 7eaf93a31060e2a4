"""Tests of the residuals of a predictor: whether there is anything left to predict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linrnn.analysis.auxiliary_regression import column_count, most_terms, product_terms, regress_residuals
from linrnn.analysis.linear_residuals import dependence_length
from linrnn.analysis.nonlinearity_tests import DEPENDENCE, MEAN, NonlinearityTest, NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.baseline.baselines import limit_blas
from linrnn.baseline.lags import lag_matrix
from linrnn.data.sequences import Array, Sequences

LAGS = 10  # autocorrelations, at most
LEAST_TARGETS = 20  # of predictions
STEPS = 5  # residuals of a sequence for each autocorrelation, at least


def check_residuals(residuals: Array, inputs: Array, horizon: int = 0, label: str = "residuals") -> NonlinearityTests:
    """Test whether residuals of a predictor, such as a trained network, can be predicted.

    Parameters
    ----------
    residuals : array (T', B)
        Targets less predictions of the last T' steps, which count.
    inputs : array (T, B, features)
        Inputs of all steps; inputs before them are 0.
    horizon : int
        Steps from an input to a target that is its own later value; 0 where the targets are no later inputs.
    label : str
        What the residuals are of.

    Returns
    -------
    NonlinearityTests
        Autocorrelation of the residuals, correlation with lagged inputs (what a linear predictor would add) and with
        their products (what a nonlinear one would add); `effect` is the larger adjusted R^2 of the two regressions.

    References
    ----------
    Autocorrelation: Ljung & Box 1978; correlation with inputs and products: Billings & Voon 1986, here as regressions
    whose p is that of a wild bootstrap.
    """
    steps, batch = residuals.shape
    block = dependence_length(steps, batch, horizon)
    most = most_terms(steps, batch, block)
    count = max(most // inputs.shape[2], 1)
    X = lag_matrix(inputs, min(count, len(inputs)) - 1, len(inputs) - steps)
    ones = np.ones((len(X), 1))
    columns = column_count((2, 3), most)
    with limit_blas():
        linear = regress_residuals(residuals, ones, X, block)
        design = np.concatenate([ones, X], axis=1)
        products = regress_residuals(residuals, design, product_terms(X[:, :columns], (2, 3)), block)
    tests = [
        NonlinearityTest(name, f"{words} do not predict the residuals", result.statistic, result.p, MEAN, result.rows)
        for name, words, result in (
            ("lagged inputs", "lagged inputs", linear),
            ("products of lagged inputs", "squares, cubes and products of lagged inputs", products),
        )
    ]
    return NonlinearityTests(
        label, (*run_ljung_box(residuals, horizon), *tests), max(linear.effect, products.effect, 0.0)
    )


def check_predictions(predictions: Predictions, sequences: Sequences, horizon: int) -> NonlinearityTests | None:
    """Test the residuals of predictions of the first output of the test split; None for classes and for few targets.

    The residuals are those of whole sequences, or of the first part of one.
    """
    if predictions.classes or len(predictions.targets) < LEAST_TARGETS:
        return None
    steps = min(len(sequences.targets) - sequences.first, len(predictions.targets))
    batch = len(predictions.targets) // steps
    residuals = (predictions.targets - predictions.outputs)[: steps * batch, 0].reshape(batch, steps).T
    inputs = sequences.inputs[: sequences.first + steps, :batch]
    return check_residuals(residuals, inputs, horizon, "residuals of the median replica")


def run_ljung_box(residuals: Array, horizon: int) -> Sequence[NonlinearityTest]:
    """Test the autocorrelation of residuals `(T', B)`; of a forecast h steps ahead, of every h-th residual.

    The statistics of the sequences are added, and with them their degrees of freedom.
    """
    from scipy.special import chdtrc  # scipy.stats and statsmodels would cost each worker two seconds

    series = residuals[:: max(horizon, 1)].T
    series = series[series.std(axis=1) > 0]
    lags = min(LAGS, series.shape[1] // STEPS)
    if not lags or not len(series):
        return []
    statistic = ljung_box_statistics(series, lags).sum()
    p, subject = float(chdtrc(lags * len(series), statistic)), MEAN if horizon else DEPENDENCE
    null = f"the residuals are uncorrelated up to lag {lags * max(horizon, 1)}"
    return [NonlinearityTest("autocorrelation", null, float(statistic), p, subject, series.size)]


def ljung_box_statistics(series: Array, lags: int) -> Array:
    """Statistics n (n + 2) sum_k r_k^2 / (n - k) over lags k of series `(N, n)` (Ljung & Box 1978), `(N,)`."""
    n, centered = series.shape[1], series - series.mean(axis=1, keepdims=True)
    products = [(centered[:, k:] * centered[:, : n - k]).sum(axis=1) for k in range(lags + 1)]
    correlations = np.stack(products[1:], axis=1) / products[0][:, None]
    statistics: Array = n * (n + 2) * (np.square(correlations) / (n - np.arange(1, lags + 1))).sum(axis=1)
    return statistics
