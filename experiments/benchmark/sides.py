"""The timed implementations (sides) of the same training step.

A side is built from a problem. Called with a number of steps, it trains so many and returns the loss before the last
update, `(S,)`, by which the sides are checked against each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from experiments.benchmark.shapes import CLIP_NORM, Problem
from linrnn.models.conversion import to_torch
from linrnn.models.model import unflatten
from linrnn.training.backends import choose_backend

Side = Callable[[int], NDArray[np.float64]]


def linrnn(instance: Problem) -> Side:
    """Train all replicas with linrnn."""
    steps = choose_backend(instance.config, instance.shapes, instance.weights, instance.data)
    return lambda count: steps.advance(count)[0][-1]


def loop(instance: Problem) -> Side:
    """Train the first replica with a Python loop over time steps."""
    U, W, b, C, c = parameters = [nn.Parameter(value) for value in first_replica(instance).values()]
    x, y = (torch.from_numpy(part).float() for part in instance.data[:2])
    adam = torch.optim.Adam(parameters, lr=instance.config.training.learning_rate)
    nonlinear = instance.config.model.name == "tanh"

    def step() -> float:
        h = torch.zeros(x.shape[1], len(b))
        states = []
        for t in range(len(x)):
            h = x[t] @ U.T + h @ W.T + b
            h = torch.tanh(h) if nonlinear else h
            states.append(h)
        outputs = torch.stack(states) @ C.T + c
        loss = (outputs - y).square().mean() / instance.data.scale
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
        adam.step()
        return loss.item()

    return repeat_steps(step)


def torch_rnn(instance: Problem) -> Side:
    """Train the first replica with `torch.nn.RNN` and a `torch.nn.Linear` readout."""
    rnn, readout = nn.RNN(1, instance.config.model.hidden_size), nn.Linear(instance.config.model.hidden_size, 1)
    rnn_weights, readout_weights = to_torch(first_replica(instance))
    rnn.load_state_dict(rnn_weights)
    readout.load_state_dict(readout_weights)
    rnn.bias_hh_l0.requires_grad_(False)  # a second bias that the other sides do not have
    parameters = [value for value in (*rnn.parameters(), *readout.parameters()) if value.requires_grad]
    x, y = (torch.from_numpy(part).float() for part in instance.data[:2])
    adam = torch.optim.Adam(parameters, lr=instance.config.training.learning_rate)

    def step() -> float:
        loss = (readout(rnn(x)[0]) - y).square().mean() / instance.data.scale
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
        adam.step()
        return float(loss.item())

    return repeat_steps(step)


def first_replica(instance: Problem) -> dict[str, Tensor]:
    """Return the parameters of the first replica by name."""
    parameters = unflatten(torch.from_numpy(instance.weights), instance.shapes)
    return {name: value[0].clone() for name, value in parameters.items()}


def repeat_steps(step: Callable[[], float]) -> Side:
    """The side of one replica that makes these steps one by one."""
    return lambda count: np.array([[step() for _ in range(count)][-1]])
