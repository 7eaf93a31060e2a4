"""Responses of a linear system in time and frequency."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.spectrum import Complex
from linrnn.data.sequences import Array


def impulse_response(system: StateSpace, steps: int) -> Array:
    """Return the impulse response M_0 = D, M_k = C A^(k-1) B; of a network C W^k U.

    The outputs of a system without affine part, from the state zero, are y_t = sum_k M_k x_{t-k}.

    Parameters
    ----------
    system : StateSpace
        With m inputs and p outputs.
    steps : int
        Number of steps.

    Returns
    -------
    array (steps, p, m)
        Response of each output to a 1 at step 0 in each input.
    """
    response, states = np.empty((steps, *system.D.shape)), system.B
    for k in range(steps):
        response[k] = system.C @ states if k else system.D
        states = system.A @ states if k else states
    return response


def step_response(system: StateSpace, steps: int) -> Array:
    """Return the response to a constant input of 1, the cumulative sum of the impulse response.

    Parameters
    ----------
    system : StateSpace
        With m inputs and p outputs.
    steps : int
        Number of steps.

    Returns
    -------
    array (steps, p, m)
        Approaches `dc_gain` where the system is stable.
    """
    return np.cumsum(impulse_response(system, steps), axis=0)


def frequency_response(system: StateSpace, frequencies: ArrayLike) -> Complex:
    """Return G(z) = D + C (z I - A)^-1 B at z = e^(2 pi i f); of a network C (I - W z^-1)^-1 U.

    Parameters
    ----------
    system : StateSpace
        With m inputs and p outputs.
    frequencies : array (F,)
        In cycles per step, 0 to 0.5.

    Returns
    -------
    array (F, p, m)
        Complex: its modulus is the gain, its angle the phase.

    Raises
    ------
    ValueError
        If a pole lies on the unit circle at one of the frequencies, where the response is infinite.
    """
    _, states = _resolvent(system, frequencies)
    response: Complex = system.D + system.C @ states
    return response


def group_delay(system: StateSpace, frequencies: ArrayLike) -> Array:
    """Return the delay of the envelope of a wave, minus the derivative of the phase by the angular frequency.

    Parameters
    ----------
    system : StateSpace
        With m inputs and p outputs.
    frequencies : array (F,)
        In cycles per step, 0 to 0.5.

    Returns
    -------
    array (F, p, m)
        In steps; nan where the response is 0.

    Raises
    ------
    ValueError
        If a pole lies on the unit circle at one of the frequencies.

    References
    ----------
    Oppenheim & Schafer (1989), Discrete-Time Signal Processing.
    """
    z, states = _resolvent(system, frequencies)
    response = system.D + system.C @ states
    slope = -1j * z * (system.C @ np.linalg.solve(z * np.eye(system.order) - system.A, states))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(response == 0, np.nan, -np.imag(slope / response))


def dc_gain(system: StateSpace) -> Array:
    """Return the response to a constant input of 1 in the steady state, G(1).

    Parameters
    ----------
    system : StateSpace
        With m inputs and p outputs.

    Returns
    -------
    array (p, m)
        The limit of `step_response` where the system is stable.

    Raises
    ------
    ValueError
        If the system has a pole at 1.
    """
    gain: Array = frequency_response(system, [0.0])[0].real
    return gain


def _resolvent(system: StateSpace, frequencies: ArrayLike) -> tuple[Complex, Complex]:
    """z `(F, 1, 1)`, and (z I - A)^-1 B, `(F, n, m)`."""
    z = np.exp(2j * np.pi * np.asarray(frequencies, dtype=np.float64))[:, None, None]
    try:
        return z, np.linalg.solve(z * np.eye(system.order) - system.A, system.B[None].astype(np.complex128))
    except np.linalg.LinAlgError:
        raise ValueError("a pole lies on the unit circle at one of the frequencies: the response is infinite") from None
