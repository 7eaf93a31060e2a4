"""Architectures and sizes of the networks that the kernels compute."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.kernels.codes import CellKind


class Architecture(NamedTuple):
    """A stack of recurrences with a readout of the last one."""

    cell: CellKind
    hidden: int  # units of each recurrence
    layers: int = 1
    units: int = 0  # of each recurrence that pass through the activation of PARTIAL_TANH
    readout: int = 0  # hidden units of the readout; 0: none
    recurrent_bias: bool = False  # of each Elman recurrence, beside its W


class Sizes(NamedTuple):
    """Sizes of a network for data of I inputs, O outputs and B sequences."""

    inputs: int
    outputs: int
    batch: int
    architecture: Architecture

    @property
    def hidden(self) -> int:
        """H, the units of each recurrence."""
        return self.architecture.hidden

    @property
    def width(self) -> int:
        """Real numbers that a recurrence gives at each step."""
        return (2 if self.architecture.cell == CellKind.LRU else 1) * self.hidden

    @property
    def fans(self) -> list[int]:
        """What each layer reads: the inputs or the units below."""
        return [self.inputs] + [self.width] * (self.architecture.layers - 1)
