"""The next observation of a noisy oscillator, a linear system with process and observation noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from linrnn.config.settings import Reals, setting
from linrnn.data.sequences import Array
from linrnn.tasks.task import ForecastTask

BURN_IN = 500  # steps until the start is forgotten


@dataclass(frozen=True)
class Oscillator(ForecastTask):
    """s_t = r R(angle) s_{t-1} + w_t, x_t = first of s_t + v_t; target x_{t+horizon}.

    R is the rotation of the plane, w of covariance Q I, v of variance V. All is Gaussian: no predictor does better
    than the Kalman filter (Kalman 1960), whose error is the solution of a discrete Riccati equation.

    Example (before standardizing): without noise, inputs 1, 0.908 -> targets 0.908, 0.745 (0.95^t cos 0.3 t).
    """

    name: ClassVar[str] = "oscillator"
    defaults: ClassVar[Mapping[str, str]] = {
        "training.epochs": "300",  # enough
        "training.window": "100",  # without, 1 to 7 % of the best linear networks diverge
    }

    angle: float = setting(0.3, Reals(0.0, 3.141592653589793), "radians a step")
    radius: float = setting(0.95, Reals(0.0, 0.999), "r, factor of the amplitude per step")
    process_noise: float = setting(0.1, Reals(1e-9, 1e6), "Q, variance of each part of w")
    observation_noise: float = setting(0.5, Reals(1e-9, 1e6), "V, variance of v")

    @property
    def transition(self) -> Array:
        """r R(angle), `(2, 2)`."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return self.radius * np.array([[cos, -sin], [sin, cos]])

    def series(self, generator: np.random.Generator, steps: int) -> Array:
        from scipy.signal import lfilter  # slow to import

        kicks = generator.normal(0, self.process_noise**0.5, (BURN_IN + steps, self.sequences, 2))
        turning = self.radius * np.exp(1j * self.angle)
        state = lfilter([1], [1, -turning], kicks[:, :, 0] + 1j * kicks[:, :, 1], axis=0)[BURN_IN:]
        observations: Array = state.real + generator.normal(0, self.observation_noise**0.5, state.shape)
        return observations

    @property
    def linear_bound(self) -> float:
        from scipy.linalg import solve_discrete_are, solve_discrete_lyapunov

        A, C = self.transition, np.array([[1.0, 0.0]])
        Q, V = self.process_noise * np.eye(2), self.observation_noise
        error = solve_discrete_are(A.T, C.T, Q, np.array([[V]]))  # covariance of s_{t+1} given x up to t
        for _ in range(self.horizon - 1):
            error = A @ error @ A.T + Q
        return float((error[0, 0] + V) / (solve_discrete_lyapunov(A, Q)[0, 0] + V))

    @property
    def noise_bound(self) -> float:
        return self.linear_bound
