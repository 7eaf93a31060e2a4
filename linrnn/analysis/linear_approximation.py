"""The best linear approximation of a network on given inputs (Pintelon & Schoukens 2012)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from linrnn.analysis.distortion import deviation_response
from linrnn.baseline.baselines import RESOLUTION, limit_blas
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import nn

MOST_COEFFICIENTS = 128  # of a kernel, for each output
MOST_STEPS = 6000  # of the inputs, the first
EQUATIONS = 6  # for each coefficient, at least
LEAST_SEGMENTS = 4
RANK = 1e-9  # relative singular value of the inputs that counts


class LinearApproximation(NamedTuple):
    """The system y_t = rest_t + shift + sum_k kernel_k (x_{t-k} - center) that is closest to a network's output.

    The rest is the output under the mean input alone.

    Parameters
    ----------
    kernel : array (N, O, I)
        Impulse response of the system.
    center : array (I,)
        The mean input.
    shift : array (O,)
        What the inputs move the mean output by: 0 for a linear network.
    nonlinear_share : float
        Share of the variance of the output less its rest that the kernel does not explain: 1 less the adjusted
        coefficient of determination; nan if the output is not finite or does not depend on the inputs.
    """

    kernel: Array
    center: Array
    shift: Array
    nonlinear_share: float

    @property
    def linear_share(self) -> float:
        """Share of the output's variance that the kernel explains."""
        return 1 - self.nonlinear_share

    @property
    def detection_ratio(self) -> float:
        """The share that is not explained, in units of the threshold."""
        return self.nonlinear_share / RESOLUTION

    @property
    def is_nonlinear(self) -> bool:
        """Whether more is not explained than rounding to single precision causes in the loss of a trained network."""
        return self.nonlinear_share > RESOLUTION


def best_linear_approximation(network: nn.Module, inputs: Array) -> LinearApproximation:
    """Return the linear system that is closest to a network on given inputs, and the share that it explains.

    The inputs are cut into segments of N steps, each from the zero state. There the response of a linear network is
    sum_k M_k (x_{t-k} - center) with k < N, exactly, stable or not, however long its memory: what least squares on N
    lags leave is nonlinear. The network is free of noise; so the threshold of detection is the loss that rounding to
    single precision causes, 1e-10.

    Parameters
    ----------
    network : torch.nn.Module
        Any module that maps inputs `(T, B, I)` to outputs `(T, B, O)`, or to outputs and a state. Its weights are used
        in float64.
    inputs : array (T, B, I)
        Input sequences: the task's own.

    Returns
    -------
    LinearApproximation
        The kernel `(N, O, I)`, and the share of the output that it does not explain.

    Raises
    ------
    ValueError
        There are fewer than 24 steps for each input feature, or fewer than 4 segments.

    References
    ----------
    Pintelon & Schoukens (2012), System identification, chapter 3: the best linear approximation, in the sense of least
    squares, of a nonlinear system for a class of inputs, and the level of its nonlinear distortions.
    """
    from scipy.linalg import lstsq  # slow to import

    center = inputs.reshape(-1, inputs.shape[2]).mean(axis=0)
    segments = cut_segments(inputs - center)
    outputs = deviation_response(network, segments, center)
    design, targets, length = lag_windows(segments), outputs.reshape(-1, outputs.shape[2]), len(segments)
    if not np.isfinite(targets).all():
        gaps = np.full((length, outputs.shape[2], len(center)), np.nan)
        return LinearApproximation(gaps, center, gaps[0, :, 0], np.nan)
    with limit_blas():
        coefficients, _, rank, _ = lstsq(design, targets, cond=RANK)
        errors = targets - design @ coefficients
    count = len(targets)
    variances = [
        np.square(errors).sum() / (count - rank),
        np.square(targets - targets.mean(axis=0)).sum() / (count - 1),
    ]
    kernel = coefficients[1:].reshape(length, len(center), -1).swapaxes(1, 2)
    share = float(variances[0] / variances[1]) if variances[1] > 0 else np.nan
    return LinearApproximation(kernel, center, coefficients[0], share)


def cut_segments(deviations: Array) -> Array:
    """Return inputs `(T, B, I)` as segments `(N, M, I)`, N as long as there are EQUATIONS for each coefficient."""
    steps, batch, features = deviations.shape
    length = min(MOST_COEFFICIENTS // features, steps, steps * batch // (EQUATIONS * features))
    count = steps // max(length, 1)
    if length < LEAST_SEGMENTS or count * batch < LEAST_SEGMENTS:
        raise ValueError(f"{steps * batch} steps of {features} input features are too few for a linear approximation")
    most = max(MOST_STEPS // length, LEAST_SEGMENTS)
    parts = deviations[: count * length].reshape(count, length, batch, features)
    return parts.transpose(1, 0, 2, 3).reshape(length, count * batch, features)[:, :most]


def lag_windows(segments: Array) -> Array:
    """Return 1, x_t, x_{t-1}, ... of each step of segments `(N, M, I)`, zero before the first: `(N M, 1 + N I)`."""
    length, count, features = segments.shape
    padded = np.concatenate([np.zeros_like(segments[1:]), segments])
    windows = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0)[..., ::-1]  # (N, M, I, N)
    lags = np.ascontiguousarray(windows.swapaxes(2, 3)).reshape(length * count, length * features)
    return np.concatenate([np.ones((len(lags), 1)), lags], axis=1)
