"""Responses against scipy.signal and the FFT."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.signal import dfreqresp, dimpulse, dstep

from linrnn.analysis import StateSpace, dc_gain, frequency_response, group_delay, impulse_response, step_response
from tests.linrnn.analysis.systems import linear_systems


@settings(max_examples=30, deadline=None)
@given(linear_systems(largest=1.05))
def test_impulse_and_step_response_are_those_of_scipy(system: StateSpace) -> None:
    form = (system.A, system.B, system.C, system.D, 1)
    for response, scipys in ((impulse_response, dimpulse), (step_response, dstep)):
        expected = np.stack(scipys(form, n=20)[1], axis=2)  # one array (steps, p) for each input
        assert np.allclose(response(system, 20), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(linear_systems(largest=0.9))
def test_the_frequency_response_is_that_of_scipy_and_the_fft(system: StateSpace) -> None:
    frequencies = np.fft.rfftfreq(1024)
    response = frequency_response(system, frequencies)
    transform = np.fft.rfft(impulse_response(system, 1024), axis=0)
    scale = np.abs(transform).max()
    assert np.allclose(response, transform, rtol=0, atol=1e-10 * scale)
    one = system.B[:, :1], system.C[:1], system.D[:1, :1]
    _, expected = dfreqresp((system.A, *one, 1), w=2 * np.pi * frequencies[::50])
    assert np.allclose(response[::50, 0, 0], expected, rtol=0, atol=1e-10 * scale)
    assert np.allclose(dc_gain(system), impulse_response(system, 1024).sum(axis=0), rtol=0, atol=1e-10 * scale)


def test_a_chain_of_delays_delays() -> None:
    chain = StateSpace(np.eye(5, k=-1), np.eye(5)[:, :1], np.eye(5)[4:], np.zeros((1, 1)))
    assert np.array_equal(impulse_response(chain, 8)[:, 0, 0], np.eye(8)[5])
    assert np.allclose(group_delay(chain, [0.0, 0.1, 0.3])[:, 0, 0], 5, rtol=1e-10)
    assert np.isnan(group_delay(StateSpace(chain.A, 0 * chain.B, chain.C, chain.D), [0.1])).all()


@settings(max_examples=20, deadline=None)
@given(linear_systems(largest=0.9))
def test_the_group_delay_is_the_slope_of_the_phase(system: StateSpace) -> None:
    f, step = np.array([0.07, 0.21, 0.4]), 1e-5
    before, after = frequency_response(system, f - step), frequency_response(system, f + step)
    slope = np.angle(after / before) / (4 * np.pi * step)
    delay = group_delay(system, f)
    assert np.allclose(delay, -slope, rtol=1e-3, atol=1e-3 * (1 + np.abs(delay).max()))


def test_a_pole_on_the_circle_has_no_response() -> None:
    integrator = StateSpace(np.eye(1), np.eye(1), np.eye(1), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="a pole lies on the unit circle"):
        dc_gain(integrator)
    assert np.isfinite(frequency_response(integrator, [0.2])).all()
