"""The cell of an Elman network, h_t = f(W h_{t-1} + u_t), whose states are computed in the place of u."""

from __future__ import annotations

from typing import Any

from linrnn.kernels.codes import CellKind, Operation
from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import hyperbolic_tangent, pad_lanes
from linrnn.kernels.matrices import Matrix
from linrnn.kernels.program import Instruction, add, loop
from linrnn.kernels.vectors import tanh_line


def scan(h: Matrix, WT: Matrix, batch: int, cell: CellKind, units: int = 0) -> list[Instruction]:
    """h_t = f(W h_{t-1} + h_t) in place: h ((1 + T) B, H) holds h_0 and u; WT is the transpose of W.

    `units` of PARTIAL_TANH, the first ones, pass through f.
    """
    state = h.moving(batch, batch)
    return loop(h.rows // batch - 1, add(state, h.moving(0, batch), WT), *activate(cell, state, units))


def scan_back(slopes: Matrix, h: Matrix, W: Matrix, batch: int, cell: CellKind, units: int = 0) -> list[Instruction]:
    """From dL/dh to dL/du in place, last step first: slopes (T B, H), h ((1 + T) B, H)."""
    last = slopes.rows - batch
    slope, later = (slopes.moving(first, batch, -1) for first in (last - batch, last))
    return [
        *multiply_by_slope(cell, slopes.part(last, batch), h.part(last + batch, batch), units),
        *loop(last // batch, add(slope, later, W), *multiply_by_slope(cell, slope, h.moving(last, batch, -1), units)),
    ]


def activate(cell: CellKind, h: Matrix, units: int = 0) -> list[Instruction]:
    """h = f(h), its padding too."""
    return elementwise(Operation.CELL, cell, h, h, units)


def multiply_by_slope(cell: CellKind, slopes: Matrix, h: Matrix, units: int = 0) -> list[Instruction]:
    """slopes *= f' where f is h, the padding too."""
    return elementwise(Operation.CELL_BACKWARD, cell, slopes, h, units)


def elementwise(operation: Operation, cell: CellKind, out: Matrix, h: Matrix, units: int) -> list[Instruction]:
    """A row for all elements at once; of PARTIAL_TANH for each row of the matrix; none for LINEAR."""
    if cell == CellKind.LINEAR:
        return []
    line = out if cell == CellKind.PARTIAL_TANH else out.flat
    row = Instruction(operation, line, state=h, kind=CellKind(cell), rows=line.rows, columns=line.columns, units=units)
    return [row]


@inline
def run_tanh(a: Array, p: Any, t: int) -> None:
    """A row of a program: tanh."""
    tanh_line(a, p.out + t * p.out_move, p.columns)


@inline
def run_partial_tanh(a: Array, p: Any, t: int) -> None:
    """A row of a program: tanh of the first units."""
    out = p.out + t * p.out_move
    for _ in range(p.rows):
        line = a[out : out + pad_lanes(p.units)]
        for i in range(len(line)):
            line[i] = hyperbolic_tangent(line[i]) if i < p.units else line[i]
        out += p.out_step


@inline
def run_partial_tanh_slope(a: Array, p: Any, t: int) -> None:
    """A row of a program: multiplication of the slopes of the first units by the slope of tanh."""
    out, state = p.out + t * p.out_move, p.state + t * p.state_move
    for _ in range(p.rows):
        line, states = a[out : out + p.units], a[state : state + p.units]
        for i in range(len(line)):
            line[i] *= 1 - states[i] * states[i]
        out, state = out + p.out_step, state + p.state_step


@inline
def run_relu(a: Array, p: Any, t: int) -> None:
    """A row of a program: max(z, 0), and nan for nan."""
    out = p.out + t * p.out_move
    line = a[out : out + p.columns]
    for i in range(len(line)):
        line[i] = 0 if line[i] < 0 else line[i]


@inline
def run_relu_slope(a: Array, p: Any, t: int) -> None:
    """A row of a program: multiplication by the slope of relu, 1 where h > 0."""
    out, state = p.out + t * p.out_move, p.state + t * p.state_move
    line, states = a[out : out + p.columns], a[state : state + p.columns]
    for i in range(len(line)):
        line[i] = 0 if states[i] <= 0 else line[i]


@inline
def run_tanh_slope(a: Array, p: Any, t: int) -> None:
    """A row of a program: multiplication by the slope of tanh, 1 - h^2."""
    out, state = p.out + t * p.out_move, p.state + t * p.state_move
    line, states = a[out : out + p.columns], a[state : state + p.columns]
    for i in range(len(line)):
        line[i] *= 1 - states[i] * states[i]
