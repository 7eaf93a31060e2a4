"""Rates of gradients through time, of networks whose gradients are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from linrnn.analysis.gradient_rates import GradientRates, measure_gradients
from linrnn.analysis.replica_networks import build_replicas
from linrnn.models.model import unflatten
from linrnn.training.history import TrainingHistory
from linrnn.training.loop import train
from linrnn.training.trial_config import TrialConfig, from_text

INPUTS = np.random.default_rng(0).standard_normal((30, 3, 1))


def trial(model: str, scale: float = 0.8) -> tuple[TrialConfig, TrainingHistory]:
    """A short trial of 3 replicas whose W is replaced by a multiple of an orthogonal matrix."""
    text = {"task": "sine", "model": model, "model.hidden_size": "4", "training.epochs": "2", "training.replicas": "3"}
    config = from_text(text)
    *_, history = train(config)
    weights = history.weights.copy()
    W = unflatten(weights, history.shapes)["W"]
    W[:] = scale * np.linalg.qr(W)[0]
    return config, replace(history, weights=weights)


def test_a_linear_network_forgets_at_one_rate_for_all_inputs() -> None:
    rates = measure_gradients(*trial("linear"), INPUTS, 20)
    assert rates.norms.shape == (3, 21, 3)
    assert np.allclose(rates.norms, 0.8 ** np.arange(21)[:, None], rtol=1e-5)
    assert rates.spread(10) < 1e-12
    assert rates.line_fit(logarithm=True) == pytest.approx(1, abs=1e-9)
    assert rates.line_fit(logarithm=False) < 0.9


def test_the_gradients_of_tanh_depend_on_the_inputs() -> None:
    rates = measure_gradients(*trial("tanh"), INPUTS, 20)
    assert (rates.norms[:, 1:] < 0.8 ** np.arange(21)[1:, None]).all()
    assert rates.spread(10) > 0.05


def test_the_spread_is_the_range_by_the_mean_of_the_median_network() -> None:
    norms = np.array([[[1.0, 1, 1], [1, 2, 3]], [[1, 1, 1], [2, 2, 2]], [[1, 1, 1], [1, 1, 4]]])
    assert GradientRates(norms).spread(1) == 1
    assert GradientRates(norms).medians.tolist() == [[1, 1, 1], [1, 2, 3]]


def test_networks_of_a_trial_have_its_last_weights_and_diverged_ones_are_left_out() -> None:
    config, history = trial("tanh")
    first, second = build_replicas(config, replace(history, val_loss=np.array([[1.0, np.inf, 1.0]])))
    named = unflatten(history.weights, history.shapes)
    for network, row in ((first, 0), (second, 2)):
        for name, value in network.state_dict().items():
            assert np.array_equal(value.numpy(), named[name][row].astype(np.float64))
