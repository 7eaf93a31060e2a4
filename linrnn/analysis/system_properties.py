"""What a linear system does, in one value: poles, responses, singular values, growth and memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np

from linrnn.analysis.hankel import UnstableSystemWarning, hankel_singular_values, minimal_order
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.memory import memory_capacity
from linrnn.analysis.responses import dc_gain, frequency_response, group_delay, impulse_response, step_response
from linrnn.analysis.spectrum import (
    Complex,
    henrici_departure,
    pole_frequencies,
    poles,
    time_constants,
    transient_growth,
)
from linrnn.data.sequences import Array

T = TypeVar("T")
FREQUENCIES = np.linspace(0, 0.5, 101)  # cycles per step
NOISE = 0.01  # variance of the noise of each state that limits memory, for white inputs of variance 1


class SystemProperties(NamedTuple):
    """Properties of a linear system with n states, m inputs and p outputs; nan where one does not exist.

    Those of the Gramians (Hankel singular values, minimal order, memory) are over 100 steps where the system is
    unstable.

    Parameters
    ----------
    poles : array (n,)
        Complex, the largest modulus first.
    time_constants, pole_frequencies : array (n,)
        Steps in which the contribution of each pole falls to 1/e, and its frequency in cycles per step.
    impulse_response, step_response : array (K, p, m)
        Responses at the steps 0 to K - 1.
    frequencies : array (F,)
        From 0 to 0.5 cycles per step.
    frequency_response, group_delay : array (F, p, m)
        Complex response, and delay of the envelope in steps, at these frequencies.
    dc_gain : array (p, m)
        Response to a constant input of 1 in the steady state.
    hankel_singular_values : array (n,)
        How much each balanced state carries from the past to the future, the largest first.
    minimal_order : int
        Smallest number of states with the same impulse response; -1 where it is too large for float64.
    is_stable : bool
        Whether the spectral radius is below 1.
    henrici_departure : float
        Departure of A from a normal matrix.
    growth, growth_step : float, int
        Largest norm of a power of A, and the power.
    memory_capacity : float
        Delays of a white input that can be read from the state with noise of variance 0.01.
    """

    poles: Complex
    time_constants: Array
    pole_frequencies: Array
    impulse_response: Array
    step_response: Array
    frequencies: Array
    frequency_response: Complex
    group_delay: Array
    dc_gain: Array
    hankel_singular_values: Array
    minimal_order: int
    is_stable: bool
    henrici_departure: float
    growth: float
    growth_step: int
    memory_capacity: float

    @property
    def spectral_radius(self) -> float:
        """Largest modulus of a pole."""
        return float(np.abs(self.poles).max(initial=0.0))


def describe_system(system: StateSpace, steps: int = 100) -> SystemProperties:
    """Return the properties of a linear system.

    Parameters
    ----------
    system : StateSpace
        With n states.
    steps : int
        Length of the responses in time, and largest power of A for its growth.

    Returns
    -------
    SystemProperties
    """
    gap = np.full((len(FREQUENCIES), *system.D.shape), np.nan)
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", UnstableSystemWarning)
        growth = transient_growth(system, steps)
        return SystemProperties(
            poles(system),
            time_constants(system),
            pole_frequencies(system),
            impulse_response(system, steps),
            step_response(system, steps),
            FREQUENCIES,
            substitute(lambda: frequency_response(system, FREQUENCIES), gap.astype(complex)),
            substitute(lambda: group_delay(system, FREQUENCIES), gap),
            substitute(lambda: dc_gain(system), gap[0]),
            substitute(lambda: hankel_singular_values(system), np.full(system.order, np.nan)),
            substitute(lambda: minimal_order(system), -1),
            system.is_stable,
            henrici_departure(system),
            growth.norm,
            growth.step,
            substitute(lambda: memory_capacity(system, NOISE), np.nan),
        )


def substitute(compute: Callable[[], T], gap: T) -> T:
    """Return what a function computes, or `gap` where that does not exist."""
    try:
        return compute()
    except ValueError:
        return gap
