"""Products of matrices that lie in one array, the order of every sum fixed by the code.

Element k of row m of a matrix is ``a[start + m * step + k]``; rows are padded to a multiple of ``PADDING``
elements, and the padding is computed with and never read back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic

from linrnn.kernels.compilation import Array, expand, inline

cgutils: Any = untyped_cgutils  # partly annotated

LANES = 8  # columns of one vector operation, whatever the processor's own width
PADDING = 2 * LANES  # columns of the narrowest tile
TERMS = 64  # terms of a product taken before the next row: their rows stay in the first-level cache
WORD = ir.IntType(64)


class Tile:
    """Machine code of one tile: rows x vectors sums in registers, of vectors of LANES elements."""

    lanes = LANES
    distance = WORD(LANES)  # from one vector of a row to the next

    def __init__(self, rows: int, vectors: int, real: Any, data: Any, values: Any, builder: Any) -> None:
        self.cells = [(row, vector) for row in range(rows) for vector in range(vectors)]
        self.rows, self.vectors, self.data, self.builder = rows, vectors, data, builder
        self.kind = ir.VectorType(real, self.lanes)
        self.align = {"float": 4, "double": 8}[str(real)]
        self.out, self.out_step, self.lhs, self.lhs_step, self.lhs_term, self.rhs, self.rhs_step = values

    def address(self, start: Any, *moves: tuple[Any, Any]) -> Any:
        """Pointer to a[start + i * step + ...]."""
        for i, step in moves:
            start = self.builder.add(start, self.builder.mul(i, step))
        return self.builder.gep(self.data, [start])

    def vector(self, start: Any, i: Any, step: Any, column: int) -> Any:
        """Pointer to vector `column` of row i of a matrix."""
        pointer = self.address(start, (i, step), (self.distance, WORD(column)))
        return self.builder.bitcast(pointer, self.kind.as_pointer())

    def factor(self, pointer: Any) -> Any:
        """A vector of LANES times an element of the left factor."""
        undefined, first = self.kind(ir.Undefined), ir.IntType(32)(0)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        element = self.builder.insert_element(undefined, self.builder.load(pointer), first)
        return self.builder.shuffle_vector(element, undefined, mask)

    def products(self, k: Any) -> list[Any]:
        """lhs[row, k] * rhs[k] of each cell."""
        load = self.builder.load
        pointers = [self.address(self.lhs, (WORD(m), self.lhs_step), (k, self.lhs_term)) for m in range(self.rows)]
        lhs = [self.factor(pointer) for pointer in pointers]
        rhs = [load(self.vector(self.rhs, k, self.rhs_step, v), align=self.align) for v in range(self.vectors)]
        return [self.builder.fmul(lhs[row], rhs[v]) for row, v in self.cells]

    def generate(self, terms: Any) -> None:
        """out += lhs @ rhs, terms added by pairs, out + (p_k + p_{k+1}), never fused."""
        builder = self.builder
        targets = [self.vector(self.out, WORD(row), self.out_step, v) for row, v in self.cells]
        starts = [builder.load(target, align=self.align) for target in targets]
        sums = [cgutils.alloca_once_value(builder, start) for start in starts]

        def add(parts: list[Any]) -> None:
            for total, part in zip(sums, parts, strict=True):
                builder.store(builder.fadd(builder.load(total), part), total)

        paired = builder.and_(terms, WORD(-2))
        with cgutils.for_range_slice(builder, WORD(0), paired, WORD(2), WORD) as (k, _):
            one, other = self.products(k), self.products(builder.add(k, WORD(1)))
            add([builder.fadd(*pair) for pair in zip(one, other, strict=True)])
        with cgutils.for_range_slice(builder, paired, terms, WORD(1), WORD) as (k, _):
            add(self.products(k))
        for total, target in zip(sums, targets, strict=True):
            builder.store(builder.load(total), target, align=self.align)


def product_tile(rows: int, vectors: int) -> Callable[..., None]:
    """``tile(a, out, out_step, lhs, lhs_step, lhs_term, rhs, rhs_step, terms)``: a tile of a product."""

    def tile(typing: Any, a: Any, o: Any, os: Any, p: Any, ps: Any, pt: Any, q: Any, qs: Any, n: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            real = context.get_data_type(a.dtype)
            data = context.make_array(a)(context, builder, values[0]).data
            Tile(rows, vectors, real, data, values[1:8], builder).generate(values[8])
            return context.get_dummy_value()

        return types.void(a, *[types.int64] * 8), generate

    kernel: Callable[..., None] = intrinsic(tile)
    return kernel


tile_1x2, tile_1x4, tile_2x2 = product_tile(1, 2), product_tile(1, 4), product_tile(2, 2)


@inline
def add_terms(
    a: Array, out: int, step: int, lhs: int, ls: int, lt: int, rhs: int, rs: int, rows: int, terms: int, width: int
) -> None:
    """out += lhs @ rhs, few terms."""
    row = 0
    while row + 2 <= rows:
        for i in range(0, width, PADDING):
            tile_2x2(a, out + i, step, lhs, ls, lt, rhs + i, rs, terms)
        out, lhs, row = out + 2 * step, lhs + 2 * ls, row + 2
    if row < rows:
        i = 0
        while i + 2 * PADDING <= width:
            tile_1x4(a, out + i, step, lhs, ls, lt, rhs + i, rs, terms)
            i += 2 * PADDING
        if i < width:
            tile_1x2(a, out + i, step, lhs, ls, lt, rhs + i, rs, terms)


@expand
def add_product(
    a: Array, out: int, step: int, lhs: int, ls: int, lt: int, rhs: int, rs: int, rows: int, terms: int, width: int
) -> None:
    """out (rows, width) += lhs (rows, terms) @ rhs (terms, width), the terms of each sum in their order.

    Element k of row m of lhs is ``a[lhs + m * ls + k * lt]``; step and rs are those of out and rhs. Whole tiles.
    """
    width = (width + PADDING - 1) // PADDING * PADDING
    for k in range(0, terms, TERMS):
        few = min(TERMS, terms - k)
        add_terms(a, out, step, lhs + k * lt, ls, lt, rhs + k * rs, rs, rows, few, width)
