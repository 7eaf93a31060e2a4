"""The test of equal accuracy of two predictors (Diebold & Mariano 1995).

Equal bit for bit to statsmodels' `diebold_mariano_test`, which the tests compare; to import it takes two seconds.
"""

from __future__ import annotations

import math

import numpy as np

from linrnn.data.sequences import Array


def equal_accuracy_p(differences: Array, horizon: int = 1, lags: int | None = None) -> float:
    """Return the two-sided p value of a mean of 0.

    Parameters
    ----------
    differences : array (T,)
        Loss of one predictor minus that of the other, by step.
    horizon : int
        Steps ahead; forecasts that overlap have correlated errors.
    lags : int, optional
        Lags with a correlation; default: those of the horizon, at least the cube root of the steps.

    References
    ----------
    Small samples: Harvey, Leybourne & Newbold 1997. Variance of the mean: Newey & West 1987.
    """
    from scipy.special import stdtr  # slow to import

    steps = len(differences)
    lags = max(horizon - 1, math.ceil(steps ** (1 / 3))) if lags is None else lags
    adjustment = np.sqrt((steps + 1 - 2 * horizon + horizon * (horizon - 1) / steps) / steps)
    return float(2 * stdtr(steps - 1, -np.abs(adjustment * mean_t(differences, lags))))


def mean_t(values: Array, lags: int) -> float:
    """Return the t statistic of a mean, as that of a regression on a constant, with correlation up to a lag."""
    inverse = np.linalg.pinv(np.ones((len(values), 1)))  # (1, T): the order of sums is that of a regression
    (mean,) = inverse @ values
    residuals = (values - mean)[:, None]
    spread = residuals.T @ residuals
    for lag in range(1, lags + 1):
        product = residuals[lag:].T @ residuals[:-lag]
        spread += (1 - lag / (lags + 1)) * (product + product.T)
    unit = inverse @ inverse.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(mean / np.sqrt(unit @ spread @ unit.T).item())
