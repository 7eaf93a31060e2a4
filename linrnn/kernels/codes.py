"""Integer codes of the compiled kernels: one enumeration each, no value in two of them."""

from __future__ import annotations

from enum import IntEnum


class Operation(IntEnum):
    """Operations of a program."""

    COPY = 1
    TRANSPOSE = 2
    PRODUCT = 3


class Activation(IntEnum):
    """Activations f of a recurrence."""

    LINEAR = 11
    TANH = 12


class Finish(IntEnum):
    """Elementwise operations that end a product."""

    NONE = 21
    TANH = 22
    TANH_SLOPE = 23


FORWARD = {Activation.LINEAR: Finish.NONE, Activation.TANH: Finish.TANH}
BACKWARD = {Activation.LINEAR: Finish.NONE, Activation.TANH: Finish.TANH_SLOPE}


def parse_activation(name: str) -> Activation:
    """The code of an activation, `linear` or `tanh`; ValueError for any other."""
    names = {code.name.lower(): code for code in Activation}
    if name not in names:
        raise ValueError(f"activation must be one of {', '.join(names)}, not {name!r}")
    return names[name]
