"""The sampler's trials are those of Optuna's defaults of today, and stay so when the defaults change."""

from __future__ import annotations

import inspect
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe import sampler as tpe
from optuna.trial import FrozenTrial, TrialState, create_trial

from experiments.search import optuna_adapter
from experiments.search.optuna_adapter import (
    ask,
    build_distributions,
    count_best_trials,
    create_sampler,
    sampler_seed,
    weigh_trials,
)
from experiments.search.search_space import free_settings
from experiments.search.study_sampler import StudySampler, study_in_memory
from linrnn.training.trial_config import TrialConfig, from_text, search_values, to_text

BASE = from_text({"task": "sine", "model": "linear", "seed": "7"})
RANGES = free_settings(BASE, frozenset())
SPACE = build_distributions(RANGES)


def past_trials(count: int) -> list[FrozenTrial]:
    """Finished trials, complete and pruned ones."""
    rng, trials = np.random.default_rng(1), []
    for number in range(count):
        params = {"model.hidden_size": int(rng.integers(2, 65)), "training.learning_rate": 10 ** rng.uniform(-4, -1)}
        loss = abs(math.log10(params["training.learning_rate"]) + 2) + 1 / params["model.hidden_size"]
        state = TrialState.PRUNED if number % 5 == 3 else TrialState.COMPLETE
        value = loss if state is TrialState.COMPLETE else None
        trials.append(
            create_trial(
                state=state, value=value, params=params, distributions=SPACE, intermediate_values={10: 2 * loss}
            )
        )
    return trials


HISTORY = past_trials(40)


def ask_plain(base: TrialConfig, history: Sequence[FrozenTrial], count: int) -> list[dict[str, Any]]:
    """Params asked from Optuna's sampler with its own defaults."""
    study = optuna.create_study()
    study.add_trials(history)
    params = []
    for number in range(len(history), len(history) + count):
        study.sampler = TPESampler(seed=sampler_seed(base.seed, number))
        params.append(study.ask(SPACE).params)
    return params


def params_of(configs: Sequence[TrialConfig]) -> list[dict[str, Any]]:
    """The searched settings of configs."""
    return [search_values(each) for each in configs]


@pytest.mark.parametrize("done", [0, 9, 10, 25, 40])
def test_the_trials_are_those_of_the_defaults_of_the_installed_version(done: int) -> None:
    assert params_of(ask(BASE, RANGES, HISTORY[:done], 4)) == ask_plain(BASE, HISTORY[:done], 4)


def test_past_trials_are_neither_copied_nor_changed() -> None:
    """What they hold is shared with the study that is asked, as copies take longer with each trial."""
    numbers = [trial.number for trial in HISTORY]
    trials = study_in_memory(HISTORY).get_trials(deepcopy=False)
    assert all(mine.params is trial.params for mine, trial in zip(trials, HISTORY, strict=True))
    assert all(
        mine.intermediate_values is trial.intermediate_values for mine, trial in zip(trials, HISTORY, strict=True)
    )
    assert [trial.number for trial in trials] == list(range(len(HISTORY)))
    assert [trial.number for trial in HISTORY] == numbers


def test_categories_and_failed_trials_are_asked_as_optuna_does() -> None:
    space = {**SPACE, "model.readout": CategoricalDistribution(("none", "one", "two"))}
    history = [
        create_trial(
            state=TrialState.FAIL if number % 7 == 6 else trial.state,
            value=None if number % 7 == 6 else trial.value,
            params={**trial.params, "model.readout": ("none", "one", "two")[number % 3]},
            distributions=space,
            intermediate_values=trial.intermediate_values,
        )
        for number, trial in enumerate(HISTORY)
    ]
    plain, ours = optuna.create_study(), study_in_memory(history)
    plain.add_trials(history)
    for number in range(len(history), len(history) + 4):
        plain.sampler, ours.sampler = TPESampler(seed=number), create_sampler(number, space)
        assert ours.ask(space).params == plain.ask(space).params


def test_the_methods_of_optuna_that_are_replaced_are_there() -> None:
    for name in ("infer_relative_search_space", "_get_internal_repr"):
        theirs, ours = (inspect.signature(getattr(each, name)) for each in (TPESampler, StudySampler))
        assert list(theirs.parameters) == list(ours.parameters), f"TPESampler.{name}: an upgrade changed it"


def test_changed_defaults_change_the_plain_sampler_and_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, plain = params_of(ask(BASE, RANGES, HISTORY, 4)), ask_plain(BASE, HISTORY, 4)
    original = inspect.unwrap(TPESampler.__init__)
    changed = {"n_startup_trials": 1, "n_ei_candidates": 7, "multivariate": False, "constant_liar": False}
    monkeypatch.setattr(original, "__kwdefaults__", {**original.__kwdefaults__, **changed})
    monkeypatch.setattr(tpe, "default_gamma", lambda count: 1 + count // 2)
    monkeypatch.setattr(tpe, "default_weights", lambda count: np.arange(1.0, count + 1))
    assert ask_plain(BASE, HISTORY, 4) != plain
    assert params_of(ask(BASE, RANGES, HISTORY, 4)) == ours


def test_every_argument_of_the_sampler_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(optuna_adapter, "StudySampler", lambda space, **arguments: given.update(arguments))
    optuna_adapter.create_sampler(3, SPACE)
    assert set(given) == set(inspect.signature(inspect.unwrap(TPESampler.__init__)).parameters) - {"self"}


def test_our_counts_and_weights_are_those_of_optuna_today() -> None:
    for count in range(400):
        assert count_best_trials(count) == tpe.default_gamma(count)
        assert weigh_trials(count).tolist() == tpe.default_weights(count).tolist()


def test_asked_configs_differ_from_the_base_in_what_is_searched_alone() -> None:
    (config,) = ask(BASE, RANGES, HISTORY, 1)
    changed = {name for name, text in to_text(config).items() if to_text(BASE)[name] != text}
    assert changed <= set(SPACE) == set(search_values(config))


@pytest.mark.long
def test_importances_print_nothing() -> None:
    """In a process of its own, as others of the session have silenced Optuna."""
    program = "from experiments.search.optuna_adapter import importances; print(importances({}, []))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("{}\n", "")
