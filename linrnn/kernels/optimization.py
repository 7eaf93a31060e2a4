"""Training steps of all replicas in compiled code: loss, gradient, clipping and Adam."""

from __future__ import annotations

import math
from typing import Any

from numba import types as untyped_types

from linrnn.kernels.compilation import INDEX, Array, compile_kernel, inline
from linrnn.kernels.program import run

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
NAN = float("nan")
PARTS = 8  # partial sums of a norm

types: Any = untyped_types
REAL = types.float64


PLACES = types.UniTuple(INDEX, 6)

Places = tuple[int, int, int, int, int, int]


@compile_kernel(lambda real: (real[::1], PLACES))
def squared_errors(a: Array, at: Places) -> float:
    """Sum of squared errors in float64, but for the rows skipped; the outputs become the errors.

    at: where the outputs and the targets begin, rows, columns, step of the outputs, rows skipped.
    """
    outputs, targets, rows, columns, step, skipped = at
    total = 0.0
    for row in range(rows):
        line, target = a[outputs : outputs + columns], a[targets : targets + columns]
        for i in range(len(line)):
            line[i] = line[i] - target[i] if row >= skipped else 0
            total += float(line[i]) * float(line[i])
        outputs, targets = outputs + step, targets + columns
    return total


@inline
def scale_line(line: Array, factor: float) -> None:
    """line *= factor."""
    scaled = line.dtype.type(factor)
    for i in range(len(line)):
        line[i] *= scaled


@inline
def norm_of(line: Array, sums: Array) -> float:
    """2-norm in float64, by the partial sums `sums`, of a line of a multiple of PARTS elements."""
    for part in range(PARTS):
        sums[part] = 0
    for start in range(0, len(line), PARTS):
        block = line[start : start + PARTS]
        for part in range(PARTS):
            sums[part] += float(block[part]) * float(block[part])
    total = 0.0
    for part in range(PARTS):
        total += sums[part]
    return math.sqrt(total)


@inline
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


def train_types(real: Any) -> tuple[Any, ...]:
    """Argument types of `train_replicas`."""
    rows, programs, curves = real[:, ::1], INDEX[:, ::1], REAL[:, ::1]
    line = REAL[::1]
    return real[::1], programs, programs, rows, rows, rows, curves, curves, line, PLACES, *[INDEX] * 3, REAL, line, REAL


@compile_kernel(train_types)
def train_replicas(
    a: Array,
    forward: Array,
    backward: Array,
    weights: Array,
    moment1: Array,
    moment2: Array,
    losses: Array,
    norms: Array,
    sums: Array,
    at: Places,
    row_start: int,
    gradient_start: int,
    done: int,
    weight: float,
    rates: Array,
    clip_norm: float,
) -> None:
    """Each replica's epochs, at a learning rate each; a loss is weight * its sum of squared errors."""
    width = weights.shape[1]
    row, gradient = a[row_start : row_start + width], a[gradient_start : gradient_start + -(-width // PARTS) * PARTS]
    outputs, _, rows, _, step_of_outputs, _ = at
    errors = a[outputs : outputs + rows * step_of_outputs]
    start1, start2 = 1.0, 1.0
    for _ in range(done):
        start1, start2 = start1 * BETA1, start2 * BETA2
    for k in range(len(weights)):
        present, power1, power2 = weights[k], start1, start2
        for epoch in range(len(losses)):
            for i in range(width):
                row[i] = present[i]
            run(a, forward)
            losses[epoch, k] = weight * squared_errors(a, at)
            if math.isfinite(losses[epoch, k]):
                scale_line(errors, 2 * weight)
                run(a, backward)
                norms[epoch, k] = norm_of(gradient, sums)
            if not math.isfinite(norms[epoch, k]):
                for i in range(width):
                    present[i] = NAN
                break
            factor = min(clip_norm / (norms[epoch, k] + 1e-6), 1.0)
            power1, power2 = power1 * BETA1, power2 * BETA2
            step, root = rates[epoch] / (1 - power1), math.sqrt(1 - power2)
            adam(present, moment1[k], moment2[k], gradient, factor, step, root)
