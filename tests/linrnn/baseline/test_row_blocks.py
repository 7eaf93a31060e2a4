"""Blocks of rows: the same baselines as from whole matrices, in bounded memory."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linrnn.baseline import row_blocks
from linrnn.baseline.kernel_ridge import lag_deviations, sample_lags
from linrnn.baseline.lag_regression import LagRegression, search_least_squares, search_ridge
from linrnn.baseline.lags import drop_incomplete, lag_differences, lag_matrix, lag_rows
from linrnn.baseline.regression import naive as naive_reference
from linrnn.baseline.row_blocks import build_blocks, reduce_rows
from linrnn.baseline.subspace_model import canonical_variates, search_subspace_models
from linrnn.data.sequences import Sequences, Splits


def make_sequences(steps: int, batch: int, features: int, first: int, seed: int = 0) -> Sequences:
    x = np.random.default_rng(seed).normal(size=(steps + 1, batch, features)).cumsum(axis=0) * 0.9
    return Sequences(x[:-1], x[1:, :, :1], first)


def make_splits(steps: int = 400, batch: int = 2) -> Splits:
    whole = make_sequences(steps, batch, 1, 0)
    ends = (0, steps // 2, 3 * steps // 4, steps)
    parts = (Sequences(whole.inputs[:end], whole.targets[:end], begin) for begin, end in pairwise(ends))
    return Splits(*parts)


@given(
    st.integers(1, 30), st.integers(1, 3), st.integers(1, 2), st.integers(0, 12), st.integers(0, 3), st.integers(1, 40)
)
@settings(max_examples=60, deadline=None)
def test_blocks_hold_the_rows_of_the_whole_matrix(
    steps: int, batch: int, features: int, lags: int, ahead: int, most: int
) -> None:
    """Each row of a lag matrix, with steps before and after it, is in one block, in order, to the bit."""
    sequences = make_sequences(steps + ahead, batch, features, min(3, steps - 1))
    for form in (lag_matrix, lag_differences):
        whole = form(sequences.inputs, lags, sequences.first)
        rows = (len(sequences.inputs) - sequences.first - ahead) * batch
        width = (lags + 1) * features
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(row_blocks, "MOST_VALUES", most)
            blocks = build_blocks(
                [sequences], width, lags, lambda part: part[0] if len(part) == 1 else part, ahead=ahead
            )
            parts = [form(each.inputs, lags, each.first) for each in blocks]
        lengths = [len(part) - ahead * batch for part in parts] if len(parts) > 1 else [rows]
        pieces = [part[:length] for part, length in zip(parts, lengths, strict=True)]
        assert np.array_equal(np.concatenate(pieces), whole[:rows])


def test_a_reduced_regression_has_the_same_solution() -> None:
    """The triangular factor of many blocks has the least squares and the residual of the whole matrix."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 7)), rng.normal(size=(300, 2))
    R, b = reduce_rows((X[k : k + 40], y[k : k + 40]) for k in range(0, 300, 40))
    expected = np.linalg.lstsq(X, y, rcond=None)[0]
    np.testing.assert_allclose(np.linalg.solve(R, b), expected, rtol=1e-10)


@pytest.mark.parametrize("search", [search_ridge, search_least_squares])
@pytest.mark.parametrize("relative", [False, True])
def test_losses_do_not_depend_on_blocks(search: object, relative: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches over lags choose the same, and the losses are equal but for rounding, with blocks of a few rows."""
    data, form = make_splits(), LagRegression(0, relative=relative, is_forecast=True)
    whole = search(data, form)  # type: ignore[operator]
    monkeypatch.setattr(row_blocks, "MOST_VALUES", 700)
    parts = search(data, form)  # type: ignore[operator]
    if search is search_ridge:
        assert parts.candidate == whole.candidate
        np.testing.assert_allclose(parts.val, whole.val, rtol=1e-9)
    else:
        np.testing.assert_allclose(parts.curve, whole.curve, rtol=1e-9)


@pytest.mark.parametrize("is_forecast", [False, True])
def test_state_spaces_do_not_depend_on_blocks(is_forecast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canonical variates and the state space that is chosen are those of whole matrices."""
    data = make_splits()
    parts = [drop_incomplete(each, 8, 8) for each in data[:2]]
    whole, score = canonical_variates(parts, 8, is_forecast), search_subspace_models(data, int(is_forecast))
    monkeypatch.setattr(row_blocks, "MOST_VALUES", 700)
    np.testing.assert_allclose(np.abs(canonical_variates(parts, 8, is_forecast)), np.abs(whole), rtol=1e-6, atol=1e-8)
    again = search_subspace_models(data, int(is_forecast))
    assert score is not None
    assert again is not None
    assert again.candidate == score.candidate
    assert again.val == pytest.approx(score.val, rel=1e-8)


def test_rows_of_lags_are_those_of_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of rows, and the deviations of the columns, are those of the whole matrices to the bit."""
    parts = [make_sequences(40, 2, 2, 0), make_sequences(30, 2, 2, 5, seed=1)]
    X = np.concatenate([lag_matrix(each.inputs, 4, each.first) for each in parts])
    rows = np.random.default_rng(0).permutation(len(X))
    assert np.array_equal(sample_lags(4, parts, rows), X[rows])
    assert np.array_equal(lag_rows(parts[0].inputs, 4, 0, np.arange(80)), X[:80])
    assert np.array_equal(lag_deviations(4, parts), X.std(axis=0))
    monkeypatch.setattr(row_blocks, "MOST_VALUES", 70)
    np.testing.assert_allclose(lag_deviations(4, parts), X.std(axis=0), rtol=1e-12)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Least squares on 60 lags of 40,000 rows takes less memory than their matrix of 20 MB."""
    monkeypatch.setattr(row_blocks, "MOST_VALUES", 2**17)
    data = make_splits(steps=80_000, batch=1)
    naive_reference(data, 1)  # loads libraries
    form = LagRegression(60, is_forecast=True)
    form.fit([data.train])(data.val)
    tracemalloc.start()
    form.fit([data.train])(data.val)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6
