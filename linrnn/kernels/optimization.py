"""Training steps of all replicas in compiled code: programs, clipping and Adam with weight decay."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import types as untyped_types

from linrnn.kernels.compilation import INDEX, Array, compile_kernel, inline
from linrnn.kernels.execution import run_types
from linrnn.kernels.program import PROGRAM

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
NAN = float("nan")
PARTS = 8  # partial sums of a norm

types: Any = untyped_types
REAL = types.float64


class EpochPlan(NamedTuple):
    """Programs of an epoch, and places in their array."""

    forward: Array  # to the loss
    backward: Array  # from its slopes
    slopes: int  # start of the slopes of the loss
    size: int  # of them
    row: int  # start of the weights
    gradient: int  # start


class AdamState(NamedTuple):
    """Weights and moments, `(S, P)` each, updated in place."""

    weights: Array
    moment1: Array
    moment2: Array


class Curves(NamedTuple):
    """Losses and gradient norms, `(N, S)` each, and room for sums."""

    losses: Array
    norms: Array
    sums: Array  # partial, of a norm, (PARTS,)
    total: Array  # of a loss, (1,)


class StepSettings(NamedTuple):
    """Settings of the updates of N epochs."""

    rates: Array  # learning rates, (N,)
    first_epoch: int  # number of epochs before these
    loss_factor: float
    slope_factor: float  # of what an operation leaves in place of the outputs
    clip_norm: float  # largest norm of a gradient
    weight_decay: float


@inline
def scale_line(line: Array, factor: float) -> None:
    """line *= factor."""
    cast = line.dtype.type(factor)
    for i in range(len(line)):
        line[i] *= cast


@inline
def norm_of_line(line: Array, sums: Array) -> float:
    """2-norm in float64, by the partial sums `sums`; the length of the line is a multiple of PARTS."""
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
def adamw(
    row: Array, mean: Array, square: Array, gradient: Array, factor: Any, step: Any, root: Any, shrinkage: Any
) -> None:
    """AdamW (Loshchilov & Hutter 2019) on factor * gradient.

    step = rate / (1 - b1^n), root = sqrt(1 - b2^n), shrinkage = 1 - rate * decay; without decay it is exactly Adam
    (Kingma & Ba 2015).
    """
    real = row.dtype.type
    factor, step, root, epsilon, shrinkage = real(factor), real(step), real(root), real(EPSILON), real(shrinkage)
    beta2, weight1, weight2 = real(BETA2), real(1 - BETA1), real(1 - BETA2)
    for i in range(len(row)):
        g = factor * gradient[i]
        mean[i] += (g - mean[i]) * weight1
        square[i] = square[i] * beta2 + g * g * weight2
        row[i] = shrinkage * row[i] - step * mean[i] / (math.sqrt(square[i]) / root + epsilon)


def train_types(real: Any) -> tuple[Any, ...]:
    """Argument types of `train_replicas`."""
    line, curve, rows = REAL[::1], REAL[:, ::1], real[:, ::1]
    return (
        types.FunctionType(types.void(*run_types(real))),
        real[::1],
        types.NamedTuple([PROGRAM, PROGRAM, INDEX, INDEX, INDEX, INDEX], EpochPlan),
        types.NamedUniTuple(rows, len(AdamState._fields), AdamState),
        types.NamedTuple([curve, curve, line, line], Curves),
        types.NamedTuple([line, INDEX, REAL, REAL, REAL, REAL], StepSettings),
    )


@compile_kernel(train_types)
def train_replicas(
    run: Any, a: Array, plan: EpochPlan, state: AdamState, curves: Curves, settings: StepSettings
) -> None:
    """Train each replica, one epoch per learning rate; a loss is the factor times the total of the forward program."""
    weights, (losses, norms, sums, total) = state.weights, curves
    width, slopes = weights.shape[1], a[plan.slopes : plan.slopes + plan.size]
    row, gradient = a[plan.row : plan.row + width], a[plan.gradient : plan.gradient + -(-width // PARTS) * PARTS]
    start1, start2 = 1.0, 1.0
    for _ in range(settings.first_epoch):
        start1, start2 = start1 * BETA1, start2 * BETA2
    for k in range(len(weights)):
        present, power1, power2 = weights[k], start1, start2
        for epoch in range(len(losses)):
            for i in range(width):
                row[i] = present[i]
            run(a, total, plan.forward)
            losses[epoch, k] = settings.loss_factor * total[0]
            if math.isfinite(losses[epoch, k]):
                scale_line(slopes, settings.slope_factor)
                run(a, total, plan.backward)
                norms[epoch, k] = norm_of_line(gradient, sums)
            if not math.isfinite(norms[epoch, k]):
                for i in range(width):
                    present[i] = NAN
                break
            factor = min(settings.clip_norm / (norms[epoch, k] + 1e-6), 1.0)
            power1, power2 = power1 * BETA1, power2 * BETA2
            rate = settings.rates[epoch]
            step, root, shrinkage = rate / (1 - power1), math.sqrt(1 - power2), 1 - rate * settings.weight_decay
            adamw(present, state.moment1[k], state.moment2[k], gradient, factor, step, root, shrinkage)
