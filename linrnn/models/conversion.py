"""Conversion between a TanhRNN and `torch.nn.RNN` with a `torch.nn.Linear` readout."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

State = dict[str, Tensor]


def to_torch(state: Mapping[str, Tensor]) -> tuple[State, State]:
    """Convert the state dict of a `TanhRNN` to those of `torch.nn.RNN` and of a `torch.nn.Linear` readout.

    Parameters
    ----------
    state : mapping of str to Tensor
        U `(hidden, inputs)`, W `(hidden, hidden)`, b `(hidden,)` of each layer, C `(outputs, hidden)`, c `(outputs,)`;
        a `(hidden,)` of each layer where there are recurrent biases.

    Returns
    -------
    rnn : dict of str to Tensor
        State dict of `torch.nn.RNN(input_size, hidden_size, num_layers)`; its second bias is a, or zero without one.
    readout : dict of str to Tensor
        State dict of `torch.nn.Linear(hidden_size, output_size)`.
    """
    rnn: State = {}
    for index in range(_layers(state)):
        layer = _suffix(index)
        rnn[f"weight_ih_l{index}"] = state[f"U{layer}"]
        rnn[f"weight_hh_l{index}"] = state[f"W{layer}"]
        rnn[f"bias_ih_l{index}"] = state[f"b{layer}"]
        rnn[f"bias_hh_l{index}"] = state.get(f"a{layer}", torch.zeros_like(state[f"b{layer}"]))
    return rnn, {"weight": state["C"], "bias": state["c"]}


def from_torch(rnn: Mapping[str, Tensor], readout: Mapping[str, Tensor]) -> State:
    """Convert the state dicts of `torch.nn.RNN` and of a `torch.nn.Linear` readout to that of a `TanhRNN`.

    Parameters
    ----------
    rnn : mapping of str to Tensor
        State dict of `torch.nn.RNN(input_size, hidden_size, num_layers)`, with biases and tanh.
    readout : mapping of str to Tensor
        State dict of `torch.nn.Linear(hidden_size, output_size)`.

    Returns
    -------
    dict of str to Tensor
        State dict of a `TanhRNN`; b is the sum of the two biases.
    """
    state: State = {}
    for index in range(sum(name.startswith("weight_hh") for name in rnn)):
        layer = _suffix(index)
        state[f"U{layer}"] = rnn[f"weight_ih_l{index}"]
        state[f"W{layer}"] = rnn[f"weight_hh_l{index}"]
        state[f"b{layer}"] = rnn[f"bias_ih_l{index}"] + rnn[f"bias_hh_l{index}"]
    return state | {"C": readout["weight"], "c": readout["bias"]}


def _layers(state: Mapping[str, Tensor]) -> int:
    return sum(name.startswith("W") for name in state)


def _suffix(index: int) -> str:
    return "" if index == 0 else str(index + 1)
