"""The cell of an LSTM (Hochreiter & Schmidhuber 1997) with forget gates: a step forward and backward.

With gates i, f, g, o of H columns each, side by side: c = f c' + i g, h = o tanh c, as torch.nn.LSTM. In a matrix of
their own lie the activated gates, and behind these, from the first column of a vector on, tanh c. Vectors reach beyond
their gate: what they write there is written again, or is padding. sigmoid z = (1 + tanh(z / 2)) / 2.
"""

from __future__ import annotations

from typing import Any

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.products import PADDING, WORD
from linrnn.kernels.vectors import VectorCode, vector_kernel

GATE_LANES, STATE_LANES = 2 * PADDING, PADDING  # several vectors at once: the chains of their operations overlap


def most_columns(hidden: int, lanes: int) -> int:
    """Columns of activated gates that a step writes at most, a multiple of PADDING numbers."""
    units = hidden * lanes
    gates, states = -(-4 * units // GATE_LANES) * GATE_LANES, 3 * units + -(-units // STATE_LANES) * STATE_LANES
    return -(-max(gates, states) // max(PADDING, lanes)) * max(PADDING, lanes) // lanes


def generate_step(
    code: VectorCode, h: Any, gates: Any, scales: Any, c: Any, earlier: Any, active: Any, tanh_c: Any, units: Any
) -> None:
    """Activated gates s tanh(s z) + 1 - s, with a scale s of 1/2 for a sigmoid and of 1 for tanh; then the states."""
    add, builder = code.builder.add, code.builder

    def activate(column: Any) -> None:
        z, scale = code.columns((gates, scales), column, GATE_LANES)
        code.store(scale * (scale * z).tanh() + (1.0 - scale), add(active, column))

    def combine(column: Any) -> None:
        i, f, g, o, before = code.columns((*gate_starts(code, active, units), earlier), column, STATE_LANES)
        state = f * before + i * g
        squashed = state.tanh()
        for value, start in ((state, c), (squashed, tanh_c), (o * squashed, h)):
            code.store(value, add(start, column))

    code.repeat(builder.mul(units, WORD(4)), GATE_LANES, activate)
    code.repeat(units, STATE_LANES, combine)


def generate_step_back(
    code: VectorCode,
    earlier_carry: Any,
    carry: Any,
    gates: Any,
    dh: Any,
    earlier: Any,
    active: Any,
    tanh_c: Any,
    units: Any,
) -> None:
    """Slopes of the gates before their activation, in their place, and dL/dc of the step before.

    The last vector of a gate reaches into the next gate, whose first vector is written later.
    """
    add = code.builder.add

    def combine(column: Any) -> None:
        i, f, g, o = code.columns(gate_starts(code, active, units), column, STATE_LANES)
        before, state, squashed, slope = code.columns((earlier, carry, tanh_c, dh), column, STATE_LANES)
        dc = state + slope * o * (1.0 - squashed * squashed)
        do = slope * squashed * o * (1.0 - o)
        for value, start in zip(
            (dc * g * i * (1.0 - i), dc * before * f * (1.0 - f), dc * i * (1.0 - g * g), do),
            gate_starts(code, gates, units),
            strict=True,
        ):
            code.store(value, add(start, column))
        code.store(dc * f, add(earlier_carry, column))

    code.repeat(units, STATE_LANES, combine, backward=True)


def gate_starts(code: VectorCode, start: Any, units: Any) -> list[Any]:
    """Where the four gates of a row begin."""
    builder = code.builder
    return [builder.add(start, builder.mul(units, WORD(k))) for k in range(4)]


step, step_back = vector_kernel(generate_step), vector_kernel(generate_step_back)


@inline
def run_lstm(a: Array, p: Any, t: int) -> None:
    """A row of a program: a step of B sequences."""
    out, gates, state = p.out + t * p.out_move, p.lhs + t * p.lhs_move, p.state + t * p.state_move
    previous, active = p.previous + t * p.previous_move, p.cache + t * p.cache_move
    for _ in range(p.rows):
        step(a, out, gates, p.rhs, state, previous, active, active + p.units, p.columns)
        out, gates, state = out + p.out_step, gates + p.lhs_step, state + p.state_step
        previous, active = previous + p.previous_step, active + p.cache_step


@inline
def run_lstm_backward(a: Array, p: Any, t: int) -> None:
    """A row of a program: slopes of the gates before their activation, and dL/dc, carried to the step before."""
    out, gates, slopes = p.out + t * p.out_move, p.lhs + t * p.lhs_move, p.rhs + t * p.rhs_move
    previous, active = p.previous + t * p.previous_move, p.cache + t * p.cache_move
    for _ in range(p.rows):
        step_back(a, out, out, gates, slopes, previous, active, active + p.units, p.columns)
        out, gates, slopes = out + p.out_step, gates + p.lhs_step, slopes + p.rhs_step
        previous, active = previous + p.previous_step, active + p.cache_step
