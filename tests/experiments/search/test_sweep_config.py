"""A sweep has the budget of its task where no other is set."""

from __future__ import annotations

import numpy as np

from experiments.search.sweep_config import sweep_config, sweep_config_of_run
from linrnn.tasks.memory_series import make_series

SERIES = make_series(np.sin(np.arange(60.0)))


def test_a_series_has_a_budget_of_its_own() -> None:
    config = sweep_config(SERIES, ["linear"], {})
    assert (config.trials, config.bases[0].training.epochs) == (12, 300)
    assert config.presets == frozenset()
    plain = sweep_config("sine", ["linear"], {})
    assert (plain.trials, plain.bases[0].training.epochs) == (20, 1000)


def test_settings_precede_the_budget_of_the_task() -> None:
    config = sweep_config(SERIES, ["linear"], {"sweep.trials": "5", "training.epochs": "40"})
    assert (config.trials, config.bases[0].training.epochs) == (5, 40)
    assert config.presets == {"training.epochs"}
    assert sweep_config_of_run(config.text()) == config
