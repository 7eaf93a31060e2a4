"""Baselines and bounds against closed forms, against other implementations, and against what they may not look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.kernel_ridge import KernelRidge
from threadpoolctl import threadpool_limits

from linrnn.baseline import classification, regression
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.baseline.lags import LagLoss, LagSearch, flatten_targets, lag_candidates, lag_grid, lag_matrix
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.tasks import TASKS

LARGE: dict[str, dict[str, int]] = {
    "arma": {"length": 4100, "sequences": 8},
    "oscillator": {"length": 4100, "sequences": 8},
    "noisy-sine": {"length": 2100, "sequences": 8, "washout": 200},
    "xor": {"length": 2000, "sequences": 8},
    "product": {"length": 2000, "sequences": 8},
    "parity": {"sequences": 4000},
    "adding": {"sequences": 20_000},
    "delay": {"delay": 5},
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in `compute_baselines`, beneath which some of these tests begin: more would wait for each other."""
    with threadpool_limits(1, "blas"):
        yield


def linear_only(name: str, **fields: int) -> LagSearch:
    data = TASKS[name](**fields).splits()
    return regression.linear(data, lag_grid(60))


def lagged_by_hand(inputs: Array, lags: int, first: int) -> Array:
    steps, batch, features = inputs.shape
    rows = []
    for t in range(first, steps):
        for b in range(batch):
            past = [inputs[t - k, b] if t >= k else np.zeros(features) for k in range(lags + 1)]
            rows.append(np.concatenate(past))
    return np.array(rows)


@pytest.mark.parametrize("name", LARGE)
def test_least_squares_agrees_with_the_closed_form(name: str) -> None:
    task = TASKS[name](**LARGE[name])
    swept = linear_only(name, **LARGE[name])
    assert task.linear_bound is not None
    targets = len(flatten_targets(task.splits().test))
    assert swept.best.test == pytest.approx(task.linear_bound, rel=4 * targets**-0.5, abs=1e-12)


@pytest.mark.parametrize(("lags", "first"), [(0, 0), (3, 0), (3, 2), (2, 5), (9, 1)])
def test_lags_are_those_of_the_definition(lags: int, first: int) -> None:
    inputs = np.random.default_rng(0).normal(size=(7, 2, 3))
    assert np.array_equal(lag_matrix(inputs, lags, first), lagged_by_hand(inputs, lags, first))


@pytest.mark.parametrize("name", ["sunspots", "narma10", "adding", "sine"])
def test_one_triangle_holds_the_regressions_of_all_lags(name: str) -> None:
    data = TASKS[name]().splits()
    for lags, losses in zip((0, 1, 4, 9), regression.least_squares(data, (0, 1, 4, 9)), strict=True):
        train, *others = (regression.design(each, lags) for each in data)
        kernel = np.linalg.lstsq(train, flatten_targets(data.train), rcond=None)[0]
        plain = [
            np.square(X @ kernel - flatten_targets(each)).mean() / each.scale
            for X, each in zip(others, data[1:], strict=True)
        ]
        assert losses == pytest.approx(plain, rel=1e-6, abs=1e-12)


@given(st.lists(st.floats(1e-6, 10), min_size=1, max_size=20))
def test_the_fewest_lags_of_as_good_a_val_loss_are_chosen(val: Sequence[float]) -> None:
    best = LagSearch(tuple(LagLoss(k, loss, 0.0) for k, loss in enumerate(val))).best
    assert best.val <= 1.0100001 * min(val)
    assert all(loss > 1.0099999 * min(val) for loss in val[: best.lags])


@given(st.integers(0, 5000))
def test_lags_are_tried_one_by_one_and_then_by_a_factor_up_to_the_top(top: int) -> None:
    numbers = lag_grid(top)
    assert (numbers[0], numbers[-1]) == (0, top)
    assert all(one < other <= max(one + 1, round(1.2 * one)) for one, other in pairwise(numbers))


def test_more_lags_are_tried_while_they_help() -> None:
    data = TASKS["delay"](delay=50, length=800).splits()
    assert regression.linear(data, lag_grid(60)).curve[-1].lags == 120
    assert regression.linear(data, lag_grid(120)).curve[-1].lags == 120


def test_a_delay_takes_as_many_lags_and_leaves_nothing() -> None:
    found = compute_baselines(TASKS["delay"](delay=20))
    assert found.linear_lags == 20
    assert found.linear < 1e-20


@pytest.mark.parametrize("name", ["sunspots", "xor", "digits"])
def test_the_test_split_chooses_nothing(name: str) -> None:
    data = TASKS[name]().splits()
    shuffled = np.random.default_rng(0).permutation(data.test.targets)
    one, other = (
        compute_baselines(TASKS[name](), data._replace(test=data.test._replace(targets=each)))
        for each in (data.test.targets, shuffled)
    )
    assert one.linear_lags == other.linear_lags
    assert [point.val for point in one.curve] == [point.val for point in other.curve]


