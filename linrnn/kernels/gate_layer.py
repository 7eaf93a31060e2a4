"""Programs of a gated recurrence, LSTM or GRU."""

from __future__ import annotations

from collections.abc import Iterator

from linrnn.kernels.codes import CellKind
from linrnn.kernels.gate_cells import GATES, Block, StepMatrices, step_backward, step_forward
from linrnn.kernels.layer_plan import Layer, ParameterRow, Parameters, Scratch
from linrnn.kernels.lstm_cell import most_columns
from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add, clear, copy, loop, repeat, transpose
from linrnn.kernels.sizes import Sizes


class GateLayer(Layer):
    """Gates z_t = W h_{t-1} + U x_t + b, and states that the cell computes of them; the gates become their slopes."""

    def __init__(self, layout: Layout, sizes: Sizes, index: int, rows: int) -> None:
        super().__init__(layout, sizes, index, rows)
        self.cell, self.order, self.rows = sizes.architecture.cell, GATES[sizes.architecture.cell], rows
        H, (count, drive, recurrent, _, _) = self.hidden, self.order
        columns = most_columns(H, layout.lanes) if self.cell == CellKind.LSTM else count * H
        tiles = recurrent.target * H + layout.pad(recurrent.size * H)  # products write whole ones
        step = layout.pad(max(columns, tiles))
        self.gates = layout.place(rows, count * H, step)
        self.drive_transposed = layout.place_tiles(self.fan, drive.size * H)
        self.recurrent_transposed = layout.place_tiles(H, recurrent.size * H)
        self.cell_states = layout.place_tiles(sizes.batch + rows, H)
        self.active = layout.place(rows, columns, layout.pad(columns) + layout.pad(H))  # and tanh c
        self.scales = layout.place_tiles(1, columns)

    @property
    def all_states(self) -> list[Matrix]:
        return [self.states, self.cell_states]

    @property
    def constants(self) -> list[tuple[Matrix, list[float]]]:
        H = self.hidden
        halves = [0.5] * H
        return [(self.scales.section(0, 4 * H), [*halves, *halves, *[1.0] * H, *halves])]  # i, f, g, o of an LSTM

    def place_weights(self, layout: Layout) -> None:
        H, (_, drive, recurrent, _, _) = self.hidden, self.order
        self.drive = layout.place_tiles(drive.size * H, self.fan)
        self.recurrent = layout.place_tiles(recurrent.size * H, H)
        self.state_slopes = layout.place_tiles(self.batch + self.rows, H)  # those of h_0 first
        self.carry_slopes = layout.place_tiles(self.batch, H)
        self.slopes = self.columns(self.gates, drive)

    def parameters(self, row: ParameterRow) -> Parameters:
        H, (count, drive, recurrent, _, _) = self.hidden, self.order
        return Parameters(row.take(drive.size * H, self.fan), row.take(recurrent.size * H, H), row.take(1, count * H))

    def columns(self, matrix: Matrix, block: Block) -> Matrix:
        """The columns of a block of gates."""
        return matrix.section(block.target * self.hidden, block.size * self.hidden)

    def drive_parts(self, matrix: Matrix) -> Iterator[tuple[Block, Matrix]]:
        """The rows of U, or of its gradient, that each block of gates has."""
        for block in self.order.drive_order:
            yield block, matrix.part(block.source * self.hidden, block.size * self.hidden)

    def bias_parts(self, matrix: Matrix) -> Iterator[tuple[Block, Matrix]]:
        """The columns of b, or of its gradient, that each block of gates has."""
        for block in self.order.bias_order:
            yield block, matrix.section(block.source * self.hidden, block.size * self.hidden)

    def unpack(self, weights: Parameters) -> list[Instruction]:
        drive = [transpose(self.columns(self.drive_transposed, b), U) for b, U in self.drive_parts(weights.drive)]
        return [*drive, transpose(self.recurrent_transposed, weights.recurrent)]

    def pad(self, weights: Parameters) -> list[Instruction]:
        H = self.hidden
        drive = [copy(self.drive.part(b.target * H, b.size * H), U) for b, U in self.drive_parts(weights.drive)]
        return [*drive, copy(self.recurrent, weights.recurrent)]

    def matrices(self, first: int, direction: int) -> StepMatrices:
        """The matrices of the step of data row `first`, moving forward or backward."""
        batch = self.batch

        def moving(matrix: Matrix, row: int) -> Matrix:
            return matrix.moving(row, batch, direction)

        states = [moving(matrix, row) for matrix in (self.states, self.cell_states) for row in (first + batch, first)]
        matrices = [moving(self.gates, first), *states, moving(self.active, first), self.scales]
        if direction < 0:
            matrices += [*(moving(self.state_slopes, row) for row in (first + batch, first)), self.carry_slopes]
        return StepMatrices(*matrices)

    def forward(self, weights: Parameters, below: Matrix) -> list[Instruction]:
        gates, (_, drive, recurrent, _, _) = self.gates.part(0, below.rows), self.order
        biases = [repeat(self.columns(gates, block), b) for block, b in self.bias_parts(weights.bias)]
        step = self.matrices(0, 1)
        product = add(self.columns(step.gates, recurrent), step.earlier_h, self.recurrent_transposed)
        scan = loop(below.rows // self.batch, product, step_forward(self.cell, step))
        return [*biases, add(self.columns(gates, drive), below, self.drive_transposed), *scan]

    def backward(
        self, weights: Parameters, gradient: Parameters, above: Matrix, reader: Matrix, below: Matrix, scratch: Scratch
    ) -> list[Instruction]:
        batch, rows, (_, _drive, recurrent, _, _) = self.batch, below.rows, self.order
        last, earlier = self.matrices(rows - batch, -1), self.matrices(rows - 2 * batch, -1)
        slopes_later = self.columns(self.gates, recurrent).moving(rows - batch, batch, -1)
        instructions = [
            clear(self.state_slopes, scratch.zeros),
            clear(self.carry_slopes, scratch.zeros),
            add(self.state_slopes.part(batch, rows), above, reader),
            step_backward(self.cell, last),
            *loop(
                rows // batch - 1,
                add(earlier.slopes, slopes_later, self.recurrent),
                step_backward(self.cell, earlier),
            ),
        ]
        for block, b in self.bias_parts(gradient.bias):
            instructions += scratch.sum_over_rows(b, scratch.ones, self.columns(self.gates, block))
        h = self.states.part(0, rows)
        instructions += scratch.sum_over_rows(gradient.recurrent, self.columns(self.gates, recurrent), h)
        for block, U in self.drive_parts(gradient.drive):
            slopes = self.columns(self.gates, block)
            instructions += (
                scratch.sum_to_transpose(U, below, slopes)
                if self.index == 0  # the inputs are not padded
                else scratch.sum_over_rows(U, slopes, below)
            )
        return instructions
