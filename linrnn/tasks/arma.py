"""The next value of an autoregressive moving average, a linear process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.data.sequences import Array
from linrnn.tasks.task import ForecastTask

AR, MA = (1.0, -1.5, 0.75), (1.0, 0.5)  # of x and of e, in powers of the delay
BURN_IN = 500  # steps until the start is forgotten: a pole's modulus is 0.87


@dataclass(frozen=True)
class Arma(ForecastTask):
    """x_t = 1.5 x_{t-1} - 0.75 x_{t-2} + e_t + 0.5 e_{t-1}, e white, Gaussian, of variance 1; target x_{t+horizon}.

    No predictor does better than the linear one that knows e: of x_{t+h} = sum_k psi_k e_{t+h-k} the terms k < h are
    unknown (Box & Jenkins 1970); for the next step, the variance of e.

    Example (before standardizing): after x = 2, 3 and e = 0, 1 the mean of the next target is 3.5.
    """

    name: ClassVar[str] = "arma"
    defaults: ClassVar[Mapping[str, str]] = {
        "training.epochs": "300",  # enough
        "training.window": "100",  # without, 1 to 7 % of the best linear networks diverge
    }

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        from scipy.signal import lfilter  # slow to import

        noise = generator.standard_normal((BURN_IN + steps, self.sequences))
        series: Array = lfilter(MA, AR, noise, axis=0)[BURN_IN:]
        return series

    @property
    def linear_bound(self) -> float:
        from scipy.signal import lfilter

        psi = lfilter(MA, AR, np.eye(1, BURN_IN)[0])
        return float((psi[: self.horizon] ** 2).sum() / (psi**2).sum())

    @property
    def noise_bound(self) -> float:
        return self.linear_bound
