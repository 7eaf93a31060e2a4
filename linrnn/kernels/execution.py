"""Compiled execution of programs."""

from __future__ import annotations

from typing import Any

from numba import types as untyped_types

from linrnn.kernels.codes import CellKind, LossKind, Operation
from linrnn.kernels.compilation import Array, compile_kernel, expand, find_addresses_once, inline
from linrnn.kernels.elman_cell import (
    run_partial_tanh,
    run_partial_tanh_slope,
    run_relu,
    run_relu_slope,
    run_tanh,
    run_tanh_slope,
)
from linrnn.kernels.gate_cells import run_gru, run_gru_backward
from linrnn.kernels.losses import cross_entropies, squared_errors
from linrnn.kernels.lru_cell import run_lru, run_lru_backward, run_lru_parameters, run_lru_parameters_backward
from linrnn.kernels.lstm_cell import run_lstm, run_lstm_backward
from linrnn.kernels.products import (
    add_product,
    add_product_of_2,
    add_product_of_4,
    add_product_of_8,
    add_product_of_16,
)
from linrnn.kernels.program import PROGRAM

types: Any = untyped_types


@inline
def copy_rows(a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int) -> None:
    """Copy row by row; every row is the first one if values_step is 0."""
    for _ in range(rows):
        line, source = a[out : out + columns], a[values : values + columns]
        for i in range(len(line)):
            line[i] = source[i]
        out, values = out + step, values + values_step


@inline
def transpose_rows(
    a: Array, out: int, step: int, values: int, values_step: int, rows: int, columns: int, lanes: int
) -> None:
    """Copy each row to a column."""
    for row in range(rows):
        line, column = a[values : values + columns * lanes], a[out + row * lanes :]
        for i in range(columns):
            for lane in range(lanes):
                column[i * step + lane] = line[i * lanes + lane]
        values += values_step


@expand
def run_cell(a: Array, p: Any, t: int) -> None:
    """A step of a cell, at time t."""
    if p.kind == CellKind.TANH:
        run_tanh(a, p, t)
    elif p.kind == CellKind.RELU:
        run_relu(a, p, t)
    elif p.kind == CellKind.PARTIAL_TANH:
        run_partial_tanh(a, p, t)
    elif p.kind == CellKind.LSTM:
        run_lstm(a, p, t)
    elif p.kind == CellKind.GRU:
        run_gru(a, p, t)
    elif p.kind == CellKind.LRU:
        run_lru(a, p, t)
    else:
        raise ValueError("unknown cell in a program")


@expand
def run_cell_backward(a: Array, p: Any, t: int) -> None:
    """The slopes of a step of a cell, at time t of the way back."""
    if p.kind == CellKind.TANH:
        run_tanh_slope(a, p, t)
    elif p.kind == CellKind.RELU:
        run_relu_slope(a, p, t)
    elif p.kind == CellKind.PARTIAL_TANH:
        run_partial_tanh_slope(a, p, t)
    elif p.kind == CellKind.LSTM:
        run_lstm_backward(a, p, t)
    elif p.kind == CellKind.GRU:
        run_gru_backward(a, p, t)
    elif p.kind == CellKind.LRU:
        run_lru_backward(a, p, t)
    else:
        raise ValueError("unknown cell in a program")


@expand
def run_parameters(a: Array, p: Any) -> None:
    """What a cell computes of its parameters, or their slopes."""
    if p.kind != CellKind.LRU:
        raise ValueError("unknown parameters in a program")
    if p.operation == Operation.PARAMETERS:
        run_lru_parameters(a, p)
    else:
        run_lru_parameters_backward(a, p)


@expand
def run_steps(a: Array, p: Any, q: Any, times: int) -> None:
    """So many times: out += lhs @ rhs if p is a product, then the step of a cell if q is one; p may be q."""
    is_product, operation = p.operation == Operation.PRODUCT, q.operation
    out, step, lhs, lhs_step, lhs_term = p.out, p.out_step, p.lhs, p.lhs_step, p.lhs_term
    rhs, rhs_step, rows, terms, columns = p.rhs, p.rhs_step, p.rows, p.terms, p.columns
    out_move, lhs_move, lanes = p.out_move, p.lhs_move, p.lanes  # locals: read once, not at each time
    for t in range(times):
        if is_product and lanes == 1:
            add_product(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        elif is_product and lanes == 2:
            add_product_of_2(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        elif is_product and lanes == 4:
            add_product_of_4(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        elif is_product and lanes == 8:
            add_product_of_8(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        elif is_product:
            add_product_of_16(a, out, step, lhs, lhs_step, lhs_term, rhs, rhs_step, rows, terms, columns)
        if operation == Operation.CELL:
            run_cell(a, q, t)
        elif operation == Operation.CELL_BACKWARD:
            run_cell_backward(a, q, t)
        out, lhs = out + out_move, lhs + lhs_move


@expand
def run_loss(a: Array, total: Array, p: Any) -> None:
    """The sum of the losses of each lane."""
    if p.kind == LossKind.SQUARED_ERROR:
        squared_errors(a, total, p)
    elif p.kind == LossKind.CROSS_ENTROPY:
        cross_entropies(a, total, p)
    else:
        raise ValueError("unknown loss in a program")


def run_types(real: Any) -> tuple[Any, ...]:
    """Argument types of `run`."""
    return real[::1], types.float64[::1], PROGRAM


@compile_kernel(run_types)
def run(a: Array, total: Array, instructions: Array) -> None:
    """Run a program in the array that holds its matrices; the sum of its loss goes to `total`, one element a lane.

    ValueError for an unknown code.
    """
    k = 0
    while k < len(instructions):
        times, length, p = 1, 1, instructions[k]
        if p.operation == Operation.LOOP:
            times, length, k = p.times, p.length, k + 1
            p = instructions[k]
        if p.operation == Operation.PRODUCT or p.operation == Operation.CELL or p.operation == Operation.CELL_BACKWARD:
            run_steps(a, p, instructions[k + length - 1], times)
        elif p.operation == Operation.COPY:
            copy_rows(a, p.out, p.out_step, p.lhs, p.lhs_step, p.rows, p.columns)
        elif p.operation == Operation.TRANSPOSE:
            transpose_rows(a, p.out, p.out_step, p.lhs, p.lhs_step, p.rows, p.columns, p.lanes)
        elif p.operation == Operation.LOSS:
            run_loss(a, total, p)
        elif p.operation == Operation.PARAMETERS or p.operation == Operation.PARAMETERS_BACKWARD:
            run_parameters(a, p)
        else:
            raise ValueError("unknown operation in a program")
        k += length


find_addresses_once(run)
