"""Baselines and bounds: which predictors are chosen, and what they may not look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import linrnn
from linrnn.baseline.baselines import RESOLUTION, Baselines, compute_baselines
from linrnn.baseline.candidate import Candidate, Predictor, Score, choose
from linrnn.baseline.combination import combine
from linrnn.baseline.naive import Mean
from linrnn.tasks import TASKS
from linrnn.tasks.task import RandomTask, Task
from tests.linrnn.baseline.conftest import arma_series, seasonal_series


def small(name: str, **settings: int) -> Task:
    """A built-in task with few test sequences, where it draws them."""
    kind = TASKS[name]
    return kind(**{"test_sequences": 2, **settings}) if issubclass(kind, RandomTask) else kind()


@dataclass(frozen=True)
class Named(Mean):
    """A candidate with a name and a size."""


def named(val: float, size: int = 1) -> Score:
    return Score(Named(str(val), size), val)


def test_a_delay_takes_as_many_lags_and_leaves_nothing() -> None:
    baselines = compute_baselines(TASKS["delay"](delay=20, test_sequences=2))
    assert baselines.linear_lags == 20
    assert baselines.linear_method == "least squares, 20 lags"
    assert baselines.linear < 1e-20


@pytest.mark.long
def test_the_best_kind_differs_with_the_data() -> None:
    co2, henon = (compute_baselines(task) for task in (TASKS["co2"](), TASKS["henon"](test_sequences=1)))
    assert co2.linear_method.startswith("seasonal ARMA (0,0,1)(0,1,1) of period 12")
    assert co2.linear < 0.06
    assert co2.naive_method == "value 12 steps before"
    assert henon.linear_method.startswith("least squares, 6 lags")
    assert min(each.test for each in co2.candidates) < 0.053


def test_no_chosen_predictor_is_far_from_the_best_of_its_own_candidates() -> None:
    baselines = compute_baselines(linrnn.Series(arma_series(300, [1.0, -1.2, 0.6], [1.0]), name="ar"))
    x = arma_series(300, [1.0, -1.2, 0.6], [1.0])
    e = x[2:] - 1.2 * x[1:-1] + 0.6 * x[:-2]  # of which no predictor explains more
    test = e[238:] / x[:180].std()
    assert baselines.linear < 1.08 * np.square(test).mean() / (x[240:] / x[:180].std()).var()
    assert baselines.linear < 1.05 * min(each.test for each in baselines.candidates)


@pytest.mark.long
def test_a_given_period_reaches_the_naive_and_the_linear_candidates() -> None:
    values = seasonal_series(400, {5: 0.4, 100: 3.0})
    found, given, none = (compute_baselines(linrnn.Series(values, name="long", period=k)) for k in (0, 100, 1))
    seasonal = [
        {each.name: each for each in baselines.candidates if "of period" in each.name}
        for baselines in (found, given, none)
    ]
    assert [{name.split()[-1] for name in names} for names in seasonal][1:] == [{"100"}, set()]
    assert found.candidates != given.candidates
    others = [[each for each in baselines.candidates if "of period" not in each.name] for baselines in (found, given)]
    assert others == [list(none.candidates)] * 2
    assert (found.naive_method, given.naive_method) == ("mean", "value 100 steps before")
    assert given.linear < 0.7 * none.linear


def test_of_equally_good_candidates_the_smallest_is_chosen() -> None:
    scores = [named(1.0, size=9), named(1.005, size=2), named(1.02, size=1)]
    assert choose(scores) == scores[1]


def test_candidates_within_a_standard_error_of_the_best_are_averaged() -> None:
    scores = [named(1.0), named(1.19), named(1.21)]  # (2 / 50)^1/2 = 0.2
    best = combine(scores, 50)
    assert best.scores == (scores[0], scores[1])
    assert best.name == "1.0, averaged with 1 other"
    assert combine(scores, 5000).name == "1.0"


def test_the_resolution_is_that_of_single_precision_or_of_rounded_values() -> None:
    values = 3 * arma_series(300, [1.0, -0.5], [1.0])
    exact, rounded = (compute_baselines(linrnn.Series(each, name="ar")) for each in (values, values.round(1)))
    assert exact.resolution == RESOLUTION
    assert rounded.resolution == pytest.approx(0.1**2 / 12 / values[240:].var(), rel=0.2)


def test_a_combination_predicts_the_mean() -> None:
    data = small("arma").splits()

    @dataclass(frozen=True)
    class Constant:
        value: float
        name: str = "constant"
        size: int = 0

        def fit(self, parts: object) -> Predictor:
            return lambda sequences: np.full(sequences.targets[sequences.first :].shape, self.value)

    constants: list[Candidate] = [Constant(1.0), Constant(4.0)]
    predictions = combine([Score(each, 1.0) for each in constants], 10).fit(data[:2])(data.test)
    assert np.array_equal(predictions, np.full(data.test.targets[100:].shape, 2.5))


@pytest.mark.parametrize("name", ["sunspots", "xor", "digits"])
@pytest.mark.long
def test_the_test_split_chooses_nothing(name: str) -> None:
    task = small(name, length=150, sequences=2)
    data = task.splits()
    shuffled = np.random.default_rng(0).permutation(data.test.targets)
    one, other = (
        compute_baselines(task, data._replace(test=data.test._replace(targets=each)))
        for each in (data.test.targets, shuffled)
    )
    assert one.linear_lags == other.linear_lags
    assert (one.linear_method, one.naive_method) == (other.linear_method, other.naive_method)
    assert [each[:2] for each in one.candidates] == [each[:2] for each in other.candidates]
    assert [point.val for point in one.curve] == [point.val for point in other.curve]


def test_candidates_are_fitted_to_train_and_val_together() -> None:
    data = TASKS["sunspots"]().splits()
    baselines = compute_baselines(TASKS["sunspots"](), data)
    x = np.concatenate([data.test.inputs[:, 0, 0], data.test.targets[-1:, 0, 0]])
    p, end = baselines.linear_lags, data.test.first + 1  # the rows of train and val
    X = np.stack([np.ones(len(x) - p - 1), *(x[p - k : len(x) - 1 - k] for k in range(p + 1))], axis=1)
    kernel = np.linalg.lstsq(X[: end - p - 1], x[p + 1 : end], rcond=None)[0]
    errors = (X @ kernel - x[p + 1 :])[end - p - 1 :]
    assert baselines.candidates[0].name == f"least squares, {p} lags"
    assert baselines.candidates[0].test == pytest.approx(np.square(errors).mean() / data.test.scale)


@pytest.mark.parametrize("name", ["sunspots", "digits"])
def test_losses_are_the_means_of_their_steps(name: str) -> None:
    data = TASKS[name]().splits()
    baselines = compute_baselines(TASKS[name](), data)
    assert list(baselines.step_losses) == ["naive", "linear", "nonlinear"]
    for each, losses in baselines.step_losses.items():
        assert losses.shape == data.test.targets[data.test.first :].shape[:2]
        assert losses.mean() == pytest.approx(getattr(baselines, each))


@pytest.mark.parametrize(("name", "most"), [("product", 1e-3), ("henon", 1e-5), ("narma10", 0.03)])
@pytest.mark.long
def test_the_nonlinear_baseline_finds_what_no_linear_predictor_can(name: str, most: float) -> None:
    baselines = compute_baselines(small(name))
    assert baselines.nonlinear < most < 0.3 * baselines.linear


def test_the_nonlinear_baseline_is_the_linear_one_where_no_kernel_is_better() -> None:
    baselines = compute_baselines(small("delay"))
    assert baselines.nonlinear <= baselines.linear


def test_lines_are_the_baselines_and_bounds_that_are_known() -> None:
    baselines = Baselines("x", 1.0, 0.5, 3, None, 0.2, None, 10, ())
    assert list(baselines.lines) == ["naive", "linear", "nonlinear"]
    assert replace(baselines, analytic=0.4, noise=0.0).lines["noise"] == 0.0
