"""Probes of networks on a sine, against a network whose every error is known in closed form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linrnn.analysis.exact_networks import oscillator
from linrnn.analysis.sine_probes import LENGTHS, measure_amplitudes, measure_errors, probe_sequences
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import train
from linrnn.training.trial_config import TrialConfig, from_text

POINTS = 100


@pytest.fixture(scope="module")
def trial() -> tuple[TrialConfig, TrainingHistory]:
    text = {"task": "sine", "task.washout": "0", "model": "linear", "model.hidden_size": "2", "training.epochs": "4"}
    config = from_text({**text, "training.replicas": "2", "training.clip_norm": "inf", "training.decay": "none"})
    *_, history = train(config)
    return config, history


@pytest.fixture(scope="module")
def exact(trial: tuple[TrialConfig, TrainingHistory]) -> tuple[TrialConfig, TrainingHistory]:
    """The trial with the weights of an oscillator; of the second replica with an output of half the size."""
    config, history = trial
    parameters = oscillator(2 * np.pi / (POINTS - 1))
    row = np.concatenate([parameters[name].ravel() for name in history.shapes])
    half = np.concatenate([(0.5 if name == "C" else 1) * parameters[name].ravel() for name in history.shapes])
    return config, replace(history, weights=np.stack([row, half]).astype(np.float32))


def test_an_oscillator_errs_at_the_first_step_alone(exact: tuple[TrialConfig, TrainingHistory]) -> None:
    errors = measure_errors(*exact)
    step = 2 * np.pi / (POINTS - 1)
    phases = 2 * np.pi * (np.arange(8) + 2 / 3) / 8
    for name in ("steady state", "unseen phase, steady state"):
        assert errors[name][0] < 1e-12
    # at the first step it takes the value before for 0
    assert errors["unseen phase"][0] == pytest.approx((np.sin(phases - step) ** 2).mean() / 99, rel=1e-5)
    double = 4 * np.sin(step) ** 2 / 99
    assert errors["doubled amplitude"][0] == pytest.approx(double, rel=1e-4)
    assert errors["doubled frequency"][0] > 1e-6


def test_without_inputs_an_oscillator_predicts_0(exact: tuple[TrialConfig, TrainingHistory]) -> None:
    targets = np.sin(np.linspace(0, 2 * np.pi, POINTS))[1:]
    assert measure_errors(*exact)["zero input"] == pytest.approx(np.full(2, (targets**2).mean()))


def test_a_free_run_is_exact_or_dies_out(exact: tuple[TrialConfig, TrainingHistory]) -> None:
    errors, amplitudes = measure_errors(*exact), measure_amplitudes(*exact)
    for length in LENGTHS:
        one, other = errors[f"free run, {length} steps"]
        assert one < 1e-6
        assert other == pytest.approx(0.5, rel=0.1)
        assert amplitudes[length][0] == pytest.approx(1, rel=1e-3)
        assert amplitudes[length][1] < 0.2


def test_losses_of_training_are_those_of_the_curve(trial: tuple[TrialConfig, TrainingHistory]) -> None:
    config, history = trial
    errors, scale = measure_errors(config, history), config.task.splits().train.scale
    assert errors["final loss"] == pytest.approx(history.train_loss[-1] * scale)
    assert errors["best loss"] == pytest.approx(history.train_loss.min(axis=0) * scale)
    lost = history.train_loss.copy()
    lost[2:, 1] = np.nan
    diverged = measure_errors(config, replace(history, train_loss=lost))
    assert diverged["final loss"][1] == np.inf
    assert diverged["best loss"][1] == pytest.approx(lost[:2, 1].min() * scale)


def test_probes_are_of_the_sine_alone(trial: tuple[TrialConfig, TrainingHistory]) -> None:
    probes = probe_sequences(trial[0].task)
    assert np.allclose(probes["doubled frequency"].inputs[:, 0, 0], np.sin(np.linspace(0, 2 * np.pi, 50))[:-1])
    assert np.array_equal(probes["training"].inputs[1:], probes["training"].targets[:-1])
    with pytest.raises(ValueError, match="sine, not xor"):
        probe_sequences(from_text({"task": "xor", "model": "linear"}).task)
