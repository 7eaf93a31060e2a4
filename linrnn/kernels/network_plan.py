"""Programs of a recurrent network: states, outputs and loss forward, the flat gradient backward."""

from __future__ import annotations

import numpy as np

from linrnn.kernels.codes import CellKind, LossKind
from linrnn.kernels.compilation import Array
from linrnn.kernels.elman_layer import ElmanLayer
from linrnn.kernels.gate_layer import GateLayer
from linrnn.kernels.lanes import interleave
from linrnn.kernels.layer_plan import Layer, ParameterRow, Scratch
from linrnn.kernels.lru_layer import LruLayer
from linrnn.kernels.matrices import Layout
from linrnn.kernels.optimization import PARTS, EpochPlan
from linrnn.kernels.program import Instruction, loss, program
from linrnn.kernels.readout_plan import Readout
from linrnn.kernels.sizes import Sizes

CHUNK = 2**15  # elements of a layer's states evaluated at a time; the order of the sum of losses depends on it
LAYERS: dict[CellKind, type[Layer]] = {
    CellKind.LSTM: GateLayer,
    CellKind.GRU: GateLayer,
    CellKind.LRU: LruLayer,
}


class ParameterLayout:
    """All parameters of a network, or their gradients, as they lie in a row that begins at `start`."""

    def __init__(self, start: int, layers: list[Layer], readout: Readout) -> None:
        row = ParameterRow(start)
        parameters = [layer.parameters(row) for layer in layers]
        self.readout = readout.parameters(row)
        self.layers = [layer.complete_parameters(row, each) for layer, each in zip(layers, parameters, strict=True)]
        self.size = row.stop - start


class NetworkPlan:
    """Layout of one replica and its way forward, for R rows of data at most."""

    def __init__(self, sizes: Sizes, rows: int, lanes: int) -> None:
        self.sizes, self.rows, self.layout = sizes, rows, Layout(lanes)
        packed = self.layout.place_rows
        kind = LAYERS.get(sizes.architecture.cell, ElmanLayer)
        self.layers = [kind(self.layout, sizes, index, rows) for index in range(sizes.architecture.layers)]
        self.readout = Readout(self.layout, sizes, rows)
        self.parameters = ParameterLayout(0, self.layers, self.readout).size
        self.row = packed(1, self.parameters)
        self.weights = ParameterLayout(self.row.start, self.layers, self.readout)
        self.inputs, self.targets = packed(rows, sizes.inputs), packed(rows, sizes.outputs)
        self.outputs = self.readout.outputs

    def assemble(self, *instructions: Instruction) -> Array:
        """A program for all lanes."""
        rows = program(*instructions)
        return interleave(rows, self.layout.lanes) if self.layout.lanes > 1 else rows

    def put_constants(self, a: Array) -> None:
        """Write what no instruction writes."""
        for layer in self.layers:
            for matrix, values in layer.constants:
                matrix.put(a, np.array(values, a.dtype))

    def unpack(self) -> list[Instruction]:
        """The transposes of the weights in `row`."""
        instructions = self.readout.unpack(self.weights.readout)
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.unpack(weights)
        return instructions

    def forward(self, rows: int) -> list[Instruction]:
        """States and outputs of so many rows of inputs, from the first rows of the states."""
        below, instructions = self.inputs.part(0, rows), []
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.forward(weights, below)
            below = layer.outputs(rows)
        return instructions + self.readout.forward(self.weights.readout, below)

    def loss(self, kind: LossKind, rows: int, washout: int) -> Instruction:
        """The loss of so many rows, the first `washout` left out."""
        return loss(kind, self.outputs.part(0, rows), self.targets, washout)


class TrainingPlan(NetworkPlan):
    """Programs of an epoch on R rows at once."""

    def __init__(self, sizes: Sizes, rows: int, kind: LossKind, washout: int, lanes: int) -> None:
        super().__init__(sizes, rows, lanes)
        padded = self.layout.place_tiles
        for layer in self.layers:
            layer.place_weights(self.layout)
        self.readout.place_weights(self.layout)
        widest = max(sizes.inputs, 4 * sizes.hidden, sizes.outputs, sizes.architecture.readout)
        longest = max(2 * widest, *(layer.slopes.step for layer in self.layers))
        self.scratch = Scratch(padded(rows, 1), padded(widest, longest), padded(1, longest))
        self.gradient = self.layout.place(1, self.parameters, -(-self.parameters // PARTS) * PARTS)
        self.mean, self.square = (self.layout.place_rows(1, self.parameters) for _ in range(2))
        self.epoch = self.assemble(*self.unpack(), *self.pad(), *self.forward(rows), self.loss(kind, rows, washout))
        self.gradients = self.assemble(*self.backward())

    @property
    def places(self) -> EpochPlan:
        """The programs, and places of numbers."""
        slopes, lanes = self.outputs.flat, self.layout.lanes
        starts = (lanes * matrix.start for matrix in (slopes, self.row, self.mean, self.square, self.gradient))
        return EpochPlan(self.epoch, self.gradients, lanes * slopes.columns, *starts)

    def put_constants(self, a: Array) -> None:
        super().put_constants(a)
        self.scratch.ones.put(a, np.ones(self.rows, a.dtype))

    def pad(self) -> list[Instruction]:
        """The weights that slopes are multiplied with, padded."""
        instructions = self.readout.pad(self.weights.readout)
        for layer, weights in zip(self.layers, self.weights.layers, strict=True):
            instructions += layer.pad(weights)
        return instructions

    def backward(self) -> list[Instruction]:
        """The flat gradient, from the slopes dL/dy in `outputs`; layers from the last to the first."""
        gradients, scratch = ParameterLayout(self.gradient.start, self.layers, self.readout), self.scratch
        instructions = self.readout.backward(gradients.readout, self.layers[-1].outputs(self.rows), scratch)
        above, reader = self.readout.first_slopes, self.readout.padded[0]
        for k in reversed(range(len(self.layers))):
            layer, below = self.layers[k], self.layers[k - 1].outputs(self.rows) if k > 0 else self.inputs
            parameters = self.weights.layers[k], gradients.layers[k]
            instructions += layer.backward(*parameters, above, reader, below, scratch)
            above, reader = layer.slopes, layer.drive
        return instructions


class EvaluationPlan(NetworkPlan):
    """Programs that read the loss of any number of rows, a chunk at a time."""

    def __init__(self, sizes: Sizes, rows: int, kind: LossKind, washout: int, lanes: int) -> None:
        chunk = max(1, CHUNK // (sizes.hidden * sizes.batch)) * sizes.batch
        super().__init__(sizes, min(rows, chunk), lanes)
        zeros = self.layout.place_tiles(1, sizes.width)
        resets = (row for layer in self.layers for row in layer.reset(zeros))
        self.start = self.assemble(*resets, *self.unpack())
        spans = [(first, min(self.rows, rows - first)) for first in range(0, rows, self.rows)]
        keys = [(count, min(max(washout - first, 0), count)) for first, count in spans]
        programs = {key: self.assemble(*self.advance(kind, *key)) for key in set(keys)}
        self.chunks = [(first, key[0], programs[key]) for (first, _), key in zip(spans, keys, strict=True)]

    def advance(self, kind: LossKind, rows: int, washout: int) -> list[Instruction]:
        """Outputs and loss of the next rows; their last states become the first ones."""
        carries = (row for layer in self.layers for row in layer.carry(rows))
        return [*self.forward(rows), self.loss(kind, rows, washout), *carries]
