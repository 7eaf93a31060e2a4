"""Conversion between networks and the modules of torch: RNN, GRU or LSTM with a Linear readout."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

State = dict[str, Tensor]
GRU_GATES = 3


def to_torch(state: Mapping[str, Tensor]) -> tuple[State, State]:
    """Convert the state dict of a `tanh`, `relu`, `gru` or `lstm` network to those of torch's modules.

    Parameters
    ----------
    state : mapping of str to Tensor
        U `(rows, inputs)`, W `(rows, hidden)` and b `(rows,)` of each layer, with rows = hidden, 3 hidden (`gru`) or 4
        hidden (`lstm`), C `(outputs, hidden)`, c `(outputs,)`; a `(hidden,)` of each layer where there are recurrent
        biases, d `(hidden,)` of each layer of a `gru`.

    Returns
    -------
    rnn : dict of str to Tensor
        State dict of `torch.nn.RNN(input_size, hidden_size, num_layers)`, or of `torch.nn.GRU` or `torch.nn.LSTM`; its
        second bias is a, or zero without one, and that of a candidate d.
    readout : dict of str to Tensor
        State dict of `torch.nn.Linear(hidden_size, output_size)`.
    """
    rnn: State = {}
    for index in range(_layers(state)):
        layer = _suffix(index)
        rnn[f"weight_ih_l{index}"] = state[f"U{layer}"]
        rnn[f"weight_hh_l{index}"] = state[f"W{layer}"]
        rnn[f"bias_ih_l{index}"] = state[f"b{layer}"]
        second = state.get(f"a{layer}", torch.zeros_like(state[f"b{layer}"]))
        if f"d{layer}" in state:
            second = torch.cat([second[: -len(state[f"d{layer}"])], state[f"d{layer}"]])
        rnn[f"bias_hh_l{index}"] = second
    return rnn, {"weight": state["C"], "bias": state["c"]}


def from_torch(rnn: Mapping[str, Tensor], readout: Mapping[str, Tensor]) -> State:
    """Convert the state dicts of torch's modules to that of a `tanh`, `relu`, `gru` or `lstm` network.

    Parameters
    ----------
    rnn : mapping of str to Tensor
        State dict of `torch.nn.RNN(input_size, hidden_size, num_layers)`, or of `torch.nn.GRU` or `torch.nn.LSTM`.
    readout : mapping of str to Tensor
        State dict of `torch.nn.Linear(hidden_size, output_size)`.

    Returns
    -------
    dict of str to Tensor
        State dict of a network; b is the sum of the two biases, but for the candidate of a GRU, whose second one is d.
    """
    state: State = {}
    for index in range(sum(name.startswith("weight_hh") for name in rnn)):
        layer = _suffix(index)
        state[f"U{layer}"] = rnn[f"weight_ih_l{index}"]
        state[f"W{layer}"] = rnn[f"weight_hh_l{index}"]
        first, second, size = rnn[f"bias_ih_l{index}"], rnn[f"bias_hh_l{index}"], rnn[f"weight_hh_l{index}"].shape[1]
        if len(first) == GRU_GATES * size:
            state[f"d{layer}"] = second[-size:]
            second = torch.cat([second[:-size], torch.zeros_like(second[-size:])])
        state[f"b{layer}"] = first + second
    return state | {"C": readout["weight"], "c": readout["bias"]}


def _layers(state: Mapping[str, Tensor]) -> int:
    return sum(name.startswith("W") for name in state)


def _suffix(index: int) -> str:
    return "" if index == 0 else str(index + 1)
