"""Kernel ridge regression against scikit-learn, and what it may not look at."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.baseline.kernel_ridge import TRAINING_TARGETS, Kernel, fit_kernel, select_kernel
from linrnn.baseline.lag_regression import LagRegression
from linrnn.baseline.lags import flatten_targets, lag_matrix
from linrnn.baseline.naive import Mean
from linrnn.tasks import TASKS


def test_the_kernel_is_that_of_scikit_learn() -> None:
    from sklearn.kernel_ridge import KernelRidge

    data = TASKS["henon"](test_sequences=2).splits()
    kernel = Kernel(lags=1, width=1.5, ridge=1e-4, base=0)
    y = np.concatenate([flatten_targets(each) for each in data[:2]])
    X = np.concatenate([lag_matrix(each.inputs, 1, each.first) for each in data[:2]])
    Z = lag_matrix(data.test.inputs, 1, data.test.first) / X.std(axis=0)
    X = X / X.std(axis=0)
    some = np.random.default_rng(1).permutation(len(y))[:TRAINING_TARGETS]
    apart = np.linalg.norm(X[some][:, None] - X[some][None], axis=2)
    width = 1.5 * np.median(apart[apart > 0])
    oracle = KernelRidge(kernel="rbf", gamma=1 / (2 * width**2), alpha=len(some) * 1e-4)
    expected = oracle.fit(X[some], y[some] - y.mean()).predict(Z) + y.mean()
    predictions = fit_kernel(data[:2], Mean().fit(data[:2]), kernel)(data.test)
    assert np.allclose(predictions.reshape(expected.shape), expected, atol=1e-7)


def test_the_kernel_corrects_its_base() -> None:
    data = TASKS["henon"](test_sequences=2).splits()
    base = LagRegression(1, is_forecast=True).fit(data[:2])
    flat = fit_kernel(data[:2], base, Kernel(lags=1, width=1.0, ridge=1e12, base=1))
    assert np.allclose(flat(data.test), base(data.test))


def test_no_kernel_is_chosen_where_the_base_leaves_nothing_to_find() -> None:
    data = TASKS["delay"](delay=3, test_sequences=2).splits()
    bases = [each.fit([data.train]) for each in (Mean(), LagRegression(3))]
    kernel = select_kernel(data, bases)
    assert kernel is None or kernel.base == 1


@pytest.mark.long
def test_no_kernel_is_chosen_on_the_test_split() -> None:
    data = TASKS["henon"](test_sequences=2).splits()
    test = data.test._replace(targets=np.random.default_rng(0).permutation(data.test.targets))
    bases = [each.fit([data.train]) for each in (Mean(), LagRegression(2, is_forecast=True))]
    assert select_kernel(data, bases) == select_kernel(data._replace(test=test), bases)
