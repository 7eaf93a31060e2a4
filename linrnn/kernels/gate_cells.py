"""The cells of gated networks, LSTM and GRU: where their gates lie, and one step of a GRU forward and backward."""

from __future__ import annotations

from typing import Any, NamedTuple

from linrnn.kernels.codes import CellKind, Operation
from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import hyperbolic_tangent, pad_lanes
from linrnn.kernels.matrices import Matrix
from linrnn.kernels.program import NOWHERE, Instruction
from linrnn.kernels.vectors import tanh_line


class Block(NamedTuple):
    """Consecutive gates: the first one in the parameters, the first one in a row of gates, and how many."""

    source: int
    target: int
    size: int


class GateLayout(NamedTuple):
    """Gates of H columns each, side by side in a row; U x goes to some of them, W h to some."""

    gates: int
    drive: Block
    recurrent: Block
    drive_order: tuple[Block, ...]
    bias_order: tuple[Block, ...]


def plain_layout(gates: int) -> GateLayout:
    """U x + W h + b in all gates, in the order of the parameters."""
    every = Block(0, 0, gates)
    return GateLayout(gates, every, every, (every,), (every,))


# Of a GRU the candidate's two parts are apart, as the reset gate multiplies one: n (U x + b), r, z, n (W h + d).
GRU_ORDER = Block(2, 0, 1), Block(0, 1, 2)  # of r, z, n in the parameters
GATES = {
    CellKind.LSTM: plain_layout(4),  # i, f, g, o
    CellKind.GRU: GateLayout(4, Block(0, 0, 3), Block(0, 1, 3), GRU_ORDER, (*GRU_ORDER, Block(3, 3, 1))),
}


class StepMatrices(NamedTuple):
    """Matrices of one step of B sequences, moving."""

    gates: Matrix
    h: Matrix
    earlier_h: Matrix
    c: Matrix  # cell state of an LSTM, and the one before
    earlier_c: Matrix
    active: Matrix  # the activated gates of an LSTM, then tanh c
    scales: Matrix  # one row
    slopes: Matrix = NOWHERE  # dL/dh, and those of the step before
    earlier_slopes: Matrix = NOWHERE
    carry: Matrix = NOWHERE  # dL/dc


def step_forward(cell: CellKind, m: StepMatrices) -> Instruction:
    """Activated gates, of a GRU in their place, and states."""
    if cell == CellKind.LSTM:
        row = Instruction(Operation.CELL, m.h, m.gates, m.scales, m.c, m.earlier_c, m.active, units=m.active.columns)
    else:
        row = Instruction(Operation.CELL, m.h, m.gates, previous=m.earlier_h)
    return row._replace(kind=int(CellKind(cell)), rows=m.h.rows, columns=m.h.columns)


def step_backward(cell: CellKind, m: StepMatrices) -> Instruction:
    """From dL/dh to the slopes of the gates, in their place, and of the states before."""
    if cell == CellKind.LSTM:
        row = Instruction(Operation.CELL_BACKWARD, m.carry, m.gates, m.slopes, previous=m.earlier_c, cache=m.active)
        row = row._replace(units=m.active.columns)
    else:
        row = Instruction(Operation.CELL_BACKWARD, m.earlier_slopes, m.gates, m.slopes, previous=m.earlier_h)
    return row._replace(kind=int(CellKind(cell)), rows=m.h.rows, columns=m.h.columns)


@inline
def run_gru(a: Array, p: Any, t: int) -> None:
    """Cho et al. 2014 as torch.nn.GRU: n = tanh(n_x + r n_h), h = (1 - z) n + z h', the reset gate after the product.

    Gates n_x, r, z, n_h.
    """
    half = a.dtype.type(0.5)
    H, out, gates, previous = (
        p.columns,
        p.out + t * p.out_move,
        p.lhs + t * p.lhs_move,
        p.previous + t * p.previous_move,
    )
    for _ in range(p.rows):
        sigmoids = a[gates + H : gates + H + pad_lanes(2 * H)]
        for i in range(len(sigmoids)):
            sigmoids[i] = half * hyperbolic_tangent(half * sigmoids[i]) + half if i < 2 * H else sigmoids[i]
        n, r, z, n_h = a[gates:], a[gates + H :], a[gates + 2 * H :], a[gates + 3 * H :]
        h, earlier = a[out:], a[previous:]
        for i in range(pad_lanes(H)):  # whole vectors: the padding of states is never read
            h[i] = n[i] + r[i] * n_h[i]
        tanh_line(a, out, pad_lanes(H))
        for i in range(H):
            n[i] = h[i]
        for i in range(pad_lanes(H)):
            h[i] += z[i] * (earlier[i] - h[i])
        out, gates, previous = out + p.out_step, gates + p.lhs_step, previous + p.previous_step


@inline
def run_gru_backward(a: Array, p: Any, t: int) -> None:
    """Slopes of the gates before their activation; dL/dh of the step before gains its direct part."""
    H, out, gates = p.columns, p.out + t * p.out_move, p.lhs + t * p.lhs_move
    slopes, previous = p.rhs + t * p.rhs_move, p.previous + t * p.previous_move
    for _ in range(p.rows):
        before, earlier = a[out : out + H], a[previous : previous + H]
        z, dh = a[gates : gates + 4 * H], a[slopes : slopes + H]
        for j in range(H):
            n, r, u, n_h = z[j], z[H + j], z[2 * H + j], z[3 * H + j]
            dn = dh[j] * (1 - u) * (1 - n * n)
            z[j] = dn
            z[H + j] = dn * n_h * r * (1 - r)
            z[2 * H + j] = dh[j] * (earlier[j] - n) * u * (1 - u)
            z[3 * H + j] = dn * r
            before[j] += dh[j] * u
        out, previous = out + p.out_step, previous + p.previous_step
        gates, slopes = gates + p.lhs_step, slopes + p.rhs_step
