"""Noise of the training inputs: its moments, what it depends on, and that it is a penalty on the impulse response."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.models.model import unflatten
from linrnn.training.backends import KernelBackend
from linrnn.training.input_noise import add_noise
from linrnn.training.loop import initial_weights, train
from linrnn.training.trial_config import TrialConfig, from_text

SMALL = {"task": "arma", "model": "linear", "model.hidden_size": "4", "training.replicas": "3", "training.epochs": "6"}


def config(**settings: str) -> TrialConfig:
    return from_text(SMALL | {"training.input_noise": "0.3"} | {k.replace("__", "."): v for k, v in settings.items()})


def test_it_is_gaussian_and_that_of_its_seed_and_epoch_alone() -> None:
    inputs = np.ones((200, 5, 20), np.float32)
    noise = [add_noise(config(), inputs, epoch).astype(float) - 1 for epoch in (0, 1)]
    for each in noise:  # 20,000 values: within four standard errors
        assert abs(each.mean()) < 4 * 0.3 / 20_000**0.5
        assert abs(each.std() / 0.3 - 1) < 4 / 40_000**0.5
        assert abs((np.abs(each) < 0.3).mean() - 0.6827) < 4 * (0.22 / 20_000) ** 0.5
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 4 / 20_000**0.5
    assert np.array_equal(add_noise(config(), inputs, 1) - 1, noise[1].astype(np.float32))
    assert not np.array_equal(add_noise(config(seed="1"), inputs, 1) - 1, noise[1].astype(np.float32))


@pytest.mark.parametrize("form", ["", "torch"])
def test_replicas_and_evaluations_change_nothing(form: str) -> None:
    *_, whole = train(config(), form=form)
    *_, one = train(config(training__replicas="1", training__evaluations="2"), form=form)
    *_, quiet = train(config(training__input_noise="0"), form=form)
    assert np.allclose(one.train_loss, whole.train_loss[:, :1], rtol=0 if not form else 1e-5, atol=0)
    assert not np.allclose(quiet.train_loss, whole.train_loss, rtol=1e-3)
    assert np.array_equal(quiet.weight_digests[0], whole.weight_digests[0])


def test_of_a_linear_network_it_is_a_penalty_on_the_energy_of_the_impulse_response() -> None:
    """The mean loss is the loss without noise, plus the variance of the noise that reaches the output."""
    still = {"training__learning_rate": "1e-8", "training__decay": "none"}
    quiet, noisy = (config(training__input_noise=noise, **still) for noise in ("0", "0.3"))
    data, shapes = noisy.task.splits().train, noisy.model.shapes(1, 1)
    weights, steps, count = initial_weights(noisy, shapes), len(data.inputs), 400
    (expected,), _ = KernelBackend(quiet, weights, data).advance(1)
    losses, _ = KernelBackend(noisy, weights, data).advance(count)
    for k, one in enumerate(weights):
        U, W, C = (unflatten(one[None], shapes)[name][0].astype(float) for name in ("U", "W", "C"))
        energy = np.cumsum([(C @ np.linalg.matrix_power(W, lag) @ U).item() ** 2 for lag in range(steps)])
        excess = 0.3**2 * energy[data.first :].mean() / data.targets[data.first :].var()
        standard_error = losses[:, k].std() / count**0.5
        assert abs(losses[:, k].mean() - expected[k] - excess) < 4 * standard_error
        assert excess > 8 * standard_error
