"""Compiled kernels of recurrent networks, one replica at a time, the order of every sum fixed by the code.

Rows are time-major: row ``t * B + b`` is step ``t`` of sequence ``b``. Matrices inside the kernels are
padded to a multiple of ``LANES`` columns; the padding is computed with and never read back.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic, overload

Array = npt.NDArray[Any]
cgutils: Any = untyped_cgutils  # partly annotated

LINEAR, TANH = 0, 1
ACTIVATION_CODES = {"linear": LINEAR, "tanh": TANH}

LANES = 8  # columns of one vector operation, whatever the processor's own width
TERMS = 64  # terms of a product taken before the next row: their rows stay in the first-level cache
CHUNK = 32  # steps evaluated at a time

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
NAN = float("nan")

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
INLINED: dict[str, Any] = {"nogil": True, "error_model": "numpy"}  # compiled only as part of a caller


def product_tile(rows: int, vectors: int) -> Callable[..., None]:
    """``tile(out, m, i, left, n, right, start, stop)``: a tile of ``out += left @ right``, held in registers.

    The tile is ``out[m : m + rows, i : i + LANES * vectors]``; term k of its row m is ``left[n, k]`` times
    ``right[k]``. Terms ``start .. stop`` are added by pairs, ``out + (p_k + p_{k+1})``, never fused.
    """

    @intrinsic
    def tile(
        typing: Any, out: Any, m: Any, i: Any, left: Any, n: Any, right: Any, start: Any, stop: Any
    ) -> tuple[Any, Any]:
        align = out.dtype.bitwidth // 8
        cells = [(row, vector) for row in range(rows) for vector in range(vectors)]

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            whole = ir.IntType(64)
            lanes = ir.VectorType(context.get_data_type(out.dtype), LANES)
            same = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)

            def pointer(array: int, row: Any, column: Any) -> Any:
                kind = signature.args[array]
                made = context.make_array(kind)(context, builder, values[array])
                return cgutils.get_item_pointer(context, builder, kind, made, [row, column])

            def vector_pointer(array: int, row: Any, vector: int) -> Any:
                column = builder.add(values[2], whole(LANES * vector))
                return builder.bitcast(pointer(array, row, column), lanes.as_pointer())

            def broadcast(scalar: Any) -> Any:
                first = builder.insert_element(lanes(ir.Undefined), scalar, ir.IntType(32)(0))
                return builder.shuffle_vector(first, lanes(ir.Undefined), same)

            def products(k: Any) -> dict[tuple[int, int], Any]:
                factors = [builder.load(pointer(3, builder.add(values[4], whole(row)), k)) for row in range(rows)]
                scalars = [broadcast(factor) for factor in factors]
                vector = [builder.load(vector_pointer(5, k, v), align=align) for v in range(vectors)]
                return {(row, v): builder.fmul(scalars[row], vector[v]) for row, v in cells}

            def add(cell: tuple[int, int], term: Any) -> None:
                builder.store(builder.fadd(builder.load(sums[cell]), term), sums[cell])

            begin, end = values[6], values[7]
            targets = {(row, v): vector_pointer(0, builder.add(values[1], whole(row)), v) for row, v in cells}
            sums = {
                cell: cgutils.alloca_once_value(builder, builder.load(targets[cell], align=align)) for cell in cells
            }
            paired = builder.add(begin, builder.and_(builder.sub(end, begin), whole(-2)))
            with cgutils.for_range_slice(builder, begin, paired, whole(2), whole) as (k, _):
                one, next_one = products(k), products(builder.add(k, whole(1)))
                for cell in cells:
                    add(cell, builder.fadd(one[cell], next_one[cell]))
            with cgutils.for_range_slice(builder, paired, end, whole(1), whole) as (k, _):
                last = products(k)
                for cell in cells:
                    add(cell, last[cell])
            for cell in cells:
                builder.store(builder.load(sums[cell]), targets[cell], align=align)
            return context.get_dummy_value()

        index = types.intp
        return types.void(out, index, index, left, index, right, index, index), generate

    return tile


tile_1x1, tile_1x2, tile_1x4 = product_tile(1, 1), product_tile(1, 2), product_tile(1, 4)
tile_2x1, tile_2x2 = product_tile(2, 1), product_tile(2, 2)


@njit(**INLINED)
def add_rows(out: Array, m: int, left: Array, n: int, right: Array, rows: int) -> None:
    """out[m + row] += left[n + row] @ right for row < rows, its terms in their order."""
    width, terms = out.shape[1], right.shape[0]
    for start in range(0, terms, TERMS):
        stop = min(start + TERMS, terms)
        row = 0
        while row + 2 <= rows:
            i = 0
            while i + 2 * LANES <= width:
                tile_2x2(out, m + row, i, left, n + row, right, start, stop)
                i += 2 * LANES
            if i < width:
                tile_2x1(out, m + row, i, left, n + row, right, start, stop)
            row += 2
        if row < rows:
            i = 0
            while i + 4 * LANES <= width:
                tile_1x4(out, m + row, i, left, n + row, right, start, stop)
                i += 4 * LANES
            while i + 2 * LANES <= width:
                tile_1x2(out, m + row, i, left, n + row, right, start, stop)
                i += 2 * LANES
            if i < width:
                tile_1x1(out, m + row, i, left, n + row, right, start, stop)


@njit(**INLINED)
def add_product(out: Array, left: Array, right: Array) -> None:
    """out += left @ right."""
    origin = np.int64(0)  # not a literal, for which numba would compile once more
    add_rows(out, origin, left, origin, right, len(out))


# tanh |x| = E / (E + 2) with E = expm1(2|x|) = 2^n expm1(r) + (2^n - 1), 2|x| = n log 2 + r (Cody and Waite
# 1980); the shift adds n to the low bits of a float, from where it becomes an exponent.
ONE_32, TWO_32, LIMIT_32, SHIFT_32 = np.float32(1), np.float32(2), np.float32(20), np.float32(1.5 * 2**23)
LOG2E_32, HIGH_32, LOW_32 = np.float32(1 / math.log(2)), np.float32(0.693359375), np.float32(-2.12194440e-4)
EXP_32 = tuple(
    np.float32(c)  # Moshier's expf (Cephes 1989)
    for c in (
        5.0000001201e-1,
        1.6666665459e-1,
        4.1665795894e-2,
        8.3334519073e-3,
        1.3981999507e-3,
        1.9875691500e-4,
    )
)
LIMIT_64, SHIFT_64, LOG2E_64 = 44.0, 1.5 * 2**52, 1 / math.log(2)
HIGH_64, LOW_64 = 6.93145751953125e-1, 1.42860682030941723212e-6
EXP_64 = tuple(1 / math.factorial(k) for k in range(2, 14))


def tanh_of_float32(x: Any) -> Any:
    y = TWO_32 * abs(x)
    y = LIMIT_32 if y > LIMIT_32 else y
    shifted = y * LOG2E_32 + SHIFT_32
    n = shifted - SHIFT_32
    power = np.int32((np.float32(shifted).view(np.int32) << 23) + (127 << 23)).view(np.float32)
    r = (y - n * HIGH_32) - n * LOW_32
    r2 = r * r
    c = EXP_32
    tail = ((c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)) + (r2 * r2) * (c[4] + c[5] * r)
    e = power * (r + r2 * tail) + (power - ONE_32)
    return math.copysign(e / (e + TWO_32), x)


def tanh_of_float64(x: Any) -> Any:
    y = 2.0 * abs(x)
    y = LIMIT_64 if y > LIMIT_64 else y
    shifted = y * LOG2E_64 + SHIFT_64
    n = shifted - SHIFT_64
    power = np.int64((np.float64(shifted).view(np.int64) << 52) + (1023 << 52)).view(np.float64)
    r = (y - n * HIGH_64) - n * LOW_64
    r2 = r * r
    r4 = r2 * r2
    c = EXP_64
    low = (c[0] + c[1] * r) + r2 * (c[2] + c[3] * r)
    middle = (c[4] + c[5] * r) + r2 * (c[6] + c[7] * r)
    high = (c[8] + c[9] * r) + r2 * (c[10] + c[11] * r)
    e = power * (r + r2 * (low + r4 * (middle + r4 * high))) + (power - 1.0)
    return math.copysign(e / (e + 2.0), x)


def hyperbolic_tangent(x: Any) -> Any:
    raise NotImplementedError("only inside compiled code")


@overload(hyperbolic_tangent)
def _hyperbolic_tangent(x: Any) -> Any:
    return tanh_of_float32 if x == types.float32 else tanh_of_float64


@njit(**INLINED)
def tanh_rows(a: Array, first: int, stop: int) -> None:
    """a = tanh(a) in place, rows first .. stop."""
    for row in range(first, stop):
        line = a[row]
        for i in range(line.shape[0]):
            line[i] = hyperbolic_tangent(line[i])


@njit(**INLINED)
def fill_rows(out: Array, values: Array) -> None:
    for row in range(len(out)):
        line = out[row]
        for i in range(len(line)):
            line[i] = values[i]


@njit(**INLINED)
def copy_last(states: Array, rows: int, batch: int) -> None:
    """The last states of so many rows become the first ones."""
    for row in range(batch):
        line, last = states[row], states[rows + row]
        for i in range(len(line)):
            line[i] = last[i]


@njit(**INLINED)
def unpack(out: Array, flat: Array, columns: int) -> None:
    """Rows of `out`, which are padded, from the C-ordered matrix at the beginning of `flat`."""
    for row in range(len(out)):
        line, values = out[row], flat[row * columns : (row + 1) * columns]
        for i in range(columns):
            line[i] = values[i]


@njit(**INLINED)
def pack(flat: Array, values: Array, columns: int) -> None:
    """The reverse of `unpack`."""
    for row in range(len(values)):
        out, line = flat[row * columns : (row + 1) * columns], values[row]
        for i in range(columns):
            out[i] = line[i]


@njit(**INLINED)
def unpack_transposed(out: Array, flat: Array, rows: int, columns: int) -> None:
    for row in range(rows):
        for i in range(columns):
            out[i, row] = flat[row * columns + i]


@njit(**INLINED)
def pack_transposed(flat: Array, values: Array, rows: int, columns: int) -> None:
    for row in range(rows):
        for i in range(columns):
            flat[row * columns + i] = values[i, row]


@njit(**INLINED)
def scan(h: Array, transposed: Array, batch: int, activation: int) -> None:
    """h_t = f(W h_{t-1} + h_t) in place: h ((1 + T) B, .) holds h_0 and u; transposed: W^T (H, .)."""
    for row in range(batch, len(h), batch):
        add_rows(h, row, h, row - batch, transposed, batch)
        if activation == TANH:
            tanh_rows(h, row, row + batch)


@njit(**INLINED)
def scan_back(slopes: Array, h: Array, W: Array, batch: int, activation: int) -> None:
    """From dL/dh to dL/du in place, last step first: slopes (T B, .), h ((1 + T) B, .), W (H, .)."""
    last = len(slopes) - batch
    for row in range(last, -1, -batch):
        if row < last:
            add_rows(slopes, row, slopes, row + batch, W, batch)
        if activation == TANH:
            for r in range(row, row + batch):
                line, state = slopes[r], h[r + batch]
                for i in range(len(line)):
                    line[i] *= 1 - state[i] * state[i]


@njit(**INLINED)
def product(out: Array, left: Array, right: Array) -> None:
    """out = left @ right; of transposed slopes it is the gradient of a matrix, summed over all rows."""
    out[:] = 0
    add_product(out, left, right)


class Recurrence(NamedTuple):
    """Work buffers of one replica's recurrence; columns are padded."""

    transposed: Array  # W^T (H, .)
    weights: Array  # W (H, .), and then dL/dW
    states: Array  # ((1 + T) B, .), h_0 first
    slopes: Array  # (T B, .)


