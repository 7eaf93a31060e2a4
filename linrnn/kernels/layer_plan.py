"""What the programs of all kinds of recurrences share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add_transpose_product, clear, copy, transpose
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
    recurrent: Matrix  # W, or one row of logarithms
    bias: Matrix  # b, one row; empty without one
    recurrent_bias: Matrix = Matrix(0, 0, 0, 0)  # a, one row; empty without one


class Scratch(NamedTuple):
    """Matrices that all layers use in turn."""

    ones: Matrix  # (T B, 1)
    product: Matrix
    zeros: Matrix  # one row

    def product_over_rows(self, rows: int, columns: int, lhs: Matrix, rhs: Matrix) -> tuple[Matrix, list[Instruction]]:
        """lhs.T @ rhs, in `product`."""
        product = Matrix(self.product.start, rows, columns, rhs.step)
        return product, [clear(product, self.zeros), add_transpose_product(product, lhs, rhs)]

    def sum_over_rows(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = lhs.T @ rhs."""
        product, instructions = self.product_over_rows(gradient.rows, gradient.columns, lhs, rhs)
        return [*instructions, copy(gradient, product)]

    def sum_to_transpose(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = rhs.T @ lhs, of a matrix lhs without padding."""
        product, instructions = self.product_over_rows(gradient.columns, gradient.rows, lhs, rhs)
        return [*instructions, transpose(gradient, product)]


class Layer(ABC):
    """One recurrence, for R rows of data at most: where its matrices lie, and its programs."""

    states: Matrix  # h_0 first
    slopes: Matrix  # dL/d(U x), once the gradient is computed
    drive: Matrix  # U, padded

    def __init__(self, layout: Layout, sizes: Sizes, index: int, rows: int) -> None:
        self.sizes, self.index, self.fan = sizes, index, sizes.fans[index]
        self.batch, self.hidden = sizes.batch, sizes.hidden
        self.states = layout.place_tiles(sizes.batch + rows, sizes.width)

    @abstractmethod
    def place_weights(self, layout: Layout) -> None:
        """Place what the way back needs."""

    @abstractmethod
    def parameters(self, row: ParameterRow) -> Parameters:
        """The parameters as they lie in a row, but for those behind the readout."""

    def complete_parameters(self, row: ParameterRow, parameters: Parameters) -> Parameters:
        """All parameters, with those that lie in the row behind the readout; none by default."""
        return parameters

    @abstractmethod
    def unpack(self, weights: Parameters) -> list[Instruction]:
        """The weights as the way forward needs them."""

    @abstractmethod
    def pad(self, weights: Parameters) -> list[Instruction]:
        """The weights that slopes are multiplied with."""

    @abstractmethod
    def forward(self, weights: Parameters, below: Matrix) -> list[Instruction]:
        """The states for so many rows as `below` has, from the first rows of the states."""

    @abstractmethod
    def backward(
        self, weights: Parameters, gradient: Parameters, above: Matrix, reader: Matrix, below: Matrix, scratch: Scratch
    ) -> list[Instruction]:
        """The gradient, from the slopes of what reads the states and the weights by which it does."""

    @property
    def all_states(self) -> list[Matrix]:
        """Matrices of states, one more step than there are data."""
        return [self.states]

    @property
    def constants(self) -> list[tuple[Matrix, list[float]]]:
        """Matrices that no instruction writes, with their values."""
        return []

    def outputs(self, rows: int) -> Matrix:
        """What the layer above reads of the first rows."""
        return self.states.part(self.batch, rows)

    def carry(self, rows: int) -> list[Instruction]:
        """The last states of so many rows become the first ones."""
        return [copy(states.part(0, self.batch), states.part(rows, self.batch)) for states in self.all_states]

    def reset(self, zeros: Matrix) -> list[Instruction]:
        """The first states become 0."""
        return [copy(states.part(0, self.batch), zeros._replace(step=0)) for states in self.all_states]
