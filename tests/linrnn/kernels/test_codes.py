"""Codes of the kernels: separate enumerations, and no code that is taken for another."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from linrnn import kernels
from linrnn.kernels.codes import BACKWARD, FORWARD, Activation, Finish, Operation, parse_activation
from linrnn.kernels.program import INSTRUCTION, Layout, add, copy, program, run, scan, scan_back

ARRAYS = [np.zeros(shape, np.float32) for shape in ((1, 3, 2, 4), (1, 4, 4), (1, 2, 4))]
SEQUENCE = np.zeros((3, 2, 1), np.float32)


def test_no_value_belongs_to_two_enumerations() -> None:
    for one, other in combinations((Operation, Activation, Finish), 2):
        assert not {int(code) for code in one} & {int(code) for code in other}
    assert set(FORWARD) == set(BACKWARD) == set(Activation)


@pytest.mark.parametrize("unknown", [0, 1, 2, 13, -1, *Operation, *Finish])
def test_an_unknown_activation_is_refused_by_every_entry(unknown: int) -> None:
    u, W, h0 = ARRAYS
    weights = np.zeros((1, 4 * (1 + 4 + 1) + 5), np.float32)
    data = SEQUENCE, SEQUENCE, 0, 1.0
    calls = (
        lambda: kernels.recurrence_forward(u, W, h0, unknown),  # type: ignore[arg-type]
        lambda: kernels.recurrence_backward(u, u, W, h0, unknown),  # type: ignore[arg-type]
        lambda: kernels.evaluate(weights, *data, 4, 1, unknown),  # type: ignore[arg-type]
        lambda: kernels.train_steps(*[weights] * 3, 0, np.ones(1), *data, 1.0, 0.0, 4, 1, unknown),  # type: ignore[arg-type]
    )
    for call in calls:
        with pytest.raises(ValueError, match="not a valid Activation"):
            call()


def test_the_builders_refuse_what_they_do_not_know() -> None:
    matrix = Layout().place_tiles(4, 4)
    for build in (scan, scan_back):
        with pytest.raises(ValueError, match="Activation"):
            build(matrix, matrix, matrix, 2, 0) if build is scan_back else build(matrix, matrix, 2, 0)  # type: ignore
    for wrong in (copy(matrix, matrix)._replace(operation=0), add(matrix, matrix, matrix)._replace(finish=2)):  # type: ignore
        with pytest.raises(ValueError, match="not a valid"):
            program(wrong)


@pytest.mark.parametrize(("field", "code"), [("operation", 0), ("operation", 21), ("finish", 0), ("finish", 12)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_compiled_program_refuses_them_too(field: str, code: int, dtype: type) -> None:
    layout = Layout()
    matrix = layout.place_tiles(4, 4)
    instructions = program(add(matrix, matrix, matrix))
    a = np.zeros(layout.size, dtype)
    run(a, instructions)
    instructions[field] = code
    with pytest.raises(ValueError, match="unknown"):
        run(a, instructions)


def test_instructions_are_rows_of_named_fields() -> None:
    matrix = Layout().place_tiles(3, 5)
    (row,) = program(copy(matrix, matrix))
    assert INSTRUCTION.names is not None
    assert (row["operation"], row["rows"], row["columns"], row["out_step"]) == (Operation.COPY, 3, 5, 16)


def test_activations_by_name() -> None:
    assert [parse_activation(name) for name in ("linear", "tanh")] == [Activation.LINEAR, Activation.TANH]
    for unknown in ("relu", "TANH", "", "none"):
        with pytest.raises(ValueError, match="linear, tanh"):
            parse_activation(unknown)
