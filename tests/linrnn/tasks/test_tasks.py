"""Every task keeps the contract; then each setting at its bounds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from linrnn.config.settings import Choice, Text, get_domain, list_settings
from linrnn.data.sequences import Splits
from linrnn.errors import ConfigError
from linrnn.tasks import TASKS
from linrnn.tasks.task import ForecastTask, RandomTask, Task
from linrnn.training.trial_config import TrainingConfig, from_text, to_text
from tests.conftest import NEEDED

DRAWN = [name for name in sorted(TASKS) if issubclass(TASKS[name], RandomTask)]
FORECASTS = [name for name in sorted(TASKS) if issubclass(TASKS[name], ForecastTask)]


@pytest.fixture(scope="module", params=sorted(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return from_text({"task": request.param, "model": "linear", **NEEDED.get(request.param, {})}).task


@pytest.fixture(scope="module")
def splits(task: Task) -> Splits:
    return task.splits()


class TestContract:
    def test_sequences_fit_each_other(self, task: Task, splits: Splits) -> None:
        for split in splits:
            steps, batch, features = split.inputs.shape
            assert features == task.input_size
            assert split.targets.shape == (steps, batch, task.output_size)
            assert split.inputs.dtype == split.targets.dtype == np.float64
            assert 0 <= split.first < steps
            assert np.isfinite(split.inputs).all()
            assert np.isfinite(split.targets).all()
            assert split.scale > 0

    def test_same_value_same_data(self, task: Task, splits: Splits) -> None:
        np.random.seed(2)
        for one, two in zip(splits, replace(task).splits(), strict=True):
            assert np.array_equal(one.inputs, two.inputs)
            assert np.array_equal(one.targets, two.targets)

    def test_splits_differ(self, splits: Splits) -> None:
        train, val, test = (split.targets[split.first :].tobytes() for split in splits)
        assert len({train, val, test}) == 3

    def test_a_summary_is_a_line(self, task: Task) -> None:
        assert task.summary()
        assert "\n" not in task.summary()
        assert not task.summary().endswith(".")

    def test_settings_keep_through_text(self, task: Task) -> None:
        changed = {f"task.{name}": str(value) for name, value in bounds(type(task)) if name not in ("length", "far")}
        config = from_text({"task": task.name, "model": "linear", **NEEDED.get(task.name, {})} | changed)
        assert (config.task != task) == bool(changed)
        assert from_text(to_text(config)) == config

    def test_its_own_defaults_are_settings(self, task: Task) -> None:
        text = to_text(from_text({"task": task.name, "model": "linear", **NEEDED.get(task.name, {})}))
        own = {name: value for name, value in task.defaults.items() if not name.startswith("sweep.")}
        assert {name: text[name] for name in own} == own

    def test_each_trains_as_many_replicas(self, task: Task) -> None:
        config = from_text({"task": task.name, "model": "linear", **NEEDED.get(task.name, {})})
        assert config.training.replicas == TrainingConfig().replicas

    def test_bounds_are_ordered(self, task: Task) -> None:
        noise, linear = task.noise_bound or 0.0, task.linear_bound
        assert 0 <= noise <= 1
        assert linear is None or noise <= linear <= 1

    def test_the_data_of_a_forecast_are_one_series(self, task: Task, splits: Splits) -> None:
        for split in splits if task.forecast_horizon else ():
            assert np.array_equal(split.inputs[task.forecast_horizon :, :, :1], split.targets[: -task.forecast_horizon])


def bounds(task: type[Task]) -> Iterator[tuple[str, Any]]:
    """The least value of each setting, or its last word; a text may be any."""
    for item in list_settings(task):
        domain: Any = get_domain(item)
        if not isinstance(domain, Text):
            yield item.name, domain.words[-1] if isinstance(domain, Choice) else domain.low


def valid_or_refused(task: type[Task], **settings: Any) -> bool:
    """Whether the settings give valid data; else they have to be refused with a ConfigError, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            made = task(**settings)
            splits = made.splits()
        except ConfigError:
            return False
        for split in splits:
            assert np.isfinite(split.inputs).all()
            assert np.isfinite(split.targets).all()
            assert 0 <= split.first < len(split.inputs)
            assert split.scale > 0
        linear, noise = made.linear_bound, made.noise_bound
        assert linear is None or (noise or 0) - 1e-12 <= linear <= 1 + 1e-12
    return True


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"mackey-glass", "lorenz"}))
def test_least_settings_give_data_or_are_refused(name: str) -> None:
    for setting, value in bounds(TASKS[name]):
        valid_or_refused(TASKS[name], **{setting: value})
    valid_or_refused(TASKS[name], **dict(bounds(TASKS[name])))


@pytest.mark.parametrize("name", DRAWN)
def test_another_seed_draws_other_data(name: str) -> None:
    one, two = (TASKS[name](seed=seed).splits() for seed in (0, 1))
    assert not any(np.array_equal(a.inputs, b.inputs) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("name", FORECASTS)
def test_forecasts_are_standardised_by_the_train_split(name: str) -> None:
    train, val, _ = TASKS[name]().splits()
    assert train.inputs.mean() == pytest.approx(0, abs=1e-9)
    assert train.inputs.std() == pytest.approx(1)
    assert abs(val.inputs.std() - 1) > 1e-6


@pytest.mark.parametrize("name", FORECASTS)
def test_the_horizon_may_exceed_the_length(name: str) -> None:
    assert valid_or_refused(TASKS[name], length=20, washout=0, horizon=50)


@pytest.mark.parametrize("name", FORECASTS)
def test_a_washout_leaves_a_step(name: str) -> None:
    assert valid_or_refused(TASKS[name], length=101, washout=100, sequences=3)
    assert not valid_or_refused(TASKS[name], length=101, washout=100, sequences=1)  # a single target
    with pytest.raises(ConfigError, match=r"task\.washout must be below task\.length, 100, not 100"):
        TASKS[name](length=100, washout=100)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("adding", {"sequences": 1}),
        ("xor", {"length": 3, "sequences": 1}),
        ("sine", {"points": 3}),
        ("delay", {"delay": 500}),
        ("product", {"near": 5}),
        ("product", {"far": 500}),
        ("narma10", {"length": 10}),
        ("henon", {"a": 0.0, "b": 0.0}),
        ("henon", {"a": 2.0}),
        ("lorenz", {"sigma": 1000.0, "length": 101}),
        ("lorenz", {"sigma": 0.0, "length": 101, "sequences": 1}),
    ],
)
def test_data_that_teach_nothing_are_refused(name: str, settings: dict[str, Any]) -> None:
    assert not valid_or_refused(TASKS[name], **settings)


@pytest.mark.parametrize("settings", [{"tau": 0.3}, {"tau": 1000.0}])
def test_extreme_delays_give_data_or_are_refused(settings: dict[str, Any]) -> None:
    valid_or_refused(TASKS["mackey-glass"], length=3, washout=0, sequences=1, horizon=1, **settings)
