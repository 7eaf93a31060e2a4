"""Programs of matrix operations: arrays of instructions, built once for given sizes and run for each replica.

All matrices of a program lie in one array. A program is a sequence of operations; a loop repeats a step,
which is a product, the step of a cell, or both, on matrices that move from one time to the next.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from linrnn.kernels.codes import KINDS, LossKind, Operation
from linrnn.kernels.compilation import Array
from linrnn.kernels.matrices import Matrix

NOWHERE = Matrix(0, 0, 0, 0)
OPERANDS = ("out", "lhs", "rhs", "state", "previous", "cache")


class Instruction(NamedTuple):
    """One operation and its operands; the fields of a row of a program follow from it."""

    operation: Operation
    out: Matrix = NOWHERE
    lhs: Matrix = NOWHERE  # the values of a copy, the left factor of a product, the gates of a cell
    rhs: Matrix = NOWHERE  # the right factor, the slopes of a cell's states, the targets of a loss
    state: Matrix = NOWHERE  # of a cell, at a time
    previous: Matrix = NOWHERE  # state one time before
    cache: Matrix = NOWHERE  # what the way back needs
    kind: int = 0  # a CellKind or a LossKindKind
    rows: int = 0
    columns: int = 0
    terms: int = 0  # of each sum of a product
    lhs_term: int = 0  # distance of the terms in the left factor
    units: int = (
        0  # of PARTIAL_TANH: the first ones, that do; of an LSTM: columns before tanh c; of a loss: rows left out
    )
    times: int = 0  # of a loop
    length: int = 0  # of a loop's body
    lanes: int = 1  # replicas side by side


NUMBERS = tuple(field for field in Instruction._fields if field not in OPERANDS)
FIELDS = (*NUMBERS, *(f"{name}{suffix}" for name in OPERANDS for suffix in ("", "_step", "_move")))
INSTRUCTION = np.dtype([(field, np.int64) for field in FIELDS], align=True)
CELLS = (Operation.CELL, Operation.CELL_BACKWARD)
STEPS = {(Operation.PRODUCT,), *((cell,) for cell in CELLS), *((Operation.PRODUCT, cell) for cell in CELLS)}
PROGRAM = numba.from_dtype(INSTRUCTION)[::1]


def copy(out: Matrix, values: Matrix) -> Instruction:
    """out = values, as many rows and columns as out has."""
    return Instruction(Operation.COPY, out, values, rows=out.rows, columns=out.columns)


def clear(out: Matrix, zeros: Matrix) -> Instruction:
    """out = 0, its padding too, from one row of zeros."""
    return copy(out._replace(columns=out.step), zeros._replace(step=0))


def repeat(out: Matrix, values: Matrix) -> Instruction:
    """Each row of out = the first row of values."""
    return copy(out, values._replace(step=0))


def transpose(out: Matrix, values: Matrix) -> Instruction:
    """out = values.T."""
    return Instruction(Operation.TRANSPOSE, out, values, rows=values.rows, columns=values.columns)


def add(out: Matrix, lhs: Matrix, rhs: Matrix) -> Instruction:
    """out += lhs @ rhs, in whole vectors: the padding of rhs is that of out."""
    product = Instruction(Operation.PRODUCT, out, lhs, rhs, lhs_term=1)
    return product._replace(rows=out.rows, columns=rhs.columns, terms=rhs.rows)


def add_transpose_product(out: Matrix, lhs: Matrix, rhs: Matrix) -> Instruction:
    """out += lhs.T @ rhs; for slopes this is the gradient of a matrix, summed over all rows."""
    return add(out, lhs._replace(step=1), rhs)._replace(lhs_term=lhs.step)


def loop(times: int, *step: Instruction) -> list[Instruction]:
    """So many times a product, the step of a cell, or both, with moving matrices; nothing where that is nothing."""
    return [Instruction(Operation.LOOP, times=times, length=len(step)), *step] if times and step else []


def loss(kind: LossKind, outputs: Matrix, targets: Matrix, washout: int) -> Instruction:
    """Sum of the losses of all rows but the leading ones; the outputs become the slopes, up to a factor."""
    row = Instruction(Operation.LOSS, outputs, rhs=targets, kind=kind, rows=outputs.rows, columns=outputs.columns)
    return row._replace(units=min(max(washout, 0), outputs.rows))


def program(*instructions: Instruction) -> Array:
    """The instructions as an array; ValueError for an unknown operation, cell or loss, or another body of a loop."""
    for k, instruction in enumerate(instructions):
        operation = Operation(instruction.operation)
        if operation in KINDS:
            KINDS[operation](instruction.kind)
        if operation is Operation.LOOP:
            step = tuple(each.operation for each in instructions[k + 1 : k + 1 + instruction.length])
            if step not in STEPS:
                raise ValueError(f"a loop must repeat a product, the step of a cell, or both, not {step}")
    return np.array([program_row(instruction) for instruction in instructions], INSTRUCTION)


def program_row(instruction: Instruction) -> tuple[int, ...]:
    """The row of a program."""
    numbers = (getattr(instruction, field) for field in NUMBERS)
    matrices = (getattr(instruction, name) for name in OPERANDS)
    return (*numbers, *(number for matrix in matrices for number in (matrix.start, matrix.step, matrix.move)))
