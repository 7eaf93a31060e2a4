"""Sweeps that do not fit into memory are refused before anything is trained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from experiments.search.sweep_config import Sweep, sweep_config
from experiments.workflows import memory_check
from experiments.workflows.memory_check import largest_configs, require_memory, require_trial_memory
from linrnn.data.sequences import Sequences, Splits
from linrnn.errors import ConfigError
from linrnn.tasks.task import TaskData
from linrnn.training.memory_demand import training_bytes
from linrnn.training.trial_config import from_text
from tests.conftest import Here

CONFIG = sweep_config("sine", ("linear", "tanh"), {})


def long_splits(steps: int) -> Splits:
    values = np.linspace(0, 1, steps).reshape(steps, 1, 1)
    return Splits(*[Sequences(values, values)] * 3)


def make_sweep(steps: int) -> Sweep:
    return Sweep(CONFIG, TaskData(CONFIG.bases[0].task, long_splits(steps), {}))


def test_the_largest_network_of_each_study_decides() -> None:
    assert [each.model.hidden_size for each in largest_configs(CONFIG)] == [64, 64]


def test_memory_grows_with_the_steps_and_the_units() -> None:
    """States and slopes of 64 units, float32, are the least that a replica needs."""
    small, large = (training_bytes(CONFIG.bases[1], long_splits(steps)) for steps in (10_000, 100_000))
    assert 9 < large / small < 11
    (_, tanh) = largest_configs(CONFIG)
    assert 2 * 64 * 4 * 100_000 <= training_bytes(tanh, long_splits(100_000)) <= 8 * 64 * 4 * 100_000


def test_replicas_side_by_side_need_memory_each() -> None:
    """Those of a few units are trained together, the others one by one."""

    def demand(hidden: int, replicas: int) -> int:
        settings = {"model.hidden_size": str(hidden), "training.replicas": str(replicas)}
        return training_bytes(from_text({"task": "sine", "model": "tanh", **settings}), long_splits(10_000))

    assert demand(4, 16) > 2 * demand(4, 1)  # which has padding in place of the other replicas
    assert demand(64, 16) == demand(64, 1)


def test_noise_needs_memory_for_three_arrays_of_the_size_of_the_inputs() -> None:
    text = {"task": "sine", "model": "tanh", "model.hidden_size": "4", "training.replicas": "16"}
    quiet, noisy = (from_text({**text, "training.input_noise": noise}) for noise in ("0", "0.1"))
    splits = long_splits(10_000)
    assert training_bytes(noisy, splits) - training_bytes(quiet, splits) == 3 * 4 * splits.train.inputs.size


def test_what_does_not_fit_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=400_000_000))
    require_memory([make_sweep(100_000)], workers=2)
    with pytest.raises(ConfigError, match=r"64 units need \d\.\d GB for 2 at a time, and 0.4 GB are free") as caught:
        require_memory([make_sweep(1_000_000)], workers=2)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_trial_that_does_not_fit_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    config = from_text({"task": "sine", "model": "tanh", "model.hidden_size": "64"})
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=100_000_000))
    require_trial_memory(config, long_splits(10_000))
    with pytest.raises(ConfigError, match=r"sine: tanh networks of 64 units need \d\.\d GB, and 0\.1 GB are free"):
        require_trial_memory(config, long_splits(1_000_000))


def test_linrnn_train_refuses_it_before_anything_is_written(
    here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_check, "LEAST_STEPS", 1)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1))
    code, _, err = here("train", "sine", "--model", "linear")
    assert (code, [*tmp_path.iterdir()]) == (2, [])
    assert "linear networks of 10 units need" in err
