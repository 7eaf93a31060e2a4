"""Integer codes of the compiled kernels: one enumeration each, no value in two of them."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import TypeVar


class Operation(IntEnum):
    """Operations of a program."""

    COPY = 1
    TRANSPOSE = 2
    PRODUCT = 3
    LOOP = 4
    CELL = 5
    CELL_BACKWARD = 6
    LOSS = 7
    PARAMETERS = 8
    PARAMETERS_BACKWARD = 9


class CellKind(IntEnum):
    """Recurrences: what follows the products of one step."""

    LINEAR = 11
    TANH = 12
    RELU = 13
    PARTIAL_TANH = 14  # tanh of the first units
    LSTM = 15
    GRU = 16
    LRU = 17


class LossKind(IntEnum):
    """Losses of outputs and targets."""

    SQUARED_ERROR = 31
    CROSS_ENTROPY = 32


KINDS: dict[Operation, type[CellKind] | type[LossKind]] = {
    Operation.CELL: CellKind,
    Operation.CELL_BACKWARD: CellKind,
    Operation.PARAMETERS: CellKind,
    Operation.PARAMETERS_BACKWARD: CellKind,
    Operation.LOSS: LossKind,
}

C = TypeVar("C", CellKind, LossKind)


def parse_code(codes: type[C], name: str) -> C:
    """The code of a name in lower case, such as `tanh`; ValueError for a name that the enumeration does not have."""
    names = code_names(codes)
    if name not in names:
        raise ValueError(
            f"{codes.__name__.removesuffix('Kind').lower()} must be one of {', '.join(names)}, not {name!r}"
        )
    code: C = names[name]
    return code


@cache
def code_names(codes: type[C]) -> dict[str, C]:
    """The codes of an enumeration by their names in lower case."""
    return {code.name.lower(): code for code in codes}
