"""Programs of an Elman recurrence.

With a recurrent bias a, whose gradient is that of b, the recurrence adds the sum of both.
"""

from __future__ import annotations

from linrnn.kernels.elman_cell import scan, scan_back
from linrnn.kernels.layer_plan import Layer, ParameterRow, Parameters, Scratch
from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add, clear, copy, repeat, transpose
from linrnn.kernels.sizes import Sizes


class ElmanLayer(Layer):
    """h_t = f(W h_{t-1} + a + U x_t + b); the states are computed in the place of U x_t + a + b."""

    def __init__(self, layout: Layout, sizes: Sizes, index: int, rows: int) -> None:
        super().__init__(layout, sizes, index, rows)
        self.rows = rows
        self.drive_transposed = layout.place_tiles(self.fan, self.hidden)
        self.recurrent_transposed = layout.place_tiles(self.hidden, self.hidden)
        self.has_two_biases = sizes.architecture.recurrent_bias
        if self.has_two_biases:
            self.bias, self.recurrent_bias = (layout.place_tiles(1, self.hidden) for _ in range(2))
            self.one = layout.place_tiles(1, 1)

    @property
    def constants(self) -> list[tuple[Matrix, list[float]]]:
        return [(self.one, [1.0])] if self.has_two_biases else []

    def place_weights(self, layout: Layout) -> None:
        self.drive = layout.place_tiles(self.hidden, self.fan)
        self.recurrent = layout.place_tiles(self.hidden, self.hidden)
        self.slopes = layout.place_tiles(self.rows, self.hidden)

    def parameters(self, row: ParameterRow) -> Parameters:
        H = self.hidden
        return Parameters(row.take(H, self.fan), row.take(H, H), row.take(1, H))

    def complete_parameters(self, row: ParameterRow, parameters: Parameters) -> Parameters:
        return parameters._replace(recurrent_bias=row.take(1, self.hidden)) if self.has_two_biases else parameters

    def unpack(self, weights: Parameters) -> list[Instruction]:
        return [
            transpose(self.drive_transposed, weights.drive),
            transpose(self.recurrent_transposed, weights.recurrent),
            *(self.sum_biases(weights) if self.has_two_biases else []),
        ]

    def sum_biases(self, weights: Parameters) -> list[Instruction]:
        """bias = b + a."""
        return [
            copy(self.bias, weights.bias),
            copy(self.recurrent_bias, weights.recurrent_bias),
            add(self.bias, self.one, self.recurrent_bias),
        ]

    def pad(self, weights: Parameters) -> list[Instruction]:
        return [copy(self.drive, weights.drive), copy(self.recurrent, weights.recurrent)]

    def forward(self, weights: Parameters, below: Matrix) -> list[Instruction]:
        cell, units = self.sizes.architecture.cell, self.sizes.architecture.units
        states, h = self.outputs(below.rows), self.states.part(0, self.batch + below.rows)
        bias = self.bias if self.has_two_biases else weights.bias
        drive = [repeat(states, bias), add(states, below, self.drive_transposed)]
        return drive + scan(h, self.recurrent_transposed, self.batch, cell, units)

    def backward(
        self, weights: Parameters, gradient: Parameters, above: Matrix, reader: Matrix, below: Matrix, scratch: Scratch
    ) -> list[Instruction]:
        cell, units = self.sizes.architecture.cell, self.sizes.architecture.units
        slopes, h = self.slopes, self.states
        instructions = [clear(slopes, scratch.zeros), add(slopes, above, reader)]
        instructions += scan_back(slopes, h, self.recurrent, self.batch, cell, units)
        instructions += scratch.sum_over_rows(gradient.bias, scratch.ones, slopes)
        if self.has_two_biases:
            instructions.append(copy(gradient.recurrent_bias, gradient.bias))
        instructions += scratch.sum_over_rows(gradient.recurrent, slopes, h.part(0, below.rows))
        narrow = self.index == 0  # the inputs are not padded
        return instructions + (
            scratch.sum_to_transpose(gradient.drive, below, slopes)
            if narrow
            else scratch.sum_over_rows(gradient.drive, slopes, below)
        )
