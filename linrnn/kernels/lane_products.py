"""Products of matrices of several replicas side by side: the tiles of `products`, with a replica in each lane.

Element k of row m of lane i is ``a[start + m * step + k * lanes + i]``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import intrinsic

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.products import WORD, Tile

VECTOR = 32  # bytes
LANE_TERMS = 16  # terms of a product taken before the next row: their rows stay in the first-level cache


class LaneTile(Tile):
    """Machine code of one tile of a product: rows x vectors sums in registers, each of one element of some lanes."""

    def __init__(self, rows: int, vectors: int, lanes: int, real: Any, data: Any, values: Any, builder: Any) -> None:
        self.lanes = VECTOR // {"float": 4, "double": 8}[str(real)]
        self.distance = WORD(lanes)
        super().__init__(rows, vectors, real, data, values, builder)

    def factor(self, pointer: Any) -> Any:
        """The element of the left factor of each lane."""
        return self.builder.load(self.builder.bitcast(pointer, self.kind.as_pointer()), align=self.align)


def lane_tile(rows: int, vectors: int, lanes: int) -> Callable[..., None]:
    """``tile(a, out, out_step, lhs, lhs_step, lhs_term, rhs, rhs_step, terms)``: a tile of a product."""

    def tile(typing: Any, a: Any, o: Any, os: Any, p: Any, ps: Any, pt: Any, q: Any, qs: Any, n: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            real = context.get_data_type(a.dtype)
            data = context.make_array(a)(context, builder, values[0]).data
            LaneTile(rows, vectors, lanes, real, data, values[1:8], builder).generate(values[8])
            return context.get_dummy_value()

        return types.void(a, *[types.int64] * 8), generate

    kernel: Callable[..., None] = intrinsic(tile)
    return kernel


def lane_product(lanes: int) -> Callable[..., None]:
    """``add(a, out, step, lhs, ls, lt, rhs, rs, rows, terms, columns)``: a product of so many lanes.

    out (rows, columns) += lhs (rows, terms) @ rhs (terms, columns) of each lane, the terms of each sum in their order.
    """
    tile_1x1, tile_1x2, tile_1x4 = (lane_tile(1, vectors, lanes) for vectors in (1, 2, 4))
    tile_2x2, tile_2x4 = (lane_tile(2, vectors, lanes) for vectors in (2, 4))

    @inline
    def add_row(a: Array, out: int, lhs: int, lt: int, rhs: int, rs: int, first: int, columns: int, terms: int) -> None:
        i = first
        while i + 4 <= columns:
            tile_1x4(a, out + i * lanes, 0, lhs, 0, lt, rhs + i * lanes, rs, terms)
            i += 4
        if i + 2 <= columns:
            tile_1x2(a, out + i * lanes, 0, lhs, 0, lt, rhs + i * lanes, rs, terms)
            i += 2
        if i < columns:
            tile_1x1(a, out + i * lanes, 0, lhs, 0, lt, rhs + i * lanes, rs, terms)

    @inline
    def add(
        a: Array, out: int, step: int, lhs: int, ls: int, lt: int, rhs: int, rs: int, rows: int, terms: int, width: int
    ) -> None:
        block, pairs = width // 4 * 4, width // 2 * 2
        for start in range(0, terms, LANE_TERMS):
            few = min(LANE_TERMS, terms - start)
            for lane in range(0, lanes, VECTOR // a.itemsize):
                target, left, right = out + lane, lhs + start * lt + lane, rhs + start * rs + lane
                row = 0
                while row + 2 <= rows:
                    for i in range(0, block, 4):
                        tile_2x4(a, target + i * lanes, step, left, ls, lt, right + i * lanes, rs, few)
                    if block < pairs:
                        tile_2x2(a, target + block * lanes, step, left, ls, lt, right + block * lanes, rs, few)
                    if pairs < width:
                        add_row(a, target, left, lt, right, rs, pairs, width, few)
                        add_row(a, target + step, left + ls, lt, right, rs, pairs, width, few)
                    target, left, row = target + 2 * step, left + 2 * ls, row + 2
                if row < rows:
                    add_row(a, target, left, lt, right, rs, 0, width, few)

    return add


add_product_of_8, add_product_of_16 = lane_product(8), lane_product(16)
