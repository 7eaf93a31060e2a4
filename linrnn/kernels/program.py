"""Programs of matrix operations: arrays of instructions, built once for given sizes and run for each replica.

All matrices of a program lie in one array. A matrix is given by its first element and the distance of its rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from linrnn.kernels.codes import BACKWARD, FORWARD, Activation, Finish, Operation
from linrnn.kernels.compilation import Array, compile_kernel, inline
from linrnn.kernels.products import PADDING, add_product
from linrnn.kernels.tanh_kernel import tanh_line


class Instruction(NamedTuple):
    """One row of a program: an operation and its operands, all in elements of the array."""

    operation: Operation
    out: int  # start
    out_step: int
    lhs: int  # start of the values, or of the left factor
    lhs_step: int
    rows: int  # of out; of the values for a transpose
    columns: int
    lhs_term: int = 0  # distance of the terms of a sum in the left factor
    rhs: int = 0
    rhs_step: int = 0
    terms: int = 0
    times: int = 1
    move: int = 0  # of out, lhs and state from one time to the next
    finish: Finish = Finish.NONE
    state: int = 0  # start of h, for the slope


INSTRUCTION = np.dtype([(field, np.int64) for field in Instruction._fields], align=True)
PROGRAM = numba.from_dtype(INSTRUCTION)[::1]


class Matrix(NamedTuple):
    """Element k of row m is ``a[start + m * step + k]``; with step 0 all rows are the first one."""

    start: int
    rows: int
    columns: int
    step: int

    def part(self, first: int, rows: int) -> Matrix:
        """`rows` rows from row `first` on."""
        return Matrix(self.start + first * self.step, rows, self.columns, self.step)

    def view(self, a: Array) -> Array:
        """View of the matrix in a, without its padding."""
        return a[self.start : self.start + self.rows * self.step].reshape(self.rows, -1)[:, : self.columns]

    def put(self, a: Array, values: Array) -> None:
        """Copy values into the matrix; TypeError if their dtype is not that of a."""
        np.copyto(self.view(a), values.reshape(self.rows, self.columns), casting="no")


class Layout:
    """Places of matrices in an array of `size` elements."""

    def __init__(self) -> None:
        self.size = 0

    def place_tiles(self, rows: int, columns: int) -> Matrix:
        """Place a matrix whose rows are padded to whole tiles."""
        return self.place(rows, columns, -(-columns // PADDING) * PADDING)

    def place_rows(self, rows: int, columns: int) -> Matrix:
        """Place a matrix without padding."""
        return self.place(rows, columns, columns)

    def place(self, rows: int, columns: int, step: int) -> Matrix:
        """Place a matrix at a multiple of PADDING."""
        start = self.size
        self.size += -(-rows * step // PADDING) * PADDING
        return Matrix(start, rows, columns, step)


def copy(out: Matrix, values: Matrix) -> Instruction:
    """out = values, as many rows and columns as out has."""
    return Instruction(Operation.COPY, out.start, out.step, values.start, values.step, out.rows, out.columns)


def clear(out: Matrix, zeros: Matrix) -> Instruction:
    """out = 0, its padding too, from one row of zeros."""
    return copy(out._replace(columns=out.step), zeros._replace(step=0))


def repeat(out: Matrix, values: Matrix) -> Instruction:
    """Each row of out = the first row of values."""
    return copy(out, values._replace(step=0))


def transpose(out: Matrix, values: Matrix) -> Instruction:
    """out = values.T."""
    return Instruction(Operation.TRANSPOSE, out.start, out.step, values.start, values.step, values.rows, values.columns)


def add(out: Matrix, lhs: Matrix, rhs: Matrix) -> Instruction:
    """out += lhs @ rhs."""
    return Instruction(
        Operation.PRODUCT,
        out.start,
        out.step,
        lhs.start,
        lhs.step,
        out.rows,
        out.step,
        lhs_term=1,
        rhs=rhs.start,
        rhs_step=rhs.step,
        terms=rhs.rows,
    )


def add_transpose_product(out: Matrix, lhs: Matrix, rhs: Matrix) -> Instruction:
    """out += lhs.T @ rhs; for slopes this is the gradient of a matrix, summed over all rows."""
    return add(out, lhs, rhs)._replace(lhs_step=1, lhs_term=lhs.step)


def scan(h: Matrix, WT: Matrix, batch: int, activation: Activation) -> list[Instruction]:
    """h_t = f(W h_{t-1} + h_t) in place: h ((1 + T) B, H) holds h_0 and u; WT is the transpose of W."""
    step = add(h.part(batch, batch), h, WT)
    times, finish = h.rows // batch - 1, FORWARD[Activation(activation)]
    return [step._replace(times=times, move=batch * h.step, finish=finish)]


def scan_back(slopes: Matrix, h: Matrix, W: Matrix, batch: int, activation: Activation) -> list[Instruction]:
    """From dL/dh to dL/du in place, last step first: slopes (T B, H), h ((1 + T) B, H)."""
    last, move, finish = slopes.rows - batch, -batch * h.step, BACKWARD[Activation(activation)]
    out, state = slopes.part(last, batch), h.start + h.rows * h.step + move
    earlier = add(slopes.part(last - batch, batch), out, W)._replace(times=slopes.rows // batch - 1, move=move)
    return [
        add(out, out, W._replace(rows=0))._replace(finish=finish, state=state),
        earlier._replace(finish=finish, state=state + move),
    ]


def program(*instructions: Instruction) -> Array:
    """The instructions as an array; ValueError for an unknown operation or finish."""
    for instruction in instructions:
        Operation(instruction.operation), Finish(instruction.finish)
    return np.array(list(instructions), INSTRUCTION)


@inline
def copy_rows(a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int) -> None:
    """Copy row by row; every row is the first one if values_step is 0."""
    for _ in range(rows):
        line, source = a[out : out + columns], a[values : values + columns]
        for i in range(len(line)):
            line[i] = source[i]
        out, values = out + step, values + values_step


@inline
def transpose_rows(a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int) -> None:
    """Copy each row to a column."""
    for row in range(rows):
        line, column = a[values : values + columns], a[out + row :]
        for i in range(len(line)):
            column[i * step] = line[i]
        values += values_step


@inline
def multiply_by_slope(a: Array, slopes: int, state: int, count: int) -> None:
    """Multiply by the slope of tanh, 1 - h^2."""
    line, states = a[slopes : slopes + count], a[state : state + count]
    for i in range(len(line)):
        line[i] *= 1 - states[i] * states[i]


@inline
def run_product(a: Array, p: Any) -> None:
    """out += lhs @ rhs and its finish, `times` times."""
    out, step, lhs, lhs_step, lhs_term = p.out, p.out_step, p.lhs, p.lhs_step, p.lhs_term
    rhs, rhs_step, rows, terms, columns = p.rhs, p.rhs_step, p.rows, p.terms, p.columns
    state, move, finish, count = p.state, p.move, p.finish, p.rows * p.out_step  # locals: read once, not at each time
    if finish != Finish.NONE and finish != Finish.TANH and finish != Finish.TANH_SLOPE:
        raise ValueError("unknown finish in a program")
    for _ in range(p.times):
        add_product(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        if finish == Finish.TANH:
            tanh_line(a, out, count)
        elif finish == Finish.TANH_SLOPE:
            multiply_by_slope(a, out, state, count)
        out, lhs, state = out + move, lhs + move, state + move


@compile_kernel(lambda real: (real[::1], PROGRAM))
def run(a: Array, instructions: Array) -> None:
    """Run a program in the array that holds its matrices; ValueError for an unknown code."""
    for k in range(len(instructions)):
        p = instructions[k]
        if p.operation == Operation.COPY:
            copy_rows(a, p.out, p.out_step, p.lhs, p.lhs_step, p.rows, p.columns)
        elif p.operation == Operation.TRANSPOSE:
            transpose_rows(a, p.out, p.out_step, p.lhs, p.lhs_step, p.rows, p.columns)
        elif p.operation == Operation.PRODUCT:
            run_product(a, p)
        else:
            raise ValueError("unknown operation in a program")
