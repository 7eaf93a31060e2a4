"""Time of a training step per replica, of each side, over a grid of shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np

from experiments.benchmark.shapes import Shape, problem
from experiments.benchmark.sides import LOOPS, TORCH_MODULES, Side, linrnn, loop, torch_rnn
from experiments.benchmark.timer import Spread, time_sides
from linrnn.models import DEFAULT_MODELS, MODELS

LINRNN, LOOP, TORCH_RNN, JAX = "linrnn", "loop", "torch.nn.RNN", "JAX"
HAS_JAX = all(find_spec(name) is not None for name in ("jax", "optax"))
JAX_MODELS = ("linear", "tanh", "relu", "gru", "lstm")
STEPS_CHECKED = 3


class Cell(NamedTuple):
    """A measurement: time of a step per replica in ms, and of the compilation in seconds, of a side at a shape."""

    side: str
    shape: Shape
    share: Spread
    compilation: float = 0.0


class Point(NamedTuple):
    """Shapes that differ in S alone: linrnn is timed at each of `replicas`, JAX at each of `jax_replicas`."""

    model: str
    T: int
    B: int
    H: int
    replicas: Sequence[int]
    jax_replicas: Sequence[int]

    def to_shape(self, replicas: int) -> Shape:
        """Return the shape with a number of replicas."""
        return Shape(self.model, self.T, self.B, self.H, replicas)


def points(quick: bool) -> list[Point]:
    """Return the grid and the additional shapes that have targets."""
    if quick:
        return [Point(model, 20, 1, 4, (1, 2), ()) for model in ("linear", "tanh")]
    grid = [(T, B, H, (1, 10, 20), (1, 10)) for T in (99, 1000) for B in (1, 32) for H in (10, 64)]
    single = [(1000, 1, 16, (10,), (10,)), (1000, 16, 64, (10,), (10,))]
    others = [
        Point(model, 99, 1, 10, (1, 10), (10,) if model in JAX_MODELS else ())
        for model in MODELS
        if model not in DEFAULT_MODELS
    ]
    return [Point(model, *sizes) for sizes in (*grid, *single) for model in DEFAULT_MODELS] + others


def check(has_jax: bool = HAS_JAX) -> None:
    """Raise RuntimeError unless all sides have the same loss after a few steps from the same weights."""
    for model in sorted({*LOOPS, *TORCH_MODULES}):
        point = Point(model, 20, 3, 5, (2,), (2,) if has_jax and model in JAX_MODELS else ())
        sides, _ = build_sides(point, all_ways=True)
        losses = {key: side(STEPS_CHECKED + 1) for key, side in sides.items()}
        expected = losses[LINRNN, 2]
        for (name, _), values in losses.items():
            if not np.allclose(values, expected[: len(values)], rtol=1e-3, atol=0):
                raise RuntimeError(f"{name} computes another loss than linrnn for {model}: {values}, not {expected}")


def measure(point: Point, cap: float) -> Iterator[Cell]:
    """Time all sides at a point of the grid alternately; yield only the faster of JAX's two variants."""
    sides, compilations = build_sides(point, all_ways=point.T < 1000)
    cells: dict[tuple[str, int], Cell] = {}
    for (way, replicas), total in time_sides(sides, cap).items():
        side = JAX if way.startswith(JAX) else way
        share = total.divide(replicas)
        cell = Cell(side, point.to_shape(replicas), share, compilations.get((way, replicas), 0.0))
        if (side, replicas) not in cells or share.median < cells[side, replicas].share.median:
            cells[side, replicas] = cell
    yield from cells.values()


def build_sides(point: Point, all_ways: bool) -> tuple[dict[tuple[str, int], Side], dict[tuple[str, int], float]]:
    """Return the sides by name and S, and the compilation times of those of JAX.

    With `all_ways` and S > 1, JAX is also timed with one call per step, besides one call for many steps.
    """
    sides: dict[tuple[str, int], Side] = {}
    compilations: dict[tuple[str, int], float] = {}
    if point.model in LOOPS:
        sides[LOOP, 1] = loop(problem(point.to_shape(1)))
    if point.model in TORCH_MODULES:
        sides[TORCH_RNN, 1] = torch_rnn(problem(point.to_shape(1)))
    for replicas in point.replicas:
        sides[LINRNN, replicas] = linrnn(problem(point.to_shape(replicas)))
    if HAS_JAX and point.jax_replicas:
        from experiments.benchmark import jax_side

        for replicas in point.jax_replicas:
            ways = {JAX: jax_side.call_once} | (
                {f"{JAX}, by step": jax_side.call_by_step} if all_ways and replicas > 1 else {}
            )
            for name, way in ways.items():
                sides[name, replicas], compilations[name, replicas] = way(problem(point.to_shape(replicas)))
    return sides, compilations
