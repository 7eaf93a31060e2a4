"""Programs of a recurrent network: states, outputs and loss forward, the flat gradient backward."""

from __future__ import annotations

from linrnn.kernels.codes import LossKind
from linrnn.kernels.layer_plan import ElmanLayer, ParameterRow, Parameters, Scratch
from linrnn.kernels.matrices import Layout
from linrnn.kernels.program import Instruction, add, copy, loss, program, repeat, transpose
from linrnn.kernels.sizes import Sizes

CHUNK = 2**15  # elements of a layer's states evaluated at a time


class ParameterLayout:
    """All parameters of a network, or their gradients, as they lie in a row that begins at `start`."""

    def __init__(self, start: int, sizes: Sizes, layers: list[ElmanLayer]) -> None:
        row = ParameterRow(start)
        self.layers: list[Parameters] = [layer.parameters(row) for layer in layers]
        self.readout, self.readout_bias = row.take(sizes.outputs, sizes.hidden), row.take(1, sizes.outputs)
        self.size = row.stop - start


class NetworkPlan:
    """Layout of one replica and its way forward, for R rows of data at most."""

    def __init__(self, sizes: Sizes, rows: int) -> None:
        self.sizes, self.rows, self.layout = sizes, rows, Layout()
        padded, packed = self.layout.place_tiles, self.layout.place_rows
        self.layers = [ElmanLayer(self.layout, sizes, index, rows) for index in range(sizes.architecture.layers)]
        self.parameters = ParameterLayout(0, sizes, self.layers).size
        self.row, self.gradient = packed(1, self.parameters), padded(1, self.parameters)
        self.weights = ParameterLayout(self.row.start, sizes, self.layers)
        self.inputs, self.targets = packed(rows, sizes.inputs), packed(rows, sizes.outputs)
        self.outputs, self.readout_transposed = padded(rows, sizes.outputs), padded(sizes.hidden, sizes.outputs)

    def unpack(self) -> list[Instruction]:
        """The transposes of the weights in `row`."""
        instructions = [transpose(self.readout_transposed, self.weights.readout)]
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.unpack(weights)
        return instructions

    def forward(self, rows: int) -> list[Instruction]:
        """States and outputs of so many rows of inputs, from the first rows of the states."""
        below, instructions = self.inputs.part(0, rows), []
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.forward(weights, below)
            below = layer.outputs(rows)
        outputs = self.outputs.part(0, rows)
        readout = [repeat(outputs, self.weights.readout_bias), add(outputs, below, self.readout_transposed)]
        return instructions + readout

    def loss(self, kind: LossKind, rows: int, washout: int) -> Instruction:
        """The loss of so many rows, the first `washout` left out."""
        return loss(kind, self.outputs.part(0, rows), self.targets, washout)


class TrainingPlan(NetworkPlan):
    """Programs of an epoch on R rows at once."""

    def __init__(self, sizes: Sizes, rows: int, kind: LossKind, washout: int) -> None:
        super().__init__(sizes, rows)
        padded, H = self.layout.place_tiles, sizes.hidden
        for layer in self.layers:
            layer.place_weights(self.layout)
        self.readout, widest = padded(sizes.outputs, H), max(sizes.inputs, H, sizes.outputs)
        slopes, ones, zeros = (padded(rows, H), padded(rows, H)), padded(rows, 1), padded(1, widest)
        self.scratch = Scratch(slopes, ones, padded(widest, widest), zeros)
        self.epoch = program(*self.unpack(), *self.pad(), *self.forward(rows), self.loss(kind, rows, washout))
        self.gradients = program(*self.backward())

    def pad(self) -> list[Instruction]:
        """The weights that slopes are multiplied with, padded."""
        instructions = [copy(self.readout, self.weights.readout)]
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.pad(weights)
        return instructions

    def backward(self) -> list[Instruction]:
        """The flat gradient, from the slopes dL/dy in `outputs`; layers from the last to the first."""
        gradients, scratch = ParameterLayout(self.gradient.start, self.sizes, self.layers), self.scratch
        above, weights, states = self.outputs, self.readout, self.layers[-1].outputs(self.rows)
        instructions = scratch.sum_over_rows(gradients.readout, above, states)
        instructions += scratch.sum_over_rows(gradients.readout_bias, scratch.ones, above)
        for k in reversed(range(len(self.layers))):
            layer = self.layers[k]
            below = self.layers[k - 1].outputs(self.rows) if k > 0 else self.inputs
            instructions += layer.backward(gradients.layers[k], above, weights, below, scratch)
            above, weights = layer.slopes(scratch), layer.drive
        return instructions


class EvaluationPlan(NetworkPlan):
    """Programs that read the loss of any number of rows, a chunk at a time."""

    def __init__(self, sizes: Sizes, rows: int, kind: LossKind, washout: int) -> None:
        chunk = max(1, CHUNK // (sizes.hidden * sizes.batch)) * sizes.batch
        super().__init__(sizes, min(rows, chunk))
        zeros = self.layout.place_tiles(1, sizes.hidden)
        resets = (row for layer in self.layers for row in layer.reset(zeros))
        self.start = program(*resets, *self.unpack())
        spans = [(first, min(self.rows, rows - first)) for first in range(0, rows, self.rows)]
        keys = [(count, min(max(washout - first, 0), count)) for first, count in spans]
        programs = {key: program(*self.advance(kind, *key)) for key in set(keys)}
        self.chunks = [(first, key[0], programs[key]) for (first, _), key in zip(spans, keys, strict=True)]

    def advance(self, kind: LossKind, rows: int, washout: int) -> list[Instruction]:
        """Outputs and loss of the next rows; their last states become the first ones."""
        carries = (row for layer in self.layers for row in layer.carry(rows))
        return [*self.forward(rows), self.loss(kind, rows, washout), *carries]
