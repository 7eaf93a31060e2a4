"""`linrnn sweep --search`: settings that a study searches on demand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import optuna
import pytest

from experiments.search.executors import SerialExecutor
from experiments.search.optuna_adapter import apply_params, ask, build_distributions
from experiments.search.search_space import describe_space
from experiments.search.sweep_config import SweepConfig, prepare_sweep, sweep_config, sweep_config_of_run
from experiments.workflows.sweep import run_sweep
from linrnn.training.trial_config import to_text
from tests.conftest import Here
from tracking.runs.query import last_sweeps
from tracking.runs.reader import read_config, read_trial
from tracking.schema import Tag
from tracking.store.access import Store

NAMES = ["model.init", "model.num_layers", "model.spectral_radius", "training.weight_decay"]
TINY = {
    "sweep.trials": "3",
    "sweep.generation": "3",
    "sweep.confirmation": "5",
    "training.epochs": "4",
    "training.replicas": "2",
}


def config_of(names: Sequence[str], models: Sequence[str] = ("linear", "lru")) -> SweepConfig:
    return prepare_sweep("sine", models, {}, names).config


def test_named_settings_are_searched_in_their_ranges() -> None:
    config = config_of(NAMES)
    base = config.bases[0]
    asked = [to_text(each) for each in ask(base, config.space(base), [], 12)]
    assert {each["model.init"] for each in asked} == {"default", "orthogonal", "linear-layers"}
    assert {each["model.num_layers"] for each in asked} <= {"1", "2", "3", "4"}
    assert all(0.3 <= float(each["model.spectral_radius"]) <= 1.2 for each in asked)
    assert all(1e-4 <= float(each["training.weight_decay"]) <= 1.0 for each in asked)
    changed = {name for each in asked for name, text in each.items() if to_text(base)[name] != text}
    assert changed == {"model.hidden_size", "training.learning_rate", *NAMES}


def test_a_setting_that_a_model_type_lacks_is_searched_by_the_others() -> None:
    config = config_of(["model.init"])
    spaces = {base.model.name: config.space(base) for base in config.bases}
    assert ["model.init" in space for space in spaces.values()] == [True, False]
    assert describe_space(spaces) == (
        "hidden size from 2 to 64, learning rate from 0.0001 to 0.1, log-uniform; "
        "init one of default, orthogonal, linear-layers (linear only)"
    )


def test_another_search_is_another_study_where_it_differs() -> None:
    names = [[config.study_name(base) for base in config.bases] for config in map(config_of, ([], NAMES, NAMES[:1]))]
    assert len({linear for linear, _ in names}) == 3
    assert [lru == names[0][1] for _, lru in names] == [True, False, True]  # an lru has no model.init
    assert config_of(["model.hidden_size"]) == config_of([])  # which is searched already
    assert config_of(NAMES[::-1]) == config_of(NAMES)


def test_the_config_of_a_recorded_sweep_has_its_search() -> None:
    for names in ([], NAMES):
        config = config_of(names)
        assert sweep_config_of_run(config.text()) == SweepConfig(
            config.bases, frozenset(), frozenset(names), config.trials
        )
    assert "searched" not in sweep_config("sine", ["linear"], {}).text()


@pytest.mark.long
@pytest.mark.usefixtures("undrawn")
def test_a_sweep_records_and_resumes_its_search(store: Store, here: Here) -> None:
    sweep = prepare_sweep("sine", ("linear",), TINY, NAMES)
    summary = run_sweep(sweep, store, SerialExecutor(), figures=False)
    run = last_sweeps(store)["sine"]
    assert run.find_tag(Tag.SEARCH_SPACE) == summary.search_space
    assert "num layers from 1 to 4" in summary.search_space
    assert "init one of default, orthogonal, linear-layers" in summary.search_space
    assert "model.init=searched" in summary.conditions
    (study,) = optuna.get_all_study_summaries(store.studies)
    trials = optuna.load_study(study_name=study.study_name, storage=store.studies).trials
    base = sweep.config.bases[0]
    assert [trial.distributions for trial in trials] == [build_distributions(sweep.config.space(base))] * 3
    recorded = [read_config(read_trial(store, trial.user_attrs["run_id"])) for trial in trials]
    assert [apply_params(base, trial.params) for trial in trials] == recorded
    folder = str(store.folder)
    code, text, _ = here("compare", "sine", "--json", "--store", folder)
    (printed,) = json.loads(text)["sweeps"]
    assert (code, printed["search_space"]["init"]) == (0, ["default", "orthogonal", "linear-layers"])
    assert printed["studies"][0]["init"] in ("default", "orthogonal", "linear-layers")
    again = run_sweep(sweep, store, SerialExecutor(), figures=False)
    assert again.sweep_run == summary.sweep_run
    assert len(last_sweeps(store)) == len(optuna.get_all_study_summaries(store.studies)) == 1
    np.random.seed(1)
    assert here("reproduce", summary.studies[0].best_run or "", "--store", folder, "-q")[1].startswith("IDENTICAL")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--search", "model.inti"), "no setting 'model.inti' of linear, tanh (did you mean 'model.init'?)"),
        (("--search", "model.nonlinear_units"), "no setting 'model.nonlinear_units' of linear, tanh"),
        (("--search", "model.recurrent_bias"), "model.recurrent_bias has no range in which it could be searched"),
        (("--search", "sweep.trials"), "sweep.trials has no range"),
        (("--search", "model.init", "--set", "model.init=orthogonal"), "model.init is set to a value and cannot be"),
    ],
)
def test_a_search_that_is_none_is_one_line_and_writes_nothing(
    here: Here, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    code, out, error = here("sweep", "sine", *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert message in error
    assert not list(tmp_path.iterdir())
