"""Records written before there was a setting: they mean the old data, and all trials are reproduced."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search import sweep_config as sweep_settings
from experiments.search.sweep_config import SweepConfig, read_sweep_config, sweep_config
from experiments.workflows.sweep import run_sweep
from linrnn.tasks.task import RandomTask
from linrnn.training.trial_config import TrialConfig, to_text
from tests.experiments.workflows.test_old_store import Here
from tracking.legacy_settings import LEGACY_VALUES
from tracking.runs import artifacts, writer
from tracking.runs.query import confirmation_runs, last_sweeps
from tracking.runs.reader import read_config
from tracking.store.access import Store

BUDGET = {"sweep.trials": "2", "sweep.generation": "2", "sweep.confirmation": "2", "task.sequences": "20"}
TINY = {"training.epochs": "4", "training.replicas": "2"}


def config_before() -> SweepConfig:
    """The config of a sweep as it was before there was a setting for the test split."""
    config = sweep_config("adding", ["linear"], BUDGET | TINY)
    return replace(config, bases=tuple(replace(base, task=old_task(base.task)) for base in config.bases))


def old_task(task: Any) -> RandomTask:
    changed: RandomTask = replace(task, test_sequences=0)
    return changed


@pytest.fixture
def old_sweep(store: Store, monkeypatch: pytest.MonkeyPatch) -> SweepConfig:
    """A sweep recorded without the settings that are new since."""

    def write_old(config: TrialConfig) -> dict[str, str]:
        return {name: text for name, text in to_text(config).items() if name not in LEGACY_VALUES}

    config = config_before()
    with monkeypatch.context() as patch:
        for module in (artifacts, writer, sweep_settings):
            patch.setattr(module, "to_text", write_old)
        run_sweep(config, store, Here())
    return config


@pytest.mark.long
def test_a_sweep_is_read_and_reproduced(
    store: Store, old_sweep: SweepConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = last_sweeps(store)["adding"]
    (confirmed,) = confirmation_runs(store, sweep)
    assert not {*sweep.params, *confirmed.params} & {*LEGACY_VALUES}
    assert read_sweep_config(sweep) == old_sweep
    assert read_config(confirmed).task == old_sweep.bases[0].task
    assert run(group, ["reproduce", "--sweep", sweep.run_id, "--store", str(store.folder), "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["verdict"] for each in found["runs"]} == {"IDENTICAL"}


@pytest.mark.long
def test_a_new_sweep_names_the_setting_and_is_another(store: Store, old_sweep: SweepConfig) -> None:
    here = Here()
    run_sweep(sweep_config("adding", ["linear"], BUDGET | TINY), store, here)
    assert here.count == 3
    sweep = last_sweeps(store)["adding"]
    (confirmed,) = confirmation_runs(store, sweep)
    assert sweep.param("task.test_sequences") == confirmed.param("task.test_sequences") == "2000"
