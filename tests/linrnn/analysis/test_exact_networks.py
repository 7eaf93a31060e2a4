"""Networks that are constructed: they solve their tasks, whatever the sequences."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from linrnn.analysis.exact_networks import delay_line, evaluate_parameters, oscillator
from linrnn.data.sequences import Sequences
from linrnn.tasks.delay import Delay
from linrnn.tasks.xor import Xor


@given(st.floats(0.05, 3.0), st.floats(0, 6.3), st.floats(0.1, 10))
def test_an_oscillator_predicts_every_sine_of_its_frequency(frequency: float, phase: float, amplitude: float) -> None:
    series = amplitude * np.sin(frequency * np.arange(80) + phase)[:, None, None]
    sequences = Sequences(series[:-1], series[1:], first=1)
    assert evaluate_parameters(oscillator(frequency), sequences) < 1e-20


@given(st.integers(0, 30))
def test_a_delay_line_solves_its_delay_and_no_other(delay: int) -> None:
    sequences = Delay(delay=delay, length=100).splits().test
    assert evaluate_parameters(delay_line(delay), sequences) == 0
    assert evaluate_parameters(delay_line(delay + 1), sequences) > 1


def test_a_delay_line_does_not_solve_products_of_bits() -> None:
    assert evaluate_parameters(delay_line(2), Xor().splits().test) > 1
