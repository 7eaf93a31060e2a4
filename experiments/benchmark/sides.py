"""The timed implementations (sides) of the same training step.

A side is built from a problem. Called with a number of steps, it trains so many and returns the loss before the last
update, `(S,)`, by which the sides are checked against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from experiments.benchmark.shapes import CLIP_NORM, Problem
from linrnn.models.conversion import to_torch
from linrnn.models.model import unflatten
from linrnn.training.backends import choose_backend

LOOPS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}
TORCH_MODULES: dict[str, Callable[..., Any]] = {
    "tanh": nn.RNN,
    "relu": partial(nn.RNN, nonlinearity="relu"),
    "gru": nn.GRU,
    "lstm": nn.LSTM,
}
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
    activation = LOOPS[instance.config.model.name]

    def step() -> float:
        h = torch.zeros(x.shape[1], len(b))
        states = []
        for t in range(len(x)):
            h = activation(x[t] @ U.T + h @ W.T + b)
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
    """Train the first replica with torch's own module and a `torch.nn.Linear` readout."""
    size = instance.config.model.hidden_size
    rnn: Any = TORCH_MODULES[instance.config.model.name](1, size)
    readout = nn.Linear(size, 1)
    rnn_weights, readout_weights = to_torch(first_replica(instance))
    rnn.load_state_dict(rnn_weights)
    readout.load_state_dict(readout_weights)
    if instance.config.model.name == "gru":  # the candidate alone has a second bias on the other sides
        rnn.bias_hh_l0.register_hook(lambda gradient: torch.cat([torch.zeros(2 * size), gradient[2 * size :]]))
    else:
        rnn.bias_hh_l0.requires_grad_(False)
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
