"""Programs of matrix operations: rows of integers, made once for given sizes and run for each replica.

All matrices of a program lie in one array; each is named by where it begins and by the distance of its rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linrnn.kernels import LINEAR, TANH
from linrnn.kernels.compilation import INDEX, Array, compile_kernel, inline
from linrnn.kernels.products import PADDING, add_product
from linrnn.kernels.tanh_kernel import tanh_line

SLOPE = 2  # beside the activations
COPY, TRANSPOSE, PRODUCT = range(3)
FIELDS = 13  # arguments of the longest operation

Operation = tuple[int, ...]


class Matrix(NamedTuple):
    """Element k of row m is ``a[start + m * step + k]``; with step 0 all rows are the first one."""

    start: int
    rows: int
    columns: int
    step: int

    def part(self, first: int, rows: int) -> Matrix:
        """So many rows, from `first` on."""
        return Matrix(self.start + first * self.step, rows, self.columns, self.step)

    def within(self, a: Array) -> Array:
        """View of the matrix in a, without its padding."""
        return a[self.start : self.start + self.rows * self.step].reshape(self.rows, -1)[:, : self.columns]

    def put(self, a: Array, values: Array) -> None:
        """Copy values into the matrix; of another dtype than a's they are a TypeError."""
        np.copyto(self.within(a), values.reshape(self.rows, self.columns), casting="no")


class Layout:
    """Places of matrices in an array of `size` elements."""

    def __init__(self) -> None:
        self.size = 0

    def padded(self, rows: int, columns: int) -> Matrix:
        """A new matrix whose rows are padded to whole tiles."""
        return self.place(rows, columns, -(-columns // PADDING) * PADDING)

    def packed(self, rows: int, columns: int) -> Matrix:
        """A new matrix without padding."""
        return self.place(rows, columns, columns)

    def place(self, rows: int, columns: int, step: int) -> Matrix:
        """A new matrix; it begins at a multiple of PADDING."""
        start = self.size
        self.size += -(-rows * step // PADDING) * PADDING
        return Matrix(start, rows, columns, step)


def copy(out: Matrix, values: Matrix) -> Operation:
    """out = values, as many rows and columns as out has."""
    return COPY, out.start, out.step, values.start, values.step, out.rows, out.columns


def clear(out: Matrix, zeros: Matrix) -> Operation:
    """out = 0, its padding too, from one row of zeros."""
    return COPY, out.start, out.step, zeros.start, 0, out.rows, out.step


def repeat(out: Matrix, values: Matrix) -> Operation:
    """Each row of out = the first row of values."""
    return copy(out, values._replace(step=0))


def transpose(out: Matrix, values: Matrix) -> Operation:
    """out = values.T."""
    return TRANSPOSE, out.start, out.step, values.start, values.step, values.rows, values.columns


def add(
    out: Matrix, left: Matrix, right: Matrix, times: int = 1, finish: int = LINEAR, h: int = 0, move: int = 0
) -> Operation:
    """out += left @ right and then out = tanh(out), or out *= 1 - h^2; so many times, each moved on from the last."""
    return PRODUCT, *out[::3], *left[::3], 1, *right[::3], out.rows, right.rows, times, h, finish, move


def add_transposed(out: Matrix, left: Matrix, right: Matrix) -> Operation:
    """out += left.T @ right; of slopes it is the gradient of a matrix, summed over all rows."""
    return PRODUCT, *out[::3], left.start, 1, left.step, *right[::3], out.rows, right.rows, 1, 0, LINEAR, 0


def scan(h: Matrix, transposed: Matrix, batch: int, activation: int) -> list[Operation]:
    """h_t = f(W h_{t-1} + h_t) in place: h ((1 + T) B, H) holds h_0 and u; transposed is W^T."""
    times = h.rows // batch - 1
    return [add(h.part(batch, batch), h, transposed, times, activation, 0, batch * h.step)]


def scan_back(slopes: Matrix, h: Matrix, W: Matrix, batch: int, activation: int) -> list[Operation]:
    """From dL/dh to dL/du in place, last step first: slopes (T B, H), h ((1 + T) B, H)."""
    last, finish, move = slopes.rows - batch, SLOPE if activation == TANH else LINEAR, -batch * h.step
    out, state = slopes.part(last, batch), h.start + h.rows * h.step + move
    before = slopes.part(last - batch, batch)
    return [
        add(out, out, W._replace(rows=0), 1, finish, state),
        add(before, out, W, slopes.rows // batch - 1, finish, state + move, move),
    ]


def program(*operations: Operation) -> Array:
    """The operations as an array, one a row."""
    return np.array([operation + (0,) * (FIELDS + 1 - len(operation)) for operation in operations], np.int64)


@inline
def copy_rows(a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int) -> None:
    """Row by row; from the first row again and again where values_step is 0."""
    for _ in range(rows):
        line, from_line = a[out : out + columns], a[values : values + columns]
        for i in range(len(line)):
            line[i] = from_line[i]
        out, values = out + step, values + values_step


@inline
def transpose_rows(a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int) -> None:
    """Each row becomes a column."""
    for row in range(rows):
        line, column = a[values : values + columns], a[out + row :]
        for i in range(len(line)):
            column[i * step] = line[i]
        values += values_step


@inline
def times_slope(a: Array, slopes: int, h: int, count: int) -> None:
    """Slopes times that of tanh, where it has the values h."""
    line, states = a[slopes : slopes + count], a[h : h + count]
    for i in range(len(line)):
        line[i] *= 1 - states[i] * states[i]


@compile_kernel(lambda real: (real[::1], INDEX[:, ::1]))
def run(a: Array, operations: Array) -> None:
    """Run a program in the array that holds its matrices."""
    for k in range(len(operations)):
        code, o = operations[k, 0], operations[k, 1:]
        if code == COPY:
            copy_rows(a, o[0], o[1], o[2], o[3], o[4], o[5])
        elif code == TRANSPOSE:
            transpose_rows(a, o[0], o[1], o[2], o[3], o[4], o[5])
        else:
            out, left, h, finish, move = o[0], o[2], o[10], o[11], o[12]
            for _ in range(o[9]):
                add_product(a, out, o[1], left, o[3], o[4], o[5], o[6], o[7], o[8], o[1])
                if finish == TANH:
                    tanh_line(a, out, o[7] * o[1])
                elif finish == SLOPE:
                    times_slope(a, out, h, o[7] * o[1])
                out, left, h = out + move, left + move, h + move
