"""Floating-point operations a second: those of training steps, beside what a core can do without fused multiply-add.

`python -m experiments.benchmark.throughput` measures them in half a minute and prints the rows of a table as JSON.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numba import njit, types
from numba.core import cgutils as untyped_cgutils

from experiments.benchmark.shapes import Shape, problem
from experiments.benchmark.sides import Side, linrnn
from experiments.benchmark.timer import time_sides
from linrnn.kernels.products import VECTOR, WORD
from linrnn.kernels.vectors import Vector, VectorCode, vector_kernel

MODELS = ("linear", "tanh")
HIDDEN_SIZES = 2, 4, 8, 10, 16, 32, 64, 128
T, B, S = 99, 1, 10
COUNT = VECTOR // 4  # numbers of a vector
CHAINS, ROUNDS = 12, 20_000  # of the core's measurement: as many chains as hide the latencies of their operations
TANH_OPERATIONS, SLOPE_OPERATIONS = 27, 3  # multiplications, additions and divisions of an activation, and of its slope
SECONDS = 1.0
cgutils: Any = untyped_cgutils  # partly annotated

Row = list[float]


def count_operations(shape: Shape) -> int:
    """Operations of a training step of one replica with one input and output: those of products and activations."""
    H = shape.H
    forward, slopes, gradient = H + H * H + H, H + H * H, H + H * H + H
    activation = H * (TANH_OPERATIONS + SLOPE_OPERATIONS) if shape.model == "tanh" else 0
    return shape.T * shape.B * (2 * (forward + slopes + gradient) + activation)


def generate_chains(code: VectorCode, count: Any, *_: Any) -> None:
    """x = 0.5 x + 0.25 so many times in CHAINS vectors, which stay in registers; a product and a sum each."""
    builder = code.builder
    places = [WORD(COUNT * k) for k in range(CHAINS)]
    values = [cgutils.alloca_once_value(builder, code.load(place, COUNT).value) for place in places]

    def advance(_: Any) -> None:
        for value in values:
            builder.store((Vector(builder, builder.load(value)) * 0.5 + 0.25).value, value)

    code.repeat(builder.mul(count, WORD(COUNT)), COUNT, advance)
    for place, value in zip(places, values, strict=True):
        code.store(Vector(builder, builder.load(value)), place)


run_chains = vector_kernel(generate_chains)


@lru_cache
def core() -> Side:
    """The side of a core that multiplies and adds all the time: ROUNDS of each chain a step."""

    @njit(types.void(types.float32[::1], types.int64), error_model="numpy")
    def run(line: Any, count: int) -> None:
        run_chains(line, count, 0, 0, 0, 0, 0, 0, 0)

    line = np.ones(CHAINS * COUNT, np.float32)

    def advance(count: int) -> Any:
        run(line, count * ROUNDS)
        return line

    return advance


def throughput_rows(quick: bool = False) -> list[Row]:
    """Rows of a table: H, then GFLOP/s of each model type and of a core, all measured in turn; the best of each."""
    torch.set_num_threads(1)
    rows = []
    for hidden in HIDDEN_SIZES[: 1 if quick else None]:
        shapes = [Shape(model, T, B, hidden, S) for model in MODELS]
        sides = {shape.model: linrnn(problem(shape)) for shape in shapes} | {"core": core()}
        counts = {shape.model: S * count_operations(shape) for shape in shapes}
        counts["core"] = 2 * CHAINS * COUNT * ROUNDS
        times = time_sides(sides, SECONDS / 10 if quick else SECONDS)
        rows.append([hidden, *(counts[name] / times[name].least / 1e6 for name in sides)])
    return rows


if __name__ == "__main__":
    print(json.dumps(throughput_rows()))
