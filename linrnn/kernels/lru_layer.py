"""Programs of a linear recurrent unit."""

from __future__ import annotations

from linrnn.kernels.layer_plan import Layer, ParameterRow, Parameters, Scratch
from linrnn.kernels.lru_cell import complex_scan, complex_scan_back, parameter_slopes, unpack_parameters
from linrnn.kernels.matrices import Layout, Matrix
from linrnn.kernels.program import Instruction, add, clear, transpose
from linrnn.kernels.sizes import Sizes


class LruLayer(Layer):
    """h_t = lambda h_{t-1} + gamma U x_t, complex; the states are computed in the place of gamma U x_t."""

    def __init__(self, layout: Layout, sizes: Sizes, index: int, rows: int) -> None:
        super().__init__(layout, sizes, index, rows)
        self.rows = rows
        self.drive_transposed = layout.place_tiles(self.fan, 2 * self.hidden)  # times gamma
        self.poles, self.zeros = (layout.place_tiles(1, 2 * self.hidden) for _ in range(2))

    def place_weights(self, layout: Layout) -> None:
        H = self.hidden
        self.drive = layout.place_tiles(2 * H, self.fan)
        self.pole_slopes = layout.place_tiles(1, 2 * H)
        self.state_slopes = layout.place_tiles(self.batch + self.rows, 2 * H)  # those of h_0 first
        self.slopes = self.state_slopes.part(self.batch, self.rows)

    def parameters(self, row: ParameterRow) -> Parameters:
        logarithms, H = row.take(1, 3 * self.hidden), self.hidden
        return Parameters(row.take(2 * H, self.fan), logarithms, row.take(0, 0))

    def unpack(self, weights: Parameters) -> list[Instruction]:
        return [
            transpose(self.drive_transposed, weights.drive),
            unpack_parameters(self.poles, weights.recurrent, self.drive_transposed),
        ]

    def pad(self, weights: Parameters) -> list[Instruction]:
        return [transpose(self.drive, self.drive_transposed)]

    def forward(self, weights: Parameters, below: Matrix) -> list[Instruction]:
        states, h = self.outputs(below.rows), self.states.part(0, self.batch + below.rows)
        drive = [clear(states, self.zeros), add(states, below, self.drive_transposed)]
        return drive + complex_scan(h, self.poles, self.batch)

    def backward(
        self, weights: Parameters, gradient: Parameters, above: Matrix, reader: Matrix, below: Matrix, scratch: Scratch
    ) -> list[Instruction]:
        product, products = scratch.product_over_rows(self.fan, 2 * self.hidden, below, self.slopes)
        return [
            clear(self.state_slopes, scratch.zeros),
            clear(self.pole_slopes, scratch.zeros),
            add(self.slopes, above, reader),
            *complex_scan_back(self.state_slopes, self.states, self.poles, self.pole_slopes, self.batch),
            *products,
            parameter_slopes(
                gradient.recurrent, weights.recurrent, product, self.poles, self.drive_transposed, self.pole_slopes
            ),
            transpose(gradient.drive, product),
        ]