def test_no_kernel_and_no_trivial_predictor_is_chosen_on_the_test_split() -> None:
    data = TASKS["henon"]().splits()
    test = data.test._replace(targets=np.random.default_rng(0).permutation(data.test.targets))
    other = data._replace(test=test)
    kernels = [regression.select_kernel(each, regression.base_predictions(each, 2)) for each in (data, other)]
    assert kernels[0] == kernels[1]
    arma = TASKS["arma"]().splits()
    mean = flatten_targets(arma.train).mean()
    constant = arma.test._replace(targets=np.full_like(arma.test.targets, mean) + 1e-3 * arma.test.targets)
    assert regression.naive(arma._replace(test=constant), is_forecast=True) > 1e3  # persistence, chosen on val, loses


def test_persistence_is_trivial_where_the_target_is_a_later_input() -> None:
    data = TASKS["arma"]().splits()
    x, y = data.test.inputs[100:], data.test.targets[100:]
    last = np.square(y - x).mean() / y.var()
    mean = np.square(y - data.train.targets[100:].mean()).mean() / y.var()
    assert regression.naive(data, is_forecast=True) == pytest.approx(last)
    assert regression.naive(data, is_forecast=False) == pytest.approx(mean)
    assert last < 0.5 < mean


def test_the_kernel_is_that_of_scikit_learn() -> None:
    data = TASKS["henon"]().splits()
    bases = regression.base_predictions(data, 3)
    kernel = regression.Kernel(lags=1, width=1.5, ridge=1e-4, base=0)
    some = np.random.default_rng(1).permutation(len(flatten_targets(data.train)))[: regression.TRAINING_TARGETS]
    X, Z = regression.scale_lags(1, data.train, data.test)
    apart = np.linalg.norm(X[some][:, None] - X[some][None], axis=2)
    width = 1.5 * np.median(apart[apart > 0])
    oracle = KernelRidge(kernel="rbf", gamma=1 / (2 * width**2), alpha=len(some) * 1e-4)
    mean = flatten_targets(data.train).mean()
    predicted = oracle.fit(X[some], flatten_targets(data.train)[some] - mean).predict(Z) + mean
    assert np.allclose(regression.predict_test_targets(data, bases, kernel), predicted, atol=1e-7)


@pytest.mark.parametrize(("name", "most"), [("xor", 1e-6), ("product", 1e-3), ("henon", 1e-5), ("narma10", 0.03)])
def test_the_reference_finds_what_no_linear_predictor_can(name: str, most: float) -> None:
    found = compute_baselines(TASKS[name]())
    assert found.nonlinear < most < 0.3 * found.linear


def test_the_reference_is_the_linear_predictor_where_no_kernel_is_better() -> None:
    found = compute_baselines(TASKS["delay"]())
    assert found.nonlinear <= found.linear


def test_cross_entropy_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch")
    data = TASKS["copy"]().splits()
    logits = np.random.default_rng(0).normal(size=flatten_targets(data.test).shape)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = torch.from_numpy(flatten_targets(data.test).argmax(axis=1))
    expected = torch.nn.functional.cross_entropy(torch.from_numpy(logits), labels).item() / data.test.scale
    assert classification.cross_entropy(probabilities, data.test) == pytest.approx(expected)


def test_without_memory_copy_costs_ten_symbols_of_eight() -> None:
    data = TASKS["copy"](sequences=2000).splits()
    blank, symbol = np.eye(9)[8], np.append(np.full(8, 1 / 8), 0)
    steps = np.stack([blank] * 20 + [symbol] * 10)
    known = np.repeat(steps, 2000, axis=0)
    assert classification.cross_entropy(known, data.test) == pytest.approx(10 * np.log(8) / 30 / data.test.scale)


def test_a_class_that_train_has_not_is_given_nothing() -> None:
    inputs = np.random.default_rng(0).normal(size=(40, 1, 1))
    labels = (inputs[:, :, 0] > 0).astype(int)
    split = Sequences(inputs, np.eye(3)[labels], classes=True)
    found = classification.linear(Splits(split, split, split), [0])
    assert np.isfinite(found.best.val)


def test_lines_are_the_baselines_and_bounds_that_are_known() -> None:
    found = Baselines("x", 1.0, 0.5, 3, None, 0.2, None, 10, ())
    assert list(found.lines) == ["naive", "linear", "nonlinear"]
    assert replace(found, analytic=0.4, noise=0.0).lines["noise"] == 0.0


def test_no_more_lags_than_the_data_can_tell() -> None:
    data = TASKS["sunspots"]().splits()
    assert lag_candidates(data.train)[-1] == len(flatten_targets(data.train)) // 2 - 1
