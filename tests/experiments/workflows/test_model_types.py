"""Every model type is recorded, loaded and reproduced; settings that do not go together are refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from experiments.__main__ import linrnn as group
from experiments.cli.group import run
from experiments.search.optuna_adapter import apply_params
from experiments.workflows.trial import run_trial
from linrnn.models import DEFAULT_MODELS, MODELS
from linrnn.models.model import unflatten
from linrnn.training.trial_config import from_text
from tracking.runs.reader import load
from tracking.runs.writer import record_trial
from tracking.store.access import Store

CHOSEN = {"task": "sine", "model": "almost-linear"}
SETTINGS = {"model.hidden_size": "3", "training.epochs": "6", "training.replicas": "2", "training.evaluations": "2"}


@pytest.mark.long
def test_a_run_of_every_other_model_type_is_loaded_and_reproduced(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for model in (name for name in MODELS if name not in DEFAULT_MODELS):
        config = from_text({"task": "sunspots", "model": model, **SETTINGS})
        trained = run_trial(config, test=True)
        history = trained.history
        assert history.form == "kernels"
        run_id = record_trial(store, trained, f"{model} single", {"phase": "single"})
        assert run(group, ("reproduce", run_id, "--store", str(store.folder), "-q")) == 0
        assert capsys.readouterr().out.startswith("IDENTICAL"), model
        network, inputs = load(run_id, replica=1, store=store, raw=True), torch.linspace(-1, 1, 9)[:, None, None]
        parameters = unflatten(torch.from_numpy(history.best_weights[1:2]), history.shapes)
        outputs, _ = config.model.forward(parameters, inputs, config.model.zero_state(1, 1, like=inputs))
        assert torch.equal(network(inputs)[0], outputs[0])


def test_a_search_suggests_no_more_nonlinear_units_than_units() -> None:
    base = from_text(CHOSEN)
    config = apply_params(base, {"model.hidden_size": 6, "model.nonlinear_units": 40})
    assert config == from_text(CHOSEN | {"model.hidden_size": "6", "model.nonlinear_units": "6"})
    config = apply_params(base, {"model.hidden_size": 60, "model.nonlinear_units": 40})
    assert config == from_text(CHOSEN | {"model.hidden_size": "60", "model.nonlinear_units": "40"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "almost-linear", "--set", "model.nonlinear_units=11"), "at most model.hidden_size, 10"),
        (("--model", "almost", "--set", "seed=1"), "almost-linear"),
        (("--model", "lru", "--set", "model.min_radius=1.0"), "model.max_radius"),
        (("--model", "gru", "--set", "model.readout_size=4"), "model.readout_size"),
    ],
)
def test_wrong_settings_are_one_line_and_write_nothing(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, ("sweep", "sine", *arguments, "--store", str(tmp_path / "store"))) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") <= 2
    assert not (tmp_path / "store").exists()
