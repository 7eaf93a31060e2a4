"""Series with a solution, and one thread: as in `compute_baselines`, beneath which some of these tests begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter
from threadpoolctl import threadpool_limits

import linrnn
from linrnn.data.sequences import Splits


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More threads would wait for each other."""
    with threadpool_limits(1, "blas"):
        yield


def arma_series(rows: int, ar: list[float], ma: list[float], seed: int = 0) -> NDArray[np.float64]:
    """x with ar(z) x_t = ma(z) e_t, e white and Gaussian of variance 1, after 500 steps."""
    e = np.random.default_rng(seed).standard_normal(rows + 500)
    return np.asarray(lfilter(ma, ar, e)[500:])


def series_splits(values: NDArray[np.float64], horizon: int = 1, period: int = 0) -> Splits:
    """The splits of a user's series."""
    return linrnn.Series(values, horizon=horizon, name="made", period=period).splits()


def seasonal_series(rows: int, heights: Mapping[int, float], seed: int = 0) -> NDArray[np.float64]:
    """White noise of variance 1, and for each period a season of random values of that standard deviation."""
    rng = np.random.default_rng(seed)
    seasons = [height * np.resize(rng.standard_normal(period), rows) for period, height in heights.items()]
    return np.asarray(np.sum(seasons, axis=0) + rng.standard_normal(rows))
