"""Free runs against closed forms and a loop over torch.nn.RNN."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from linrnn.analysis.exact_networks import delay_line, oscillator
from linrnn.analysis.free_run import run_freely
from linrnn.models import MODELS
from linrnn.models.conversion import from_torch
from linrnn.models.linear import Linear


def flatten(parameters: dict[str, np.ndarray]) -> np.ndarray:
    shapes = Linear(len(parameters["b"])).shapes(1, 1)
    return np.concatenate([parameters[name].ravel() for name in shapes])


def test_exact_networks_continue_for_ever() -> None:
    frequency, steps = 2 * np.pi / 7, 1000
    series = np.sin(frequency * np.arange(20))
    model = Linear(2)
    (values,) = run_freely(model, model.shapes(1, 1), flatten(oscillator(frequency))[None], series, steps)
    assert np.allclose(values, np.sin(frequency * np.arange(20, 20 + steps)), atol=1e-9)


def test_a_delay_line_repeats_what_it_read() -> None:
    series = np.random.default_rng(0).standard_normal(30)
    model = Linear(4)
    (values,) = run_freely(model, model.shapes(1, 1), flatten(delay_line(3))[None], series, 8)
    assert np.allclose(values, np.tile(series[-4:], 2))


@pytest.mark.parametrize(("replicas", "layers"), [(1, 1), (3, 1), (3, 2)])
def test_a_tanh_network_is_torchs_rnn_in_a_loop(replicas: int, layers: int) -> None:
    series = np.sin(np.arange(12.0))
    model = MODELS["tanh"](hidden_size=5, num_layers=layers, recurrent_bias="yes")
    shapes, rows, expected = model.shapes(1, 1), [], []
    for k in range(replicas):
        torch.manual_seed(k)
        rnn, readout = nn.RNN(1, 5, layers).double(), nn.Linear(5, 1).double()
        theirs = rnn.state_dict()
        state = from_torch(theirs, readout.state_dict())
        for layer, name in enumerate(model.layers):
            state |= {f"b{name}": theirs[f"bias_ih_l{layer}"], f"a{name}": theirs[f"bias_hh_l{layer}"]}
        rows.append(np.concatenate([state[name].numpy().ravel() for name in shapes]))
        hidden, h = rnn(torch.from_numpy(series)[:, None, None])
        values = [readout(hidden[-1])]
        while len(values) < 6:
            _, h = rnn(values[-1][None], h)
            values.append(readout(h[-1]))
        expected.append(torch.cat(values).detach().numpy()[:, 0])
    assert np.allclose(run_freely(model, shapes, np.stack(rows), series, 6), expected, atol=1e-12)
