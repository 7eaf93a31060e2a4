"""Autoregressions whose number of lags an information criterion chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linrnn.baseline.candidate import Predictor, Score, score
from linrnn.baseline.lag_regression import solve
from linrnn.baseline.lags import lag_matrix
from linrnn.baseline.seasonal_arma import ArmaModel, forecast_targets, own_series
from linrnn.data.sequences import Array, Sequences, Splits

LARGEST_ORDER = 64
VALUES = 8  # of the series for each coefficient, at least


@dataclass(frozen=True)
class Autoregression:
    """x_t = c + sum_i phi_i x_{t-i} + e_t by least squares; forecasts of more steps from those of fewer.

    Parameters
    ----------
    order : int
        Number of lags.
    horizon : int
        Steps from an input to the first of its targets.
    """

    order: int
    horizon: int = 1

    @property
    def name(self) -> str:
        """The predictor in words."""
        return f"autoregression of order {self.order}"

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return 1 + self.order

    def fit(self, parts: Sequence[Sequences]) -> Predictor:
        """Fit the coefficients."""
        pairs = [regression_pairs(each, self.horizon, self.order) for each in parts]
        X, y = (np.concatenate(each) for each in zip(*pairs, strict=True))
        kernel = solve(X, y)
        model = ArmaModel(kernel[0], np.append(1, -kernel[1:]), np.ones(1))
        return lambda sequences: forecast_targets(model, sequences, self.horizon)


def regression_pairs(part: Sequences, horizon: int, order: int) -> tuple[Array, Array]:
    """Return a constant and the lags `(N, 1 + order)`, and the values `(N,)`, of the steps that have all lags."""
    x, first = own_series(part, horizon)
    first = max(first, order)
    X = lag_matrix(x[:-1, :, None], order - 1, first - 1) if order else np.empty((x[first:].size, 0))
    return np.concatenate([np.ones((len(X), 1)), X], axis=1), x[first:].ravel()


def search_autoregression(data: Splits, horizon: int) -> Score:
    """Return the autoregression of the lowest AICc on the training split (Hurvich & Tsai 1989).

    N ln(RSS / N) + 2 k + 2 k (k + 1) / (N - k - 1) for k coefficients, all on the same N values.
    """
    steps, batch = data.train.inputs.shape[:2]
    largest = max(min(LARGEST_ORDER, (steps - data.train.first) * batch // VALUES - 2, steps // 2), 0)
    X, y = regression_pairs(data.train, horizon, largest)
    Q, _ = np.linalg.qr(X)
    explained = np.cumsum(np.square(Q.T @ y))
    N, k = len(y), np.arange(1, largest + 2)
    rss = np.maximum(y @ y - explained, np.finfo(float).eps * (y @ y))
    aicc = N * np.log(rss / N) + 2 * k + 2 * k * (k + 1) / (N - k - 1)
    return score(Autoregression(int(np.argmin(aicc)), horizon), data)
