"""Machine code of cells on vectors of LANES elements of one array.

Loops over parts of one array compile to checks of whether they overlap; here nothing is checked. The formulas are those
of `elementary_functions`, operation by operation, never fused, so that the bits are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic

from linrnn.kernels.compilation import Array, inline
from linrnn.kernels.elementary_functions import (
    EXP_32,
    EXP_64,
    HIGH_32,
    HIGH_64,
    LIMIT_32,
    LIMIT_64,
    LOG2E_32,
    LOG2E_64,
    LOW_32,
    LOW_64,
    SHIFT_32,
    SHIFT_64,
)
from linrnn.kernels.products import PADDING, WORD

cgutils: Any = untyped_cgutils  # partly annotated

EXPONENTS = {"float": (32, 23, 127), "double": (64, 52, 1023)}  # bits of a number, place and bias of its exponent


class Vector:
    """A vector in machine code; operators with vectors and with numbers become instructions."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def combine(self, operation: Callable[[Any, Any], Any], other: Vector | float) -> Vector:
        """The result of an instruction."""
        return Vector(
            self.builder, operation(self.value, other.value if isinstance(other, Vector) else self.fill(other))
        )

    def fill(self, number: float) -> Any:
        """A constant vector."""
        return ir.Constant(self.value.type, [float(number)] * self.value.type.count)

    def __add__(self, other: Vector | float) -> Vector:
        return self.combine(self.builder.fadd, other)

    def __sub__(self, other: Vector | float) -> Vector:
        return self.combine(self.builder.fsub, other)

    def __rsub__(self, other: float) -> Vector:
        return Vector(self.builder, self.builder.fsub(self.fill(other), self.value))

    def __mul__(self, other: Vector | float) -> Vector:
        return self.combine(self.builder.fmul, other)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Vector | float) -> Vector:
        return self.combine(self.builder.fdiv, other)

    def limit(self, most: float) -> Vector:
        """The smaller one of each element and a number; nan stays."""
        bound = self.fill(most)
        above = self.builder.fcmp_ordered(">", self.value, bound)
        return Vector(self.builder, self.builder.select(above, bound, self.value))

    def power_of_two(self) -> Vector:
        """2^n of numbers that are n plus the shift, whose low bits are n."""
        bits, place, bias = EXPONENTS[str(self.value.type.element)]
        count = self.value.type.count
        words = ir.VectorType(ir.IntType(bits), count)
        shifts, ones = (ir.Constant(words, [number] * count) for number in (place, bias << place))
        n = self.builder.shl(self.builder.bitcast(self.value, words), shifts)
        return Vector(self.builder, self.builder.bitcast(self.builder.add(n, ones), self.value.type))

    def split_sign(self) -> tuple[Any, Vector]:
        """The signs, as words, and the absolute values."""
        bits, _, _ = EXPONENTS[str(self.value.type.element)]
        kind, count = self.value.type, self.value.type.count
        words = ir.VectorType(ir.IntType(bits), count)
        sign, rest = (ir.Constant(words, [mask] * count) for mask in (1 << (bits - 1), (1 << (bits - 1)) - 1))
        value, builder = self.builder.bitcast(self.value, words), self.builder
        return builder.and_(value, sign), Vector(builder, builder.bitcast(builder.and_(value, rest), kind))

    def add_sign(self, signs: Any) -> Vector:
        """The elements, none of which is negative, with signs."""
        words = self.builder.bitcast(self.value, signs.type)
        return Vector(self.builder, self.builder.bitcast(self.builder.or_(words, signs), self.value.type))

    def tanh(self) -> Vector:
        """tanh of each element."""
        is_single = str(self.value.type.element) == "float"
        signs, size = self.split_sign()
        y = (size * 2.0).limit(float(LIMIT_32 if is_single else LIMIT_64))
        power, rest = split_exp32(y) if is_single else split_exp64(y)
        e = power * rest + (power - 1.0)
        return (e / (e + 2.0)).add_sign(signs)


