"""Series with a solution, and one thread: as in `compute_baselines`, beneath which some of these tests begin."""

from __future__ import annotations

from collections.abc import Iterator

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


def series_splits(values: NDArray[np.float64], horizon: int = 1) -> Splits:
    """The splits of a user's series."""
    return linrnn.Series(values, horizon=horizon, name="made").splits()
