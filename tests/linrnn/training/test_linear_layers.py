"""Claim (e) to the letter: training equals that of a network of torch.nn.Linear layers, written as a user writes it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from linrnn.models.model import unflatten
from linrnn.training.loop import initial_weights, train
from linrnn.training.trial_config import TrialConfig, from_text

LETTER = {
    "task": "sine",
    "task.washout": "0",
    "model.init": "linear-layers",
    "training.decay": "none",
    "training.clip_norm": "inf",
    "training.learning_rate": "0.01",
    "training.replicas": "2",
}


class UserNetwork(nn.Module):
    """Layers for input, recurrence and readout; a bias on the recurrent one only where there is a tanh."""

    def __init__(self, hidden_size: int, nonlinear: bool) -> None:
        super().__init__()
        self.input = nn.Linear(1, hidden_size)
        self.recurrent = nn.Linear(hidden_size, hidden_size, bias=nonlinear)
        self.output = nn.Linear(hidden_size, 1)
        self.activation = torch.tanh if nonlinear else nn.Identity()

    def forward(self, sequence: Tensor) -> Tensor:
        h, outputs = torch.zeros(self.recurrent.in_features), []
        for x in sequence:
            h = self.activation(self.input(x) + self.recurrent(h))
            outputs.append(self.output(h))
        return torch.stack(outputs)


def train_as_a_user(network: UserNetwork, epochs: int) -> NDArray[np.float64]:
    """The MSE of each epoch, by Adam on the 99 pairs of one period."""
    wave = torch.sin(torch.linspace(0, 2 * torch.pi, 100))[:, None]
    optimizer, loss_function = torch.optim.Adam(network.parameters(), lr=0.01), nn.MSELoss()
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = loss_function(network(wave[:-1]), wave[1:])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


def letter(model: str, **settings: str) -> TrialConfig:
    """The trial config of claim (e) to the letter."""
    biases = {"model.recurrent_bias": "yes"} if model == "tanh" else {}
    return from_text({**LETTER, **biases, "model": model, **settings})


def copy_weights(config: TrialConfig, replica: int) -> UserNetwork:
    """The user's network with the initial weights of a replica."""
    shapes = config.model.shapes(1, 1)
    start = {
        name: torch.from_numpy(v[replica]) for name, v in unflatten(initial_weights(config, shapes), shapes).items()
    }
    network = UserNetwork(config.model.hidden_size, "a" in start)
    names = {"U": "input.weight", "b": "input.bias", "W": "recurrent.weight", "a": "recurrent.bias"}
    names |= {"C": "output.weight", "c": "output.bias"}
    network.load_state_dict({names[name]: value for name, value in start.items()})
    return network


@pytest.mark.parametrize("model", ["linear", pytest.param("tanh", marks=pytest.mark.long)])
@pytest.mark.long
def test_training_is_that_of_torchs_layers(model: str) -> None:
    config = letter(model, **{"training.epochs": "60", "training.evaluations": "1"})
    scale = config.task.splits().train.scale
    (history,) = train(config)
    for replica in range(2):
        expected = train_as_a_user(copy_weights(config, replica), 60)
        assert np.allclose(history.train_loss[:, replica] * scale, expected, rtol=2e-5, atol=1e-8)
        assert expected[-1] < 0.5 * expected[0]


def test_both_biases_move_alike() -> None:
    config = letter("tanh", **{"training.epochs": "20", "training.evaluations": "1"})
    (history,) = train(config)
    shapes = config.model.shapes(1, 1)
    first, last = (unflatten(w, shapes) for w in (initial_weights(config, shapes), history.weights))
    steps = {name: last[name] - first[name] for name in ("a", "b")}
    assert np.allclose(steps["a"], steps["b"], rtol=1e-4, atol=1e-6)
    assert np.abs(steps["a"]).max() > 0.01
