"""Products of matrices that lie in one array, the order of every sum fixed by the code.

Element k of row m of a matrix is ``a[start + m * step + k]``, or with replicas side by side, one in each lane,
``a[start + m * step + k * lanes]`` and the numbers behind it. Rows are padded to a multiple of ``PADDING`` numbers, and
the padding is computed with and never read back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic

from linrnn.kernels.compilation import Array, expand

cgutils: Any = untyped_cgutils  # partly annotated

LANES = 8  # columns of one vector operation of a cell, whatever the processor's own width
PADDING = 2 * LANES  # columns of the narrowest tile
VECTOR = 64  # bytes of a vector of a tile: one register of AVX-512, two of AVX
TERMS = 64  # terms of a product taken before the next row: their rows stay in the first-level cache
WORD = ir.IntType(64)


class Tile:
    """Machine code of one tile: rows x vectors sums in registers.

    A column is a number of each lane; so is an element of the left factor, repeated for the columns of a vector.
    """

    def __init__(self, rows: int, vectors: int, lanes: int, real: Any, data: Any, values: Any, builder: Any) -> None:
        self.align = {"float": 4, "double": 8}[str(real)]
        self.rows, self.vectors, self.data, self.builder = rows, vectors, data, builder
        self.count = VECTOR // self.align  # numbers of a vector
        self.shared = min(lanes, self.count)  # numbers of an element in a vector
        self.parts = lanes // self.shared  # vectors of an element
        self.kind, self.element = ir.VectorType(real, self.count), ir.VectorType(real, self.shared)
        self.out, self.out_step, self.lhs, self.lhs_step, self.lhs_term, self.rhs, self.rhs_step = values

    def vector(self, kind: Any, start: Any, vector: int, *moves: tuple[Any, Any]) -> Any:
        """Pointer to a vector behind a[start + i * step + ...]."""
        for i, step in moves:
            start = self.builder.add(start, self.builder.mul(i, step))
        pointer = self.builder.gep(self.builder.gep(self.data, [start]), [WORD(vector * self.count)])
        return self.builder.bitcast(pointer, kind.as_pointer())

    def load(self, pointer: Any) -> Any:
        """The vector at a pointer."""
        return self.builder.load(pointer, align=self.align)

    def factor(self, row: int, part: int, k: Any) -> Any:
        """Element k of a row of the left factor, or a part of it, repeated."""
        moves = (WORD(row), self.lhs_step), (k, self.lhs_term)
        element = self.load(self.vector(self.element, self.lhs, part, *moves))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.count), [i % self.shared for i in range(self.count)])
        return self.builder.shuffle_vector(element, self.element(ir.Undefined), mask)

    def add_terms(self, sums: dict[tuple[int, int], Any], *terms: Any) -> None:
        """sums[row, vector] += the sum of lhs[row, k] * rhs[k] over one term or two; never fused."""
        builder = self.builder
        lhs = [[[self.factor(row, part, k) for part in range(self.parts)] for row in range(self.rows)] for k in terms]
        for v in range(self.vectors):
            rhs = [self.load(self.vector(self.kind, self.rhs, v, (k, self.rhs_step))) for k in terms]
            for row in range(self.rows):  # few vectors at once: AVX has 16 registers
                parts = [builder.fmul(left[row][v % self.parts], right) for left, right in zip(lhs, rhs, strict=True)]
                value = builder.fadd(*parts) if len(parts) == 2 else parts[0]
                builder.store(builder.fadd(builder.load(sums[row, v]), value), sums[row, v])

    def generate(self, terms: Any) -> None:
        """out += lhs @ rhs, terms added by pairs, out + (p_k + p_{k+1})."""
        builder = self.builder
        cells = [(row, v) for row in range(self.rows) for v in range(self.vectors)]
        targets = [self.vector(self.kind, self.out, v, (WORD(row), self.out_step)) for row, v in cells]
        starts = [self.load(target) for target in targets]
        sums = {cell: cgutils.alloca_once_value(builder, start) for cell, start in zip(cells, starts, strict=True)}
        paired = builder.and_(terms, WORD(-2))
        with cgutils.for_range_slice(builder, WORD(0), paired, WORD(2), WORD) as (k, _):
            self.add_terms(sums, k, builder.add(k, WORD(1)))
        with cgutils.for_range_slice(builder, paired, terms, WORD(1), WORD) as (k, _):
            self.add_terms(sums, k)
        for total, target in zip(sums.values(), targets, strict=True):
            builder.store(builder.load(total), target, align=self.align)


def product_tile(rows: int, vectors: int, lanes: int) -> Callable[..., None]:
    """``tile(a, out, out_step, lhs, lhs_step, lhs_term, rhs, rhs_step, terms)``: a tile of a product."""

    def tile(typing: Any, a: Any, o: Any, os: Any, p: Any, ps: Any, pt: Any, q: Any, qs: Any, n: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            real = context.get_data_type(a.dtype)
            data = context.make_array(a)(context, builder, values[0]).data
            Tile(rows, vectors, lanes, real, data, values[1:8], builder).generate(values[8])
            return context.get_dummy_value()

        return types.void(a, *[types.int64] * 8), generate

    kernel: Callable[..., None] = intrinsic(tile)
    return kernel


def product(lanes: int) -> Callable[..., None]:
    """``add(a, out, step, lhs, ls, lt, rhs, rs, rows, terms, width)``: a product of so many lanes.

    out (rows, width) += lhs (rows, terms) @ rhs (terms, width) of each lane, the terms of each sum in their order.
    Element k of row m of lane i is ``a[out + m * step + k * lanes + i]``, and of lhs ``a[lhs + m * ls + k * lt + i]``.
    Rows are computed to the end of their padding.
    """
    one, one_wide = (product_tile(1, vectors, lanes) for vectors in (1, 2))
    two, two_wide = (product_tile(2, vectors, lanes) for vectors in (1, 2))
    most = max(TERMS // lanes, 16)

    @expand
    def add(
        a: Array, out: int, step: int, lhs: int, ls: int, lt: int, rhs: int, rs: int, rows: int, terms: int, width: int
    ) -> None:
        width = (width * lanes + PADDING - 1) // PADDING * PADDING
        wide = 2 * VECTOR // a.itemsize
        whole = width // wide * wide
        for start in range(0, terms, most):
            few = min(most, terms - start)
            target, left, right, row = out, lhs + start * lt, rhs + start * rs, 0
            while row + 2 <= rows:
                for i in range(0, whole, wide):
                    two_wide(a, target + i, step, left, ls, lt, right + i, rs, few)
                if whole < width:
                    two(a, target + whole, step, left, ls, lt, right + whole, rs, few)
                target, left, row = target + 2 * step, left + 2 * ls, row + 2
            if row < rows:
                for i in range(0, whole, wide):
                    one_wide(a, target + i, step, left, ls, lt, right + i, rs, few)
                if whole < width:
                    one(a, target + whole, step, left, ls, lt, right + whole, rs, few)

    return add


add_product, add_product_of_2, add_product_of_4 = (product(lanes) for lanes in (1, 2, 4))
add_product_of_8, add_product_of_16 = product(8), product(16)