def split_exp32(y: Vector) -> tuple[Vector, Vector]:
    """(2^n, expm1 r) with exp y = 2^n exp r."""
    shifted = y * float(LOG2E_32) + float(SHIFT_32)
    n = shifted - float(SHIFT_32)
    r = (y - n * float(HIGH_32)) - n * float(LOW_32)
    r2 = r * r
    c = [float(each) for each in EXP_32]
    tail = ((c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)) + (r2 * r2) * (c[4] + c[5] * r)
    return shifted.power_of_two(), r + r2 * tail


def split_exp64(y: Vector) -> tuple[Vector, Vector]:
    """(2^n, expm1 r) with exp y = 2^n exp r."""
    shifted = y * LOG2E_64 + SHIFT_64
    n = shifted - SHIFT_64
    r = (y - n * HIGH_64) - n * LOW_64
    r2 = r * r
    r4 = r2 * r2
    c = EXP_64
    low = (c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)
    middle = (c[4] + c[5] * r) + r2 * (c[6] + c[7] * r)
    high = (c[8] + c[9] * r) + r2 * (c[10] + c[11] * r)
    return shifted.power_of_two(), r + r2 * (low + r4 * (middle + r4 * high))


class VectorCode:
    """Loops over the vectors of an array."""

    def __init__(self, real: Any, data: Any, builder: Any) -> None:
        self.real, self.data, self.builder = real, data, builder
        self.align = {"float": 4, "double": 8}[str(real)]

    def pointer(self, start: Any, lanes: int) -> Any:
        """Pointer to the vector that begins at an element."""
        kind = ir.VectorType(self.real, lanes)
        return self.builder.bitcast(self.builder.gep(self.data, [start]), kind.as_pointer())

    def load(self, start: Any, lanes: int) -> Vector:
        """The vector that begins at an element."""
        return Vector(self.builder, self.builder.load(self.pointer(start, lanes), align=self.align))

    def store(self, vector: Vector, start: Any) -> None:
        """Write a vector from an element on."""
        self.builder.store(vector.value, self.pointer(start, vector.value.type.count), align=self.align)

    def repeat(self, columns: Any, lanes: int, body: Callable[[Any], None], backward: bool = False) -> None:
        """Code of the first column of each vector of a row, the last vector first if backward; whole vectors."""
        builder, step = self.builder, WORD(lanes)
        stop = builder.mul(builder.udiv(builder.add(columns, WORD(lanes - 1)), step), step)
        with cgutils.for_range_slice(builder, WORD(0), stop, step, WORD) as (k, _):
            body(builder.sub(builder.sub(stop, step), k) if backward else k)

    def columns(self, starts: Sequence[Any], column: Any, lanes: int) -> list[Vector]:
        """The vectors of some rows at a column."""
        return [self.load(self.builder.add(start, column), lanes) for start in starts]


def vector_kernel(generate: Callable[..., None]) -> Callable[..., None]:
    """``kernel(a, *indices)``, of eight indices, whose code ``generate(code, *indices)`` writes."""

    def kernel(typing: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, h: Any, i: Any) -> Any:
        def write(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            data = context.make_array(a)(context, builder, values[0]).data
            generate(VectorCode(context.get_data_type(a.dtype), data, builder), *values[1:])
            return context.get_dummy_value()

        return types.void(a, *[types.int64] * 8), write

    function: Callable[..., None] = intrinsic(kernel)
    return function


def generate_tanh(code: VectorCode, start: Any, count: Any, *_: Any) -> None:
    """tanh of a line in place, two vectors at once: the chains of their operations overlap."""

    def squash(column: Any) -> None:
        place = code.builder.add(start, column)
        code.store(code.load(place, PADDING).tanh(), place)

    code.repeat(count, PADDING, squash)


tanh_by_vectors = vector_kernel(generate_tanh)


@inline
def tanh_line(a: Array, start: int, count: int) -> None:
    """a = tanh(a) in place, `count` elements and what fills the last PADDING."""
    tanh_by_vectors(a, start, count, 0, 0, 0, 0, 0, 0)