def recurrence_buffers(rows: int, batch: int, size: int, dtype: Any) -> Recurrence:
    shapes = (size, size, batch + rows, rows)
    return Recurrence._make(np.zeros((first, -(-size // LANES) * LANES), dtype) for first in shapes)


@njit(**OPTIONS)
def forward_replicas(h: Array, u: Array, W: Array, h0: Array, work: Recurrence, batch: int, size: int, f: int) -> None:
    for k in range(len(u)):
        unpack_transposed(work.transposed, W[k], size, size)
        unpack(work.states[:batch], h0[k], size)
        unpack(work.states[batch:], u[k], size)
        scan(work.states, work.transposed, batch, f)
        pack(h[k], work.states[batch:], size)


@njit(**OPTIONS)
def backward_replicas(
    du: Array,
    dW: Array,
    dh0: Array,
    dh: Array,
    h: Array,
    W: Array,
    h0: Array,
    work: Recurrence,
    batch: int,
    size: int,
    f: int,
) -> None:
    for k in range(len(dh)):
        unpack(work.weights, W[k], size)
        unpack(work.states[:batch], h0[k], size)
        unpack(work.states[batch:], h[k], size)
        unpack(work.slopes, dh[k], size)
        scan_back(work.slopes, work.states, work.weights, batch, f)
        pack(du[k], work.slopes, size)
        product(work.transposed, work.slopes.T, work.states[: len(work.slopes)])
        pack(dW[k], work.transposed, size)
        product(work.states[:batch], work.slopes[:batch], work.weights)
        pack(dh0[k], work.states[:batch], size)


def recurrence_forward(u: Array, W: Array, h0: Array, activation: int) -> Array:
    """h_t = f(W h_{t-1} + u_t): u (S, T, B, H), W (S, H, H), h0 (S, B, H), C-contiguous -> h (S, T, B, H)."""
    replicas, steps, batch, size = u.shape
    h = np.empty_like(u)
    work = recurrence_buffers(steps * batch, batch, size, u.dtype)
    flat = (array.reshape(replicas, -1) for array in (h, u, W, h0))
    forward_replicas(*flat, work, batch, size, activation)
    return h


def recurrence_backward(dh: Array, h: Array, W: Array, h0: Array, activation: int) -> tuple[Array, Array, Array]:
    """Gradients (du, dW, dh0) from dL/dh (S, T, B, H) and what `recurrence_forward` took and gave."""
    replicas, steps, batch, size = h.shape
    du, dW, dh0 = np.empty_like(h), np.empty_like(W), np.empty_like(h0)
    work = recurrence_buffers(steps * batch, batch, size, h.dtype)
    flat = (array.reshape(replicas, -1) for array in (du, dW, dh0, dh, h, W, h0))
    backward_replicas(*flat, work, batch, size, activation)
    return du, dW, dh0


class Sizes(NamedTuple):
    """Sizes of a network and of its data: I inputs, H units, O outputs, L layers, sequences of B."""

    inputs: int
    hidden: int
    outputs: int
    layers: int
    batch: int
    activation: int
    parameters: int


class Buffers(NamedTuple):
    """Work of one replica's network; columns are padded, R rows."""

    drive_transposed: Array  # U^T of each layer (L, max(I, H), .)
    drive: Array  # U of the layers above the first (L, H, .)
    recurrent_transposed: Array  # W^T (L, H, .)
    recurrent: Array  # W (L, H, .)
    bias: Array  # b (L, .)
    readout_transposed: Array  # C^T (H, .)
    readout: Array  # C (O, .)
    readout_bias: Array  # c (1, .)
    states: Array  # h of each layer (L, B + R, .), h_0 first
    slopes: Array  # dL/dh and dL/d(W h + U x + b) of a layer and the one below (2, R, .)
    outputs: Array  # y, and then the errors y - target (R, .)
    product: Array  # gradient of one matrix (max(I, H, O), .)
    output_sums: Array  # gradient of c (1, .)
    ones: Array  # (R, 1)
    gradient: Array  # (P padded,)
    squares: Array  # partial sums (LANES,) float64


def network_buffers(sizes: Sizes, rows: int, slope_rows: int, dtype: Any) -> Buffers:
    inputs, hidden, outputs, layers, batch, _, parameters = sizes
    wide, narrow = -(-hidden // LANES) * LANES, -(-outputs // LANES) * LANES
    shapes = (
        (layers, max(inputs, hidden), wide),
        (layers, hidden, wide),
        (layers, hidden, wide),
        (layers, hidden, wide),
        (layers, wide),
        (hidden, narrow),
        (outputs, wide),
        (1, narrow),
        (layers, batch + rows, wide),
        (2, slope_rows, wide),
        (rows, narrow),
        (max(inputs, hidden, outputs), wide),
        (1, narrow),
        (slope_rows, 1),
        (-(-parameters // LANES) * LANES,),
    )
    work = Buffers._make([*(np.zeros(shape, dtype) for shape in shapes), np.zeros(LANES)])
    work.ones[:] = 1
    return work


@njit(**INLINED)
def unpack_network(work: Buffers, row: Array, sizes: Sizes) -> None:
    """Weights of a replica, one row (P,), into the padded matrices and their transposes."""
    hidden, below = sizes.hidden, sizes.inputs
    for layer in range(sizes.layers):
        unpack_transposed(work.drive_transposed[layer], row, hidden, below)
        if layer > 0:
            unpack(work.drive[layer], row, hidden)
        row = row[hidden * below :]
        unpack_transposed(work.recurrent_transposed[layer], row, hidden, hidden)
        unpack(work.recurrent[layer], row, hidden)
        row = row[hidden * hidden :]
        unpack(work.bias[layer : layer + 1], row, hidden)
        row, below = row[hidden:], hidden
    unpack_transposed(work.readout_transposed, row, sizes.outputs, hidden)
    unpack(work.readout, row, hidden)
    unpack(work.readout_bias, row[sizes.outputs * hidden :], sizes.outputs)


@njit(**INLINED)
def run_forward(work: Buffers, inputs: Array, sizes: Sizes) -> None:
    """States and outputs of so many rows of inputs (R, I), from the first states in `work.states`."""
    batch, hidden, rows = sizes.batch, sizes.hidden, len(inputs)
    below, terms = inputs, sizes.inputs
    for layer in range(sizes.layers):
        states = work.states[layer][: batch + rows]
        fill_rows(states[batch:], work.bias[layer])
        add_product(states[batch:], below, work.drive_transposed[layer][:terms])
        scan(states, work.recurrent_transposed[layer], batch, sizes.activation)
        below, terms = states[batch:], hidden
    outputs = work.outputs[:rows]
    fill_rows(outputs, work.readout_bias[0])
    add_product(outputs, below, work.readout_transposed)


@njit(**INLINED)
def squared_errors(outputs: Array, targets: Array, skipped: int) -> float:
    """Sum of squared errors in float64, but for the rows skipped; the outputs become the errors."""
    total = 0.0
    for row in range(len(targets)):
        line, target = outputs[row], targets[row]
        for i in range(len(target)):
            line[i] = line[i] - target[i] if row >= skipped else 0
            total += float(line[i]) * float(line[i])
    return total


@njit(**INLINED)
def scale_slopes(errors: Array, factor: float) -> None:
    """dL/dy from y - target, in place."""
    scaled = errors.dtype.type(factor)
    for row in range(errors.shape[0]):
        line = errors[row]
        for i in range(len(line)):
            line[i] *= scaled


@njit(**INLINED)
def run_backward(work: Buffers, inputs: Array, sizes: Sizes) -> None:
    """The flat gradient, from the slopes dL/dy in `work.outputs`; layers from the last to the first."""
    batch, hidden, outputs, rows = sizes.batch, sizes.hidden, sizes.outputs, len(inputs)
    matrix, ones, gradient = work.product[:hidden], work.ones.T, work.gradient
    above, right, offset = work.outputs, work.readout, sizes.parameters - outputs * (hidden + 1)
    product(work.product[:outputs], above.T, work.states[sizes.layers - 1][batch:])
    pack(gradient[offset:], work.product[:outputs], hidden)
    product(work.output_sums, ones, above)
    pack(gradient[offset + outputs * hidden :], work.output_sums, outputs)
    for layer in range(sizes.layers - 1, -1, -1):
        states, slopes = work.states[layer], work.slopes[layer % 2]
        product(slopes, above, right)
        scan_back(slopes, states, work.recurrent[layer], batch, sizes.activation)
        offset -= hidden
        product(work.product[:1], ones, slopes)
        pack(gradient[offset:], work.product[:1], hidden)
        offset -= hidden * hidden
        product(matrix, slopes.T, states[:rows])
        pack(gradient[offset:], matrix, hidden)
        if layer > 0:
            offset -= hidden * hidden
            product(matrix, slopes.T, work.states[layer - 1][batch:])
            pack(gradient[offset:], matrix, hidden)
        above, right = slopes, work.drive[layer]
    product(work.product[: sizes.inputs], inputs.T, work.slopes[0])
    pack_transposed(gradient, work.product, hidden, sizes.inputs)


@njit(**INLINED)
def norm_of(gradient: Array, squares: Array) -> float:
    """2-norm in float64 of a gradient of a multiple of LANES entries: one partial sum a lane."""
    squares[:] = 0
    for start in range(0, len(gradient), LANES):
        block = gradient[start : start + LANES]
        for lane in range(LANES):
            squares[lane] += float(block[lane]) * float(block[lane])
    return math.sqrt(squares.sum())


@njit(**INLINED)
def adam(row: Array, mean: Array, square: Array, gradient: Array, factor: Any, step: Any, root: Any) -> None:
    """Kingma and Ba 2015, by factor * gradient; step = rate / (1 - b1^n), root = sqrt(1 - b2^n)."""
    real = row.dtype.type
    factor, step, root, epsilon = real(factor), real(step), real(root), real(EPSILON)
    beta2, keep1, keep2 = real(BETA2), real(1 - BETA1), real(1 - BETA2)
    for i in range(len(row)):
        g = factor * gradient[i]
        mean[i] += (g - mean[i]) * keep1
        square[i] = square[i] * beta2 + g * g * keep2
        row[i] -= step * mean[i] / (math.sqrt(square[i]) / root + epsilon)


@njit(**OPTIONS)
def train_replicas(
    weights: Array,
    moment1: Array,
    moment2: Array,
    losses: Array,
    norms: Array,
    inputs: Array,
    targets: Array,
    work: Buffers,
    sizes: Sizes,
    done: int,
    first: int,
    scale: float,
    rate: float,
    clip_norm: float,
) -> None:
    weight = scale / ((len(targets) - first) * sizes.outputs)
    start1, start2 = 1.0, 1.0
    for _ in range(done):
        start1, start2 = start1 * BETA1, start2 * BETA2
    for k in range(len(weights)):
        row, power1, power2 = weights[k], start1, start2
        for epoch in range(len(losses)):
            unpack_network(work, row, sizes)
            run_forward(work, inputs, sizes)
            losses[epoch, k] = weight * squared_errors(work.outputs, targets, first)
            if math.isfinite(losses[epoch, k]):
                scale_slopes(work.outputs, 2 * weight)
                run_backward(work, inputs, sizes)
                norms[epoch, k] = norm_of(work.gradient, work.squares)
            if not math.isfinite(norms[epoch, k]):
                row[:] = NAN
                break
            factor = min(clip_norm / (norms[epoch, k] + 1e-6), 1.0)
            power1, power2 = power1 * BETA1, power2 * BETA2
            adam(row, moment1[k], moment2[k], work.gradient, factor, rate / (1 - power1), math.sqrt(1 - power2))


@njit(**OPTIONS)
def evaluate_replicas(
    losses: Array,
    weights: Array,
    inputs: Array,
    targets: Array,
    work: Buffers,
    sizes: Sizes,
    first: int,
    scale: float,
) -> None:
    rows, chunk, batch = len(targets), len(work.outputs), sizes.batch
    for k in range(len(weights)):
        unpack_network(work, weights[k], sizes)
        work.states[:] = 0
        total = 0.0
        for start in range(0, rows, chunk):
            stop = min(start + chunk, rows)
            run_forward(work, inputs[start:stop], sizes)
            total += squared_errors(work.outputs, targets[start:stop], first - start)
            for layer in range(sizes.layers):
                copy_last(work.states[layer], stop - start, batch)
        losses[k] = scale / ((rows - first) * sizes.outputs) * total


def train_steps(
    weights: Array,
    moment1: Array,
    moment2: Array,
    done: int,
    count: int,
    inputs: Array,
    targets: Array,
    first: int,
    scale: float,
    learning_rate: float,
    clip_norm: float,
    hidden_size: int,
    num_layers: int,
    activation_code: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Train `count` full-batch epochs in place, after `done` others; losses and gradient norms (count, S).

    weights, moments (S, P), inputs (T, B, I), targets (T, B, O): all of one dtype, C-contiguous. The
    loss is scale * mean of (y - target)^2 over the steps from `first` on, read before its update; the norm is
    that of its gradient before it is clipped (Pascanu 2013). A replica whose loss or norm is not finite has
    diverged: its weights are nan from then on, and so are its later losses and norms.
    """
    steps, batch, _ = inputs.shape
    rows, replicas = steps * batch, len(weights)
    sizes = Sizes(inputs.shape[2], hidden_size, targets.shape[2], num_layers, batch, activation_code, weights.shape[1])
    work = network_buffers(sizes, rows, rows, weights.dtype)
    losses, norms = np.full((count, replicas), np.nan), np.full((count, replicas), np.nan)
    data = inputs.reshape(rows, -1), targets.reshape(rows, -1)
    settings = done, first * batch, float(scale), float(learning_rate), float(clip_norm)
    train_replicas(weights, moment1, moment2, losses, norms, *data, work, sizes, *settings)
    return losses, norms


def evaluate(
    weights: Array,
    inputs: Array,
    targets: Array,
    first: int,
    scale: float,
    hidden_size: int,
    num_layers: int,
    activation_code: int,
) -> npt.NDArray[np.float64]:
    """Losses (S,) at weights (S, P) as `train_steps` reads them, of inputs and targets as there."""
    steps, batch, _ = inputs.shape
    rows = min(steps, CHUNK) * batch
    sizes = Sizes(inputs.shape[2], hidden_size, targets.shape[2], num_layers, batch, activation_code, weights.shape[1])
    work = network_buffers(sizes, rows, 0, weights.dtype)
    data = inputs.reshape(steps * batch, -1), targets.reshape(steps * batch, -1)
    losses = np.empty(len(weights))
    evaluate_replicas(losses, weights, *data, work, sizes, first * batch, float(scale))
    return losses
