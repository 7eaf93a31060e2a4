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
    size: int  # numbers of the slopes of the loss
    slopes: int  # start of them
    row: int  # start of the weights
    mean: int  # start of the first moments
    square: int  # start of the second ones
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
    sums: Array  # partial, of a norm, (PARTS * lanes,)
    total: Array  # of a loss, (lanes,)
    factors: Array  # of the gradients, (lanes,)


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
def norms_of_line(line: Array, sums: Array, lanes: int) -> None:
    """2-norms in float64, by the partial sums `sums`; the length of the line is a multiple of PARTS a lane."""
    for part in range(PARTS * lanes):
        sums[part] = 0
    if lanes == 1:
        for start in range(0, len(line), PARTS):
            block = line[start : start + PARTS]
            for part in range(PARTS):
                sums[part] += float(block[part]) * float(block[part])
    else:
        for start in range(0, len(line), PARTS * lanes):
            block = line[start : start + PARTS * lanes]
            for part in range(PARTS * lanes):
                sums[part] += float(block[part]) * float(block[part])
    for lane in range(lanes):
        total = 0.0
        for part in range(PARTS):
            total += sums[part * lanes + lane]
        sums[lane] = math.sqrt(total)


@inline
def scale_lanes(line: Array, factors: Array) -> None:
    """line *= factors, of each lane its own."""
    lanes = len(factors)
    if lanes == 1:
        scale_line(line, factors[0])
    else:
        for start in range(0, len(line), lanes):
            block = line[start : start + lanes]
            for lane in range(lanes):
                block[lane] *= line.dtype.type(factors[lane])


@inline
def load_lanes(line: Array, rows: Array, first: int, lanes: int) -> None:
    """One row a lane from row `first` on; the lanes beyond the last row have the first one, too."""
    for lane in range(lanes):
        row = rows[first + lane if first + lane < len(rows) else first]
        for i in range(len(row)):
            line[i * lanes + lane] = row[i]


@inline
def adamw(row: Array, mean: Array, square: Array, gradient: Array, step: Any, root: Any, shrinkage: Any) -> None:
    """AdamW (Loshchilov & Hutter 2019).

    step = rate / (1 - b1^n), root = sqrt(1 - b2^n), shrinkage = 1 - rate * decay; without decay it is exactly Adam
    (Kingma & Ba 2015).
    """
    real = row.dtype.type
    step, root, epsilon, shrinkage = real(step), real(root), real(EPSILON), real(shrinkage)
    beta2, weight1, weight2 = real(BETA2), real(1 - BETA1), real(1 - BETA2)
    for i in range(len(row)):
        g = gradient[i]
        mean[i] += (g - mean[i]) * weight1
        square[i] = square[i] * beta2 + g * g * weight2
        row[i] = shrinkage * row[i] - step * mean[i] / (math.sqrt(square[i]) / root + epsilon)


@inline
def start_lanes(a: Array, plan: EpochPlan, state: AdamState, factors: Array, first: int) -> None:
    """Weights and moments of one replica a lane, from replica `first` on."""
    lanes, width = len(factors), len(factors) * state.weights.shape[1]
    load_lanes(a[plan.row : plan.row + width], state.weights, first, lanes)
    load_lanes(a[plan.mean : plan.mean + width], state.moment1, first, lanes)
    load_lanes(a[plan.square : plan.square + width], state.moment2, first, lanes)
    for lane in range(lanes):
        factors[lane] = 1.0


@inline
def end_lane(a: Array, plan: EpochPlan, state: AdamState, lanes: int, lane: int, k: int, has_diverged: bool) -> None:
    """The weights and moments of a lane become those of replica k; the weights are nan if it has diverged."""
    row, mean, square = a[plan.row :], a[plan.mean :], a[plan.square :]
    for i in range(state.weights.shape[1]):
        place = i * lanes + lane
        state.weights[k, i] = NAN if has_diverged else row[place]
        state.moment1[k, i], state.moment2[k, i] = mean[place], square[place]


@inline
def clip_lanes(
    a: Array, plan: EpochPlan, state: AdamState, curves: Curves, settings: StepSettings, epoch: int, first: int
) -> int:
    """Record losses and norms; the factors of gradients, nan once a replica has diverged. The number of the others."""
    losses, norms, sums, total, factors = curves
    lanes, living = len(total), 0
    for lane in range(min(lanes, losses.shape[1] - first)):
        k = first + lane
        if math.isnan(factors[lane]):
            continue
        losses[epoch, k] = settings.loss_factor * total[lane]
        if math.isfinite(losses[epoch, k]):
            norms[epoch, k] = sums[lane]
        if math.isfinite(norms[epoch, k]):
            factors[lane] = min(settings.clip_norm / (norms[epoch, k] + 1e-6), 1.0)
            living += 1
        else:
            factors[lane] = NAN
            end_lane(a, plan, state, lanes, lane, k, True)
    return living


def train_types(real: Any) -> tuple[Any, ...]:
    """Argument types of `train_replicas`."""
    line, curve, rows = REAL[::1], REAL[:, ::1], real[:, ::1]
    return (
        types.FunctionType(types.void(*run_types(real))),
        real[::1],
        types.NamedTuple([PROGRAM, PROGRAM, *[INDEX] * 6], EpochPlan),
        types.NamedUniTuple(rows, len(AdamState._fields), AdamState),
        types.NamedTuple([curve, curve, line, line, line], Curves),
        types.NamedTuple([line, INDEX, REAL, REAL, REAL, REAL], StepSettings),
        INDEX,
        INDEX,
    )


@compile_kernel(train_types)
def train_replicas(
    run: Any,
    a: Array,
    plan: EpochPlan,
    state: AdamState,
    curves: Curves,
    settings: StepSettings,
    begin: int,
    end: int,
) -> None:
    """Train the replicas from `begin` to `end`, one a lane, so many at once as there are lanes; an epoch per rate.

    A loss is the factor times the total of the forward program.
    """
    _, _, sums, total, factors = curves
    lanes, parameters, size = len(total), state.weights.shape[1], len(total) * state.weights.shape[1]
    slopes, row = a[plan.slopes : plan.slopes + plan.size], a[plan.row : plan.row + size]
    mean, square = a[plan.mean : plan.mean + size], a[plan.square : plan.square + size]
    gradient, padded = a[plan.gradient : plan.gradient + size], -(-parameters // PARTS) * PARTS * lanes
    start1, start2 = 1.0, 1.0
    for _ in range(settings.first_epoch):
        start1, start2 = start1 * BETA1, start2 * BETA2
    for first in range(begin, end, lanes):
        power1, power2 = start1, start2
        start_lanes(a, plan, state, factors, first)
        for epoch in range(len(settings.rates)):
            run(a, total, plan.forward)
            scale_line(slopes, settings.slope_factor)
            run(a, sums, plan.backward)
            norms_of_line(a[plan.gradient : plan.gradient + padded], sums, lanes)
            if clip_lanes(a, plan, state, curves, settings, epoch, first) == 0:
                break
            power1, power2 = power1 * BETA1, power2 * BETA2
            rate = settings.rates[epoch]
            step, root, shrinkage = rate / (1 - power1), math.sqrt(1 - power2), 1 - rate * settings.weight_decay
            scale_lanes(gradient, factors)
            adamw(row, mean, square, gradient, step, root, shrinkage)
        for lane in range(min(lanes, end - first)):
            if not math.isnan(factors[lane]):
                end_lane(a, plan, state, lanes, lane, first + lane, False)
