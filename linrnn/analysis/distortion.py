"""How far a network, as a black box, is from linear: superposition index and harmonic distortion of a sine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from linrnn.analysis.network_response import respond
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from torch import nn

STEADY = 1e-12  # change of a steady response from one period to the next, relative to its norm
PRECISION = 0.05  # of a distortion: what is left of a transient, if it decays as in the last periods


def superposition_index(
    network: nn.Module,
    first: Array,
    second: Array,
    amplitudes: Sequence[float] = (1.0,),
    center: ArrayLike = 0.0,
) -> Array:
    """Return how far a network violates superposition, by amplitude of its inputs; 0 for a linear one.

    `|F(a x1 + a x2) - F(a x1) - F(a x2)| / |F(a x1 + a x2)|`, where F(x) = f(center + x) - f(center) is the response
    of the network from its zero state, in float64.

    Parameters
    ----------
    network : torch.nn.Module
        Any module that maps inputs `(T, B, I)` to outputs `(T, B, O)`, or to outputs and a state.
    first, second : array (T, B, I)
        The inputs x1 and x2, as deviations from the center.
    amplitudes : sequence of float, default (1.0,)
        Factors a of both inputs.
    center : float or array (I,), default 0
        Input about which the network is examined, for each feature: the mean of its inputs, for example.

    Returns
    -------
    array (len(amplitudes),)
        The index for each amplitude, with Frobenius norms over steps, sequences and outputs; nan where a response is
        zero or not finite.

    References
    ----------
    Superposition defines linearity (Kailath 1980); affine systems fulfil it less their response to the center.
    """
    batch = first.shape[1]
    scaled = [amplitude * each for amplitude in amplitudes for each in (first, second, first + second)]
    responses = deviation_response(network, np.concatenate(scaled, axis=1), center)
    one, two, both = np.moveaxis(responses.reshape(len(first), len(amplitudes), 3, batch, -1), 2, 0)
    with np.errstate(all="ignore"):
        error, size = (np.sqrt(np.square(each).sum(axis=(0, 2, 3))) for each in (both - one - two, both))
        return np.where(np.isfinite(error / size), error / size, np.nan)


def harmonic_distortion(
    network: nn.Module,
    period: int,
    amplitudes: Sequence[float] = (1.0,),
    center: ArrayLike = (0.0,),
    feature: int = 0,
    settling: int = 50,
) -> Array:
    """Return the total harmonic distortion of a network's steady response to a sine, by amplitude; 0 for a linear one.

    The root of the power at the multiples of the frequency over that at the frequency itself, from one period.

    Parameters
    ----------
    network : torch.nn.Module
        Any module that maps inputs `(T, B, I)` to outputs `(T, B, O)`, or to outputs and a state.
    period : int
        Steps of one period, 3 at least.
    amplitudes : sequence of float, default (1.0,)
        Amplitudes of the sine.
    center : array (I,), default (0.0,)
        Constant value of each input feature that the sine is added to.
    feature : int, default 0
        The input feature that the sine is added to.
    settling : int, default 50
        Periods before the one that counts, in which the response becomes steady; 2 at least.

    Returns
    -------
    array (len(amplitudes),)
        Distortion for each amplitude, with powers summed over outputs; nan where the response is zero, not finite, or
        not steady: what is left of the transient exceeds a twentieth of the distortion.

    References
    ----------
    Pintelon & Schoukens (2012), System identification: harmonics of a periodic response show nonlinearity.
    """
    constant = np.asarray(center, dtype=float)
    inputs = np.zeros((period * (settling + 1), len(amplitudes), len(constant))) + constant
    wave = np.sin(2 * np.pi * (np.arange(len(inputs)) % period) / period)
    inputs[:, :, feature] += wave[:, None] * np.asarray(amplitudes)
    with np.errstate(all="ignore"):
        outputs = respond(network, inputs).reshape(settling + 1, period, len(amplitudes), -1)
        power = np.square(np.abs(np.fft.rfft(outputs[-1], axis=0))).sum(axis=2)
        distortion = np.sqrt(power[2:].sum(axis=0) / power[1])
        size = np.sqrt(np.square(outputs[-1] - outputs[-1].mean(axis=0)).sum(axis=(0, 2)))
        change, earlier = np.sqrt(np.square(np.diff(outputs[-3:], axis=0)).sum(axis=(1, 3)))[::-1] / size
        decay = change / earlier
        is_steady = (change <= STEADY) | ((decay < 1) & (change / (1 - decay) <= PRECISION * distortion))
        return np.where(np.isfinite(distortion) & is_steady, distortion, np.nan)


def deviation_response(network: nn.Module, deviations: Array, center: ArrayLike) -> Array:
    """Return F(x) = f(center + x) - f(center), `(T, B, O)`, for deviations x `(T, B, I)`."""
    rest = np.zeros_like(deviations[:, :1])
    outputs = respond(network, np.concatenate([deviations, rest], axis=1) + np.asarray(center))
    return outputs[:, :-1] - outputs[:, -1:]
