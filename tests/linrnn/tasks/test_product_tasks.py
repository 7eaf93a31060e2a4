"""Tasks that multiply: targets by their definition, bounds by least squares over many sequences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from linrnn.data.sequences import Array
from linrnn.tasks import narma10
from linrnn.tasks.adding import Adding
from linrnn.tasks.narma10 import BURN_IN, Narma10, narma
from linrnn.tasks.parity import Parity
from linrnn.tasks.product import Product
from linrnn.tasks.xor import Xor
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import from_text


def left_by_regression(design: Array, targets: Array) -> float:
    """What the best linear function leaves of the targets' variance."""
    design = np.column_stack([design, np.ones(len(design))])
    left = targets - design @ np.linalg.lstsq(design, targets)[0]
    return float(np.square(left).mean() / targets.var())


def recursion(u: list[float]) -> list[float]:
    """y_{t+1} at t, from zeros."""
    y = [0.0] * 10  # y_{-9} ... y_0
    for t in range(len(u)):
        early = u[t - 9] if t >= 9 else 0.0
        y.append(0.3 * y[-1] + 0.05 * y[-1] * math.fsum(y[-10:]) + 1.5 * early * u[t] + 0.1)
    return y[10:]


class Planted:
    """A generator whose draws are given."""

    def __init__(self, *draws: Array) -> None:
        self.draws = list(draws)

    def uniform(self, low: float, high: float, size: int) -> Array:
        assert (low, high, size) == (0, 0.5, len(self.draws[0]))
        return self.draws.pop(0)


@pytest.mark.parametrize(("near", "far"), [(2, 5), (0, 1), (3, 17)])
def test_product_multiplies_two_past_inputs(near: int, far: int) -> None:
    train = Product(near=near, far=far, length=40, sequences=2).splits().train
    assert train.first == far
    for x, y in zip(train.inputs[:, :, 0].T, train.targets[:, :, 0].T, strict=True):
        assert list(y[far:]) == [x[t - near] * x[t - far] for t in range(far, 40)]


def test_product_is_uncorrelated_with_every_input_before() -> None:
    train = Product(length=20_000, sequences=1).splits().train
    x, y = train.inputs.ravel(), train.targets[20:].ravel()
    design = np.column_stack([x[20 - k : len(x) - k] for k in range(20)])
    assert left_by_regression(design, y) == pytest.approx(1, abs=0.004)
    assert Product().linear_bound == Xor().linear_bound == 1
    assert np.var(x) == pytest.approx(1 / 3, rel=0.03)


def test_parity_multiplies_all_bits_so_far() -> None:
    train = Parity(sequences=3).splits().train
    assert train.first == 0
    assert set(np.unique(train.inputs)) == {-1.0, 1.0}
    for bits, y in zip(train.inputs[:, :, 0].T, train.targets[:, :, 0].T, strict=True):
        assert list(y) == [math.prod(bits[: t + 1]) for t in range(20)]
    assert [math.prod((-1, 1, -1, -1)[: t + 1]) for t in range(4)] == [-1, -1, 1, -1]  # the example


@pytest.mark.parametrize("length", [3, 5])
def test_parity_bound_is_what_least_squares_reach(length: int) -> None:
    task = Parity(length=length, sequences=60_000)
    train = task.splits().train
    x, y = train.inputs[:, :, 0], train.targets[:, :, 0]
    padded = np.concatenate([np.zeros_like(x)[1:], x])
    lags = [padded[length - 1 - k : 2 * length - 1 - k].ravel() for k in range(length)]
    assert left_by_regression(np.column_stack(lags), y.ravel()) == pytest.approx(task.linear_bound, abs=0.004)


def test_adding_tells_the_sum_of_the_marked() -> None:
    train = Adding(length=6, sequences=50).splits().train
    assert train.first == 5
    for sequence, y in zip(train.inputs.swapaxes(0, 1), train.targets[5, :, 0], strict=True):
        marked = [number for number, mark in sequence if mark == 1]
        assert len(marked) == 2
        assert sorted(set(sequence[:, 1])) == [0, 1]
        assert y == pytest.approx(sum(marked))
    assert 0 <= train.inputs.min() < train.inputs.max() <= 1


def test_adding_marks_every_step_as_often() -> None:
    marks = Adding(length=4, sequences=5_000).draw(np.random.default_rng(0)).inputs[:, :, 1]
    assert_allclose(marks.mean(axis=1), 0.5, atol=0.03)


@pytest.mark.parametrize("length", [3, 10])
def test_adding_bound_is_what_least_squares_reach(length: int) -> None:
    task = Adding(length=length, sequences=8_000)
    train = task.draw(np.random.default_rng(0))
    design = train.inputs.swapaxes(0, 1).reshape(8_000, -1)
    left = left_by_regression(design, train.targets[-1, :, 0])
    assert left == pytest.approx(task.linear_bound, rel=0.03)
    assert train.scale == pytest.approx(1 / 6, rel=0.04)


@pytest.mark.long
def test_a_linear_network_reaches_the_bound_of_adding_at_the_defaults() -> None:
    config = from_text({"task": "adding", "model": "linear", "model.hidden_size": "12", "training.replicas": "3"})
    splits = config.task.splits()
    *_, history = train(config, splits)
    assert np.median(evaluate_test_split(config, history, splits)) <= 1.1 * Adding().linear_bound


def test_narma10_follows_its_recursion() -> None:
    task = Narma10(length=60, sequences=2, washout=20)
    train = task.draw(np.random.default_rng([task.seed, 0]))
    assert train.first == 20
    for k in range(2):
        u = train.inputs[:, k, 0]
        assert 0 <= u.min() < u.max() <= 0.5
        y = train.targets[:, k, 0]
        for t in range(10, 60):
            sums = 0.05 * y[t - 1] * math.fsum(y[t - 10 : t])
            assert y[t] == pytest.approx(0.3 * y[t - 1] + sums + 1.5 * u[t - 9] * u[t] + 0.1, rel=1e-12)


def test_narma10_is_standardised_by_the_train_split() -> None:
    task = Narma10(length=60)
    drawn = task.draw(np.random.default_rng([task.seed, 0]))
    u, y, val = drawn.inputs, drawn.targets, task.draw(np.random.default_rng([task.seed, 1]))
    assert_allclose(task.splits().val.inputs, (val.inputs - u.mean()) / u.std())
    assert_allclose(task.splits().val.targets, (val.targets - y.mean()) / y.std())


def test_narma10_starts_from_zeros() -> None:
    u = np.random.default_rng(0).uniform(0, 0.5, 50)
    assert_allclose(narma(u), recursion(list(u)), rtol=1e-12)
    assert_allclose(0.3 * 0.4 + 0.05 * 0.4 * 4.0 + 1.5 * 0.2 * 0.4 + 0.1, 0.42)  # the example


def test_narma10_draws_again_what_diverges() -> None:
    steps = BURN_IN + 20
    wild, tame = np.full(steps, 0.5), np.full(steps, 0.2)
    assert max(recursion([0.5] * 60)) > 2
    (u, y), (again, _) = Narma10(length=20, washout=9, sequences=2).pairs(Planted(wild, tame, wild, tame))
    assert np.array_equal(u, tame)
    assert np.array_equal(again, tame)
    assert_allclose(y, recursion([0.2] * steps), rtol=1e-12)


def test_narma10_keeps_what_only_comes_close() -> None:
    highest = [narma(np.random.default_rng(k).uniform(0, 0.5, 2000)).max() for k in range(20)]
    assert max(y for y in highest if y <= narma10.LARGEST) < 1.24
