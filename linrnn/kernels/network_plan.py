"""Programs of a recurrent network: states and outputs forward, the flat gradient backward."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.kernels.codes import Activation
from linrnn.kernels.program import (
    Instruction,
    Layout,
    Matrix,
    add,
    add_transpose_product,
    clear,
    copy,
    program,
    repeat,
    scan,
    scan_back,
    transpose,
)

CHUNK = 2**15  # elements of a layer's states evaluated at a time


class Sizes(NamedTuple):
    """I inputs, H units, O outputs, L layers, sequences of B."""

    inputs: int
    hidden: int
    outputs: int
    layers: int
    batch: int
    activation: Activation

    @property
    def fans(self) -> list[int]:
        """What each layer reads: the inputs or the units below."""
        return [self.inputs] + [self.hidden] * (self.layers - 1)


class LayerMatrices(NamedTuple):
    """Parameters of a layer, or their gradients."""

    drive: Matrix  # U (H, I)
    recurrent: Matrix  # W (H, H)
    bias: Matrix  # b (1, H)


class ParameterLayout:
    """All parameters of a network, or their gradients, as they lie in a row that begins at `start`."""

    def __init__(self, start: int, sizes: Sizes) -> None:
        H, self.stop = sizes.hidden, start
        self.layers = [LayerMatrices(self.take(H, fan), self.take(H, H), self.take(1, H)) for fan in sizes.fans]
        self.readout, self.readout_bias = self.take(sizes.outputs, H), self.take(1, sizes.outputs)

    def take(self, rows: int, columns: int) -> Matrix:
        """The next matrix."""
        start, self.stop = self.stop, self.stop + rows * columns
        return Matrix(start, rows, columns, columns)


class NetworkPlan:
    """Layout of one replica and its way forward, for R rows of data at most."""

    def __init__(self, sizes: Sizes, rows: int) -> None:
        self.sizes, self.rows, self.layout = sizes, rows, Layout()
        inputs, H, outputs, _, batch, _ = sizes
        padded, packed = self.layout.place_tiles, self.layout.place_rows
        self.parameters = ParameterLayout(0, sizes).stop
        self.row, self.gradient = packed(1, self.parameters), padded(1, self.parameters)
        self.inputs, self.targets, self.outputs = packed(rows, inputs), packed(rows, outputs), padded(rows, outputs)
        self.drive_transposed = [padded(fan, H) for fan in sizes.fans]
        self.recurrent_transposed = [padded(H, H) for _ in sizes.fans]
        self.readout_transposed = padded(H, outputs)
        self.states = [padded(batch + rows, H) for _ in sizes.fans]  # h_0 first

    def unpack(self) -> list[Instruction]:
        """The transposes of the weights in `row`."""
        weights = ParameterLayout(self.row.start, self.sizes)
        instructions = [transpose(self.readout_transposed, weights.readout)]
        for k, layer in enumerate(weights.layers):
            instructions.append(transpose(self.drive_transposed[k], layer.drive))
            instructions.append(transpose(self.recurrent_transposed[k], layer.recurrent))
        return instructions

    def forward(self, rows: int) -> list[Instruction]:
        """States and outputs of so many rows of inputs, from the first rows of the states."""
        batch, below, instructions = self.sizes.batch, self.inputs.part(0, rows), []
        weights = ParameterLayout(self.row.start, self.sizes)
        for k, layer in enumerate(weights.layers):
            h, states = self.states[k].part(0, batch + rows), self.states[k].part(batch, rows)
            instructions += [repeat(states, layer.bias), add(states, below, self.drive_transposed[k])]
            instructions += scan(h, self.recurrent_transposed[k], batch, self.sizes.activation)
            below = states
        outputs = self.outputs.part(0, rows)
        return [*instructions, repeat(outputs, weights.readout_bias), add(outputs, below, self.readout_transposed)]


class TrainingPlan(NetworkPlan):
    """Programs of an epoch on R rows at once."""

    def __init__(self, sizes: Sizes, rows: int) -> None:
        super().__init__(sizes, rows)
        padded, H, widest = self.layout.place_tiles, sizes.hidden, max(sizes[:3])
        self.drive, self.recurrent = ([padded(H, width) for width in widths] for widths in (sizes.fans, [H] * sizes[3]))
        self.readout, self.zeros = padded(sizes.outputs, H), padded(1, widest)
        self.slopes = padded(rows, H), padded(rows, H)  # dL/d(W h + U x + b) of a layer and the one below
        self.ones, self.product = padded(rows, 1), padded(widest, widest)
        self.epoch = program(*self.unpack(), *self.pad(), *self.forward(rows))
        self.gradients = program(*self.backward())

    def pad(self) -> list[Instruction]:
        """The weights that slopes are multiplied with, padded."""
        weights = ParameterLayout(self.row.start, self.sizes)
        instructions = [copy(self.readout, weights.readout)]
        for k, layer in enumerate(weights.layers):
            instructions += [copy(self.drive[k], layer.drive), copy(self.recurrent[k], layer.recurrent)]
        return instructions

    def backward(self) -> list[Instruction]:
        """The flat gradient, from the slopes dL/dy in `outputs`; layers from the last to the first."""
        batch, rows, gradients = self.sizes.batch, self.rows, ParameterLayout(self.gradient.start, self.sizes)
        above, rhs = self.outputs, self.readout
        instructions = self.sum_over_rows(gradients.readout, above, self.states[-1].part(batch, rows))
        instructions += self.sum_over_rows(gradients.readout_bias, self.ones, above)
        for k in reversed(range(self.sizes.layers)):
            h, slopes, gradient = self.states[k], self.slopes[k % 2], gradients.layers[k]
            instructions += [clear(slopes, self.zeros), add(slopes, above, rhs)]
            instructions += scan_back(slopes, h, self.recurrent[k], batch, self.sizes.activation)
            instructions += self.sum_over_rows(gradient.bias, self.ones, slopes)
            instructions += self.sum_over_rows(gradient.recurrent, slopes, h.part(0, rows))
            if k > 0:
                instructions += self.sum_over_rows(gradient.drive, slopes, self.states[k - 1].part(batch, rows))
            above, rhs = slopes, self.drive[k]
        return instructions + self.sum_to_transpose(gradients.layers[0].drive, self.inputs, above)

    def sum_over_rows(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = lhs.T @ rhs."""
        product = Matrix(self.product.start, gradient.rows, gradient.columns, rhs.step)
        return [clear(product, self.zeros), add_transpose_product(product, lhs, rhs), copy(gradient, product)]

    def sum_to_transpose(self, gradient: Matrix, lhs: Matrix, rhs: Matrix) -> list[Instruction]:
        """gradient = rhs.T @ lhs, of a matrix lhs without padding."""
        product = Matrix(self.product.start, gradient.columns, gradient.rows, rhs.step)
        return [clear(product, self.zeros), add_transpose_product(product, lhs, rhs), transpose(gradient, product)]


class EvaluationPlan(NetworkPlan):
    """Programs that read the outputs of any number of rows, a chunk at a time."""

    def __init__(self, sizes: Sizes, rows: int) -> None:
        chunk = max(1, CHUNK // (sizes.hidden * sizes.batch)) * sizes.batch
        super().__init__(sizes, min(rows, chunk))
        self.start = program(*self.unpack())
        self.chunks = [(first, min(self.rows, rows - first)) for first in range(0, rows, self.rows)]
        self.advance = {count: program(*self.forward(count), *self.carry(count)) for _, count in self.chunks}

    def carry(self, rows: int) -> list[Instruction]:
        """The last states of so many rows become the first ones."""
        batch = self.sizes.batch
        return [copy(h.part(0, batch), h.part(rows, batch)) for h in self.states]
