"""The targets that measurements are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from experiments.benchmark.grid import JAX, LINRNN, LOOP, TORCH_RNN, Cell
from experiments.benchmark.shapes import Shape

TRIAL_EPOCHS = 1000
SPEED_UPS = (  # T, B, H, S: how many times the loop's speed, linear and tanh
    ((99, 1, 10, 10), 140, 120),
    ((99, 1, 10, 20), 200, 160),
    ((99, 1, 64, 10), 45, 35),
    ((1000, 1, 16, 10), 300, 250),
    ((1000, 16, 64, 10), 5, 5),
)


class Target(NamedTuple):
    """A goal and the measured value; `most`: the goal is an upper limit."""

    what: str
    goal: float
    value: float
    unit: str = "x"
    most: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the measurement reaches the goal."""
        return self.value <= self.goal if self.most else self.value >= self.goal


class Grid:
    """The measured cells by side and shape."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = {(cell.side, cell.shape): cell for cell in cells}

    def get(self, side: str, shape: Shape) -> Cell | None:
        """Return a side's cell at a shape; sides that train one replica at a time are measured at S=1 only."""
        alone = side in (LOOP, TORCH_RNN)
        return self.cells.get((side, shape._replace(S=1) if alone else shape))

    def speed_up(self, side: str, shape: Shape, reference: str = LOOP) -> float | None:
        """Return the speed of a side relative to that of another one, per replica."""
        mine, other = self.get(side, shape), self.get(reference, shape)
        return other.share.median / mine.share.median if mine and other else None

    def trial_speed_up(self, shape: Shape) -> float | None:
        """Return the speed of a trial relative to JAX, the compilation of JAX included."""
        mine, other = self.get(LINRNN, shape), self.get(JAX, shape)
        if not (mine and other):
            return None
        steady = TRIAL_EPOCHS * shape.S * other.share.median / 1000
        return (other.compilation + steady) / (TRIAL_EPOCHS * shape.S * mine.share.median / 1000)

    @property
    def shapes(self) -> list[Shape]:
        """The shapes at which linrnn was timed."""
        return [shape for side, shape in self.cells if side == LINRNN]


def grid_targets(cells: Sequence[Cell]) -> Iterator[Target]:
    """Yield the targets of the measured part of the grid."""
    grid = Grid(cells)
    for sizes, *goals in SPEED_UPS:
        for model, goal in zip(("linear", "tanh"), goals, strict=True):
            ratio = grid.speed_up(LINRNN, Shape(model, *sizes))
            if ratio is not None:
                yield Target(f"speed of the loop, {Shape(model, *sizes)}", goal, ratio)
    yield from model_targets(grid)
    usual = Shape("tanh", 99, 1, 10, 10)
    over_rnn = grid.speed_up(LINRNN, usual, TORCH_RNN)
    if over_rnn is not None:
        yield Target(f"speed of torch.nn.RNN, {usual}", 50, over_rnn)
    yield from worst_case(
        "speed of torch.nn.RNN, worst at S=1",
        1,
        [grid.speed_up(LINRNN, shape, TORCH_RNN) for shape in grid.shapes if shape.S == 1],
    )
    tens = [shape for shape in grid.shapes if shape.S == 10]
    small = [shape for shape in tens if shape.H == 10]
    yield from worst_case(
        "speed of JAX, 1000 epochs with compilation, worst at H=10, S=10", 2, map(grid.trial_speed_up, small)
    )
    for hidden, lowest in ((10, 1 / 3), (64, 1 / 1.5)):
        over_jax = [grid.speed_up(LINRNN, shape, JAX) for shape in tens if hidden == shape.H]
        yield from worst_case(f"speed of JAX in steady state, worst at H={hidden}, S=10", lowest, over_jax)


def model_targets(grid: Grid) -> Iterator[Target]:
    """Yield the targets of the model types that a default sweep does not compare, at the usual sizes."""
    for model, goal, reference in (("relu", 500, LOOP), ("gru", 100, TORCH_RNN), ("lstm", 100, TORCH_RNN)):
        ratio = grid.speed_up(LINRNN, Shape(model, 99, 1, 10, 10), reference)
        if ratio is not None:
            name = "the loop" if reference == LOOP else "torch's own module"
            yield Target(f"speed of {name}, {Shape(model, 99, 1, 10, 10)}", goal, ratio)
    for model in ("gru", "lstm"):
        shape = Shape(model, 99, 1, 10, 10)
        yield from worst_case(f"speed of JAX in steady state, {shape}", 1, [grid.speed_up(LINRNN, shape, JAX)])
    tanh = grid.get(LINRNN, Shape("tanh", 99, 1, 10, 10))
    for model in ("almost-linear", "lru"):
        cell = grid.get(LINRNN, Shape(model, 99, 1, 10, 10))
        if cell and tanh:
            ratio = cell.share.median / tanh.share.median
            yield Target(f"time of tanh, {cell.shape}", 1.3, ratio, most=True)


def worst_case(what: str, goal: float, values: Sequence[float | None] | Iterator[float | None]) -> Iterator[Target]:
    """Yield the target for the smallest of some measurements, if there are any."""
    finite = [value for value in values if value is not None]
    if finite:
        yield Target(what, goal, min(finite))
