"""The truth of a process: the losses of its best predictor and of its best linear one, on a very long realization."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.data.sequences import Array
from linrnn.processes.process import NONLINEAR_KIND, Process

STEPS, PATHS = 2000, 100
LAGS = 100  # of the best linear predictor


class Truth(NamedTuple):
    """Mean squared errors over the variance: of the conditional mean, and of the best linear predictor."""

    oracle_loss: float
    linear_loss: float

    @property
    def gain(self) -> float:
        """How much lower the best predictor's error is, relative to that of the best linear one."""
        return 1 - self.oracle_loss / self.linear_loss


def measure_truth(process: Process, generator: np.random.Generator, steps: int = STEPS, paths: int = PATHS) -> Truth:
    """Measure the losses of the best predictor and of the best linear one.

    Parameters
    ----------
    process : Process
        The process, with its parameters.
    generator : numpy.random.Generator
        Source of the realizations.
    steps, paths : int
        Length and number of the realizations.

    Returns
    -------
    Truth
        For a process that is linear, or noise, the conditional mean is the best linear predictor by construction: both
        losses are the same, and the gain is 0.
    """
    y, mean, x = process.simulate(generator, steps, paths).forecast
    scale = y.var()
    oracle = float(np.square(y - mean).mean() / scale)
    if process.kind != NONLINEAR_KIND or x is None:
        return Truth(oracle, oracle)
    return Truth(oracle, best_linear_loss(x, y))


def best_linear_loss(x: Array, y: Array, lags: int = LAGS) -> float:
    """Return the loss of the best linear predictor of y_t from x_t, ..., x_{t - lags}, arrays `(time, paths)`.

    The Wiener-Hopf equations with the moments of the realization: a Toeplitz system (Wiener 1949; Levinson 1947).
    """
    from scipy.linalg import solve_toeplitz  # slow to import

    x, y = x - x.mean(), y - y.mean()
    counts = len(x) - np.arange(lags + 1)
    autocovariance, covariance = (
        np.array([(other[k:] * x[: len(x) - k]).mean() for k in range(lags + 1)]) * counts / len(x) for other in (x, y)
    )
    kernel = solve_toeplitz(autocovariance, covariance)
    predictions = sum(kernel[k] * x[lags - k : len(x) - k] for k in range(lags + 1))
    return float(np.square(y[lags:] - predictions).mean() / y.var())
