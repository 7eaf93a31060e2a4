"""Scaling of the time of a step per replica with each size, the other sizes constant."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.benchmark.grid import LINRNN, LOOP, Cell
from experiments.benchmark.shapes import Shape, problem
from experiments.benchmark.sides import Side, linrnn, loop
from experiments.benchmark.timer import time_sides

BASE = {"T": 99, "B": 1, "H": 10, "S": 10}
SIZES = {
    "T": (10, 100, 300, 1000, 3000, 10_000),
    "H": (2, 4, 8, 16, 32, 64, 128),
    "B": (1, 2, 4, 8, 16, 32, 64),
    "S": (1, 2, 5, 10, 20),
}
LONGEST_LOOP = 1000  # time steps; a training step of the loop on more takes seconds
Curve = list[Cell]


def curves(quick: bool, cap: float) -> Iterator[tuple[str, Curve]]:
    """Yield for each size its name and the cells: linrnn, and the loop for at most 1000 steps."""
    for axis, sizes in SIZES.items():
        selection = sizes[:1] if quick else sizes
        runs = [(size, model) for model in ("linear", "tanh") for size in selection]
        yield axis, [cell for size, model in runs for cell in measure_cells(axis, size, model, cap)]


def measure_cells(axis: str, size: int, model: str, cap: float) -> Iterator[Cell]:
    """Measure the cells of one size; the loop trains a single replica, whatever S is."""
    shape = Shape(model, **{**BASE, axis: size})
    sides: dict[str, Side] = {LINRNN: linrnn(problem(shape))}
    if shape.T <= LONGEST_LOOP:
        sides[LOOP] = loop(problem(shape._replace(S=1)))
    for side, total in time_sides(sides, cap).items():
        replicas = shape.S if side == LINRNN else 1
        yield Cell(side, shape, total.divide(replicas))
