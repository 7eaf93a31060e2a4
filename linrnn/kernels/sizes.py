"""Architectures and sizes of the networks that the kernels compute."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.kernels.codes import CellKind


class Architecture(NamedTuple):
    """A stack of recurrences with a readout of the last one."""

    cell: CellKind
    hidden: int  # units of each recurrence
    layers: int = 1


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
    def fans(self) -> list[int]:
        """What each layer reads: the inputs or the units below."""
        return [self.inputs] + [self.hidden] * (self.architecture.layers - 1)
