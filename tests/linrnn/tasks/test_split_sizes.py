"""Test splits are so long that the sampling error of a built-in task's test loss is a third of the margin at most.

The errors are those of a least-squares filter, or of logistic regression for classes, on thirty lags, computed here.
"""

from __future__ import annotations

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from linrnn.analysis.verdict import MARGIN
from linrnn.data.sequences import Array, Sequences, Splits
from linrnn.tasks import BUILT_IN, TASKS
from linrnn.tasks.task import RandomTask

LAGS, DRAWS, LEAST_STEPS = 30, 200, 20
FIXED = {"sunspots": 0.20, "co2": 0.14, "digits": 0.12}  # sampling errors of real data, which are no longer than this
EXACT = ("sine", "delay")  # which a linear filter solves: no error at all


def design(sequences: Sequences) -> Array:
    """A constant, x_t, ..., x_{t - LAGS} of each step that counts, zeros before the first, `(T', B, columns)`."""
    columns = [np.ones((len(sequences.inputs), sequences.inputs.shape[1], 1))]
    for lag in range(min(LAGS, len(sequences.inputs) - 1) + 1):
        column = np.zeros_like(sequences.inputs)
        column[lag:] = sequences.inputs[: len(column) - lag]
        columns.append(column)
    return np.concatenate(columns, axis=2)[sequences.first :]


def step_errors(data: Splits) -> Array:
    """Squared errors, or cross-entropies, of the counted test steps `(T', B)`; fitted on train."""
    X, Z = design(data.train), design(data.test)
    y, target = (each.targets[each.first :] for each in (data.train, data.test))
    rows = X.reshape(-1, X.shape[2])
    if data.test.classes:
        fitted = LogisticRegression(C=1.0, max_iter=300).fit(rows, y.reshape(len(rows), -1).argmax(axis=1))
        logs = fitted.predict_log_proba(Z.reshape(-1, Z.shape[2])).reshape(*target.shape[:2], -1)
        losses: Array = -(logs * target[..., fitted.classes_]).sum(axis=2)
        return losses
    weights = np.linalg.lstsq(rows, y.reshape(len(rows), -1), rcond=None)[0]
    errors: Array = np.square(Z @ weights - target).mean(axis=2)
    return errors


def sampling_error(errors: Array) -> float:
    """Relative standard error of the mean of `(T', B)`: the larger one of blocks of steps and of whole sequences."""
    steps, batch = errors.shape
    by_sequence = errors.mean(axis=0).std(ddof=1) / batch**0.5 if batch > 1 else 0.0
    by_steps = 0.0
    if steps >= LEAST_STEPS:
        some = errors[:, np.random.default_rng(0).permutation(batch)[:LEAST_STEPS]].T
        by_steps = float(np.mean([block_variance(each) for each in some]) / batch) ** 0.5
    return float(max(by_sequence, by_steps) / errors.mean())


def block_variance(errors: Array) -> float:
    """Variance of the mean over time, by the stationary bootstrap (Politis & Romano 1994)."""
    length = min(float(optimal_block_length(errors)["stationary"].iloc[0]), len(errors) / 3)
    bootstrap = StationaryBootstrap(max(length, 1.0), errors, seed=np.random.default_rng(0))
    return float(bootstrap.apply(np.mean, DRAWS).var())


@pytest.fixture(autouse=True)
def one_thread() -> object:
    with threadpool_limits(1, "blas"):
        yield


@pytest.mark.parametrize("name", sorted({*BUILT_IN} - {*EXACT, *FIXED}))
def test_the_sampling_error_is_a_third_of_the_margin_at_most(name: str) -> None:
    assert 0 < sampling_error(step_errors(TASKS[name]().splits())) <= MARGIN / 3


@pytest.mark.parametrize("name", FIXED)
def test_that_of_real_data_is_what_it_is(name: str) -> None:
    assert sampling_error(step_errors(TASKS[name]().splits())) == pytest.approx(FIXED[name], rel=0.1)


def test_the_sampling_error_is_that_of_theory() -> None:
    errors = np.random.default_rng(0).normal(size=(400, 16)) ** 2
    assert sampling_error(errors) == pytest.approx((2 / errors.size) ** 0.5, rel=0.3)


@pytest.mark.parametrize("name", EXACT)
def test_a_linear_filter_leaves_no_error(name: str) -> None:
    assert step_errors(TASKS[name]().splits()).max() < 1e-20


@pytest.mark.parametrize("name", [name for name in BUILT_IN if issubclass(TASKS[name], RandomTask)])
def test_only_the_test_split_has_other_sequences(name: str) -> None:
    task = TASKS[name]()
    few = TASKS[name](test_sequences=3).splits()
    same = TASKS[name](test_sequences=0).splits()
    sizes = [[each.inputs.shape[1] for each in splits] for splits in (few, same)]
    assert sizes == [[task.sequences, task.sequences, 3], [task.sequences] * 3]  # type: ignore[attr-defined]
    assert np.array_equal(few.train.inputs, same.train.inputs)
    assert np.array_equal(few.val.targets, same.val.targets)
