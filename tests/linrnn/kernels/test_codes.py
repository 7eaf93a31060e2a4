"""Codes of the kernels: separate enumerations, and no code that is taken for another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from linrnn import kernels
from linrnn.kernels.codes import KINDS, CellKind, LossKind, Operation, parse_code
from linrnn.kernels.elman_cell import activate, multiply_by_slope, scan, scan_back
from linrnn.kernels.execution import run
from linrnn.kernels.lru_cell import unpack_parameters
from linrnn.kernels.matrices import Layout
from linrnn.kernels.program import INSTRUCTION, Instruction, add, copy, loop, loss, program

ARRAYS = [np.zeros(shape, np.float32) for shape in ((1, 3, 2, 4), (1, 4, 4), (1, 2, 4))]
SEQUENCE = np.zeros((3, 2, 1), np.float32)
MATRIX = Layout().place_tiles(4, 4)


def test_no_value_belongs_to_two_enumerations() -> None:
    for one, other in combinations((Operation, CellKind, LossKind), 2):
        assert not {int(code) for code in one} & {int(code) for code in other}


@pytest.mark.parametrize("unknown", [0, 1, 2, -1, 99, *Operation, *LossKind])
def test_an_unknown_cell_is_refused_by_every_entry(unknown: int) -> None:
    u, W, h0 = ARRAYS
    weights = np.zeros((1, 4 * (1 + 4 + 1) + 5), np.float32)
    problem = kernels.Objective(SEQUENCE, SEQUENCE, 0, 1.0), kernels.Architecture(unknown, 4)  # type: ignore[arg-type]
    calls = (
        lambda: kernels.recurrence_forward(u, W, h0, unknown),  # type: ignore[arg-type]
        lambda: kernels.recurrence_backward(u, u, W, h0, unknown),  # type: ignore[arg-type]
        lambda: kernels.evaluate(weights, *problem),
        lambda: kernels.train_steps(*[weights] * 3, 0, np.ones(1), *problem, 1.0, 0.0),
    )
    for call in calls:
        with pytest.raises(ValueError, match="not a valid CellKind"):
            call()


@pytest.mark.parametrize("unknown", [0, 1, -1, 99, *Operation, *CellKind])
def test_an_unknown_loss_is_refused_by_every_entry(unknown: int) -> None:
    weights = np.zeros((1, 4 * (1 + 4 + 1) + 5), np.float32)
    problem = kernels.Objective(SEQUENCE, SEQUENCE, 0, 1.0, unknown), kernels.Architecture(CellKind.TANH, 4)  # type: ignore[arg-type]
    for call in (
        lambda: kernels.evaluate(weights, *problem),
        lambda: kernels.train_steps(*[weights] * 3, 0, np.ones(1), *problem, 1.0, 0.0),
    ):
        with pytest.raises(ValueError, match="not a valid LossKind"):
            call()


def test_the_builders_refuse_what_they_do_not_know() -> None:
    for build in (
        lambda cell: scan(MATRIX, MATRIX, 2, cell),
        lambda cell: scan_back(MATRIX, MATRIX, MATRIX, 2, cell),
    ):
        with pytest.raises(ValueError, match="CellKind"):
            build(0)
    (line,), (slopes,) = activate(CellKind.TANH, MATRIX), multiply_by_slope(CellKind.TANH, MATRIX, MATRIX)
    squares = loss(LossKind.SQUARED_ERROR, MATRIX, MATRIX, 0)
    operation = copy(MATRIX, MATRIX)._replace(operation=0)  # type: ignore[arg-type]
    wrong_cells = (row._replace(kind=code) for row in (line, slopes) for code in (0, 12345, LossKind.SQUARED_ERROR))
    wrong_losses = (squares._replace(kind=code) for code in (0, 12345, CellKind.TANH))
    for wrong in (operation, *wrong_cells, *wrong_losses):
        with pytest.raises(ValueError, match="not a valid"):
            program(wrong)


def test_a_loop_repeats_a_step_and_nothing_else() -> None:
    product, (line,) = add(MATRIX, MATRIX, MATRIX), activate(CellKind.TANH, MATRIX)
    for step in ((product,), (line,), (product, line)):
        assert len(program(*loop(3, *step))) == 1 + len(step)
    assert loop(0, product) == loop(3) == []
    for wrong in (
        (line, product),
        (product, product),
        (copy(MATRIX, MATRIX),),
        loop(2, product),
        (product, line, line),
    ):
        with pytest.raises(ValueError, match="a loop must repeat"):
            program(*loop(3, *wrong))
    with pytest.raises(ValueError, match="a loop must repeat"):
        program(Instruction(Operation.LOOP, times=2, length=1))


@pytest.mark.parametrize("operation", [0, 99, *CellKind, *LossKind])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compiled_program_refuses_unknown_operations(operation: int, dtype: type) -> None:
    refuse(program(add(MATRIX, MATRIX, MATRIX)), "operation", operation, dtype)


@pytest.mark.parametrize("kind", [0, 99, *Operation])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compiled_program_refuses_unknown_kinds(kind: int, dtype: type) -> None:
    rows = (*activate(CellKind.TANH, MATRIX), *multiply_by_slope(CellKind.TANH, MATRIX, MATRIX))
    for row in (*rows, loss(LossKind.SQUARED_ERROR, MATRIX, MATRIX, 0)):
        refuse(program(row), "kind", kind, dtype)


@pytest.mark.parametrize("kind", [0, CellKind.TANH, CellKind.GRU])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compiled_program_refuses_cells_without_parameters_of_their_own(kind: int, dtype: type) -> None:
    poles, logarithms = MATRIX.part(0, 1), MATRIX.part(1, 1)
    refuse(program(unpack_parameters(poles, logarithms, MATRIX.part(0, 0))), "kind", kind, dtype)


def refuse(instructions: np.ndarray, field: str, code: int, dtype: type) -> None:
    """The program runs as it is, and is refused with another code."""
    a = np.zeros(64, dtype)
    run(a, np.zeros(1), instructions)
    instructions[field] = code
    with pytest.raises(ValueError, match="unknown"):
        run(a, np.zeros(1), instructions)


def test_instructions_are_rows_of_named_fields() -> None:
    matrix = Layout().place_tiles(3, 5).moving(0, 3)
    (row,) = program(copy(matrix, matrix))
    assert INSTRUCTION.names is not None
    assert (row["operation"], row["rows"], row["columns"], row["out_step"]) == (Operation.COPY, 3, 5, 16)
    assert row["out_move"] == 3 * 16
    assert set(KINDS) < set(Operation)


def test_codes_by_name() -> None:
    assert [parse_code(CellKind, name) for name in ("linear", "tanh")] == [CellKind.LINEAR, CellKind.TANH]
    assert parse_code(LossKind, "squared_error") is LossKind.SQUARED_ERROR
    for unknown in ("softplus", "TANH", "", "none", "squared_error"):
        with pytest.raises(ValueError, match="cell must be one of linear, tanh"):
            parse_code(CellKind, unknown)
