"""Programs of a readout: linear, or with one hidden layer of tanh units."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from linrnn.kernels.codes import CellKind
from linrnn.kernels.elman_cell import activate, multiply_by_slope
from linrnn.kernels.layer_plan import ParameterRow, Scratch
from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add, clear, copy, repeat, transpose
from linrnn.kernels.sizes import Sizes


class Affine(NamedTuple):
    """A matrix and a bias, or their gradients."""

    weight: Matrix
    bias: Matrix  # one row


class Readout:
    """y = C h + c, or y = C v + c with v = tanh(M h + m), for R rows at most."""

    def __init__(self, layout: Layout, sizes: Sizes, rows: int) -> None:
        self.sizes, self.rows, hidden = sizes, rows, sizes.architecture.readout
        widths = [sizes.width, hidden, sizes.outputs] if hidden else [sizes.width, sizes.outputs]
        self.shapes = [(out, fan) for fan, out in itertools.pairwise(widths)]
        self.values = [layout.place_tiles(rows, out) for out, _ in self.shapes]
        self.transposed = [layout.place_tiles(fan, out) for out, fan in self.shapes]
        self.outputs = self.values[-1]

    def place_weights(self, layout: Layout) -> None:
        """Place what the way back needs."""
        self.padded = [layout.place_tiles(out, fan) for out, fan in self.shapes]
        self.slopes = [layout.place_tiles(self.rows, out) for out, _ in self.shapes[:-1]]

    def parameters(self, row: ParameterRow) -> list[Affine]:
        """The parameters as they lie in a row."""
        return [Affine(row.take(out, fan), row.take(1, out)) for out, fan in self.shapes]

    def unpack(self, weights: list[Affine]) -> list[Instruction]:
        """The transposes of the weights."""
        return [transpose(out, affine.weight) for out, affine in zip(self.transposed, weights, strict=True)]

    def pad(self, weights: list[Affine]) -> list[Instruction]:
        """The weights that slopes are multiplied with, padded."""
        return [copy(out, affine.weight) for out, affine in zip(self.padded, weights, strict=True)]

    def forward(self, weights: list[Affine], states: Matrix) -> list[Instruction]:
        """The outputs of so many rows of states."""
        below, instructions = states, []
        for k, affine in enumerate(weights):
            out = self.values[k].part(0, states.rows)
            instructions += [repeat(out, affine.bias), add(out, below, self.transposed[k])]
            if k + 1 < len(weights):
                instructions += activate(CellKind.TANH, out)
            below = out
        return instructions

    def backward(self, gradients: list[Affine], states: Matrix, scratch: Scratch) -> list[Instruction]:
        """The gradients, from the slopes dL/dy in the place of the outputs."""
        slopes, below, instructions = [*self.slopes, self.outputs], [states, *self.values[:-1]], []
        for k in reversed(range(len(gradients))):
            instructions += scratch.sum_over_rows(gradients[k].weight, slopes[k], below[k])
            instructions += scratch.sum_over_rows(gradients[k].bias, scratch.ones, slopes[k])
            if k:
                instructions += [clear(slopes[k - 1], scratch.zeros), add(slopes[k - 1], slopes[k], self.padded[k])]
                instructions += multiply_by_slope(CellKind.TANH, slopes[k - 1], self.values[k - 1])
        return instructions

    @property
    def first_slopes(self) -> Matrix:
        """The slopes of what reads the states."""
        return [*self.slopes, self.outputs][0]
