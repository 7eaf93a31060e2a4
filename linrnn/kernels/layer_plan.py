"""Programs of one recurrence of a network: states forward, and the gradient of its parameters backward."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.kernels.elman_cell import scan, scan_back
from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add, add_transpose_product, clear, copy, repeat, transpose
from linrnn.kernels.sizes import Sizes


class ParameterRow:
    """Consecutive matrices of a row of parameters, or of their gradients, that begins at `stop`."""

    def __init__(self, start: int) -> None:
        self.stop = start

    def take(self, rows: int, columns: int) -> Matrix:
        """The next matrix."""
        start, self.stop = self.stop, self.stop + rows * columns
        return Matrix(start, rows, columns, columns)


class Parameters(NamedTuple):
    """Parameters of a recurrence, or their gradients."""

    drive: Matrix  # U
    recurrent: Matrix  # W
    bias: Matrix  # b, one row


class Scratch(NamedTuple):
    """Matrices that all layers use in turn."""

    slopes: tuple[Matrix, Matrix]  # dL/dh of a layer and of the one below, (T B, H)
    ones: Matrix  # (T B, 1)
    product: Matrix
    zeros: Matrix  # one row

    def sum_over_rows(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = lhs.T @ rhs."""
        product = Matrix(self.product.start, gradient.rows, gradient.columns, rhs.step)
        return [clear(product, self.zeros), add_transpose_product(product, lhs, rhs), copy(gradient, product)]

    def sum_to_transpose(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = rhs.T @ lhs, of a matrix lhs without padding."""
        product = Matrix(self.product.start, gradient.columns, gradient.rows, rhs.step)
        return [clear(product, self.zeros), add_transpose_product(product, lhs, rhs), transpose(gradient, product)]


class ElmanLayer:
    """h_t = f(W h_{t-1} + U x_t + b) for R rows of data at most; the states are computed in the place of U x_t + b."""

    def __init__(self, layout: Layout, sizes: Sizes, index: int, rows: int) -> None:
        self.sizes, self.index, self.fan = sizes, index, sizes.fans[index]
        self.drive_transposed = layout.place_tiles(self.fan, sizes.hidden)
        self.recurrent_transposed = layout.place_tiles(sizes.hidden, sizes.hidden)
        self.states = layout.place_tiles(sizes.batch + rows, sizes.hidden)  # h_0 first

    def place_weights(self, layout: Layout) -> None:
        """Place what the way back needs."""
        self.drive = layout.place_tiles(self.sizes.hidden, self.fan)
        self.recurrent = layout.place_tiles(self.sizes.hidden, self.sizes.hidden)

    def parameters(self, row: ParameterRow) -> Parameters:
        """The parameters as they lie in a row."""
        H = self.sizes.hidden
        return Parameters(row.take(H, self.fan), row.take(H, H), row.take(1, H))

    def unpack(self, weights: Parameters) -> list[Instruction]:
        """The transposes of the weights."""
        return [
            transpose(self.drive_transposed, weights.drive),
            transpose(self.recurrent_transposed, weights.recurrent),
        ]

    def pad(self, weights: Parameters) -> list[Instruction]:
        """The weights that slopes are multiplied with, padded."""
        return [copy(self.drive, weights.drive), copy(self.recurrent, weights.recurrent)]

    def outputs(self, rows: int) -> Matrix:
        """What the layer above reads of the first rows."""
        return self.states.part(self.sizes.batch, rows)

    def forward(self, weights: Parameters, below: Matrix) -> list[Instruction]:
        """The states for so many rows as `below` has, from the first rows of the states."""
        batch, states = self.sizes.batch, self.outputs(below.rows)
        h = self.states.part(0, batch + below.rows)
        drive = [repeat(states, weights.bias), add(states, below, self.drive_transposed)]
        return drive + scan(h, self.recurrent_transposed, batch, self.sizes.architecture.cell)

    def carry(self, rows: int) -> list[Instruction]:
        """The last states of so many rows become the first ones."""
        batch = self.sizes.batch
        return [copy(self.states.part(0, batch), self.states.part(rows, batch))]

    def reset(self, zeros: Matrix) -> list[Instruction]:
        """The first states become 0."""
        return [copy(self.states.part(0, self.sizes.batch), zeros._replace(step=0))]

    def slopes(self, scratch: Scratch) -> Matrix:
        """dL/d(W h + U x + b), the result of `backward`."""
        return scratch.slopes[self.index % 2]

    def backward(
        self, gradient: Parameters, above: Matrix, weights: Matrix, below: Matrix, scratch: Scratch
    ) -> list[Instruction]:
        """The gradient, from the slopes of what reads the states and the weights by which it does."""
        batch, rows, slopes, h = self.sizes.batch, below.rows, self.slopes(scratch), self.states
        instructions = [clear(slopes, scratch.zeros), add(slopes, above, weights)]
        instructions += scan_back(slopes, h, self.recurrent, batch, self.sizes.architecture.cell)
        instructions += scratch.sum_over_rows(gradient.bias, scratch.ones, slopes)
        instructions += scratch.sum_over_rows(gradient.recurrent, slopes, h.part(0, rows))
        narrow = self.index == 0  # the inputs are not padded
        return instructions + (
            scratch.sum_to_transpose(gradient.drive, below, slopes)
            if narrow
            else scratch.sum_over_rows(gradient.drive, slopes, below)
        )
