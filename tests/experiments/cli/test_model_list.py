"""`linrnn models`."""

from __future__ import annotations

import json

import pytest
import torch

from linrnn.models import MODELS
from tests.conftest import Here

MODULES = {"tanh": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def test_each_type_has_a_line_in_80_columns(here: Here) -> None:
    code, text, _ = here("models", "--hidden-size", "64", "--inputs", "30", "--outputs", "30")
    lines = text.splitlines()
    assert (code, max(map(len, lines)) <= 80) == (0, True)
    names = [line.split()[0] for line in lines[2:] if not line.startswith(" ")]  # of wrapped lines the first
    assert names == list(MODELS)


def test_parameters_are_those_of_torch_but_for_its_second_biases(here: Here) -> None:
    printed = json.loads(here("models", "--hidden-size", "7", "--inputs", "3", "--outputs", "2", "--json")[1])
    types = {each["model"]: each for each in printed["models"]}
    assert list(types) == list(MODELS)
    for name, kind in MODULES.items():
        module = kind(3, 7)
        second = module.bias_hh_l0.numel() - (7 if name == "gru" else 0)  # of which the candidate of a GRU has one
        count = sum(each.numel() for each in [*module.parameters(), *torch.nn.Linear(7, 2).parameters()])
        assert types[name]["parameters"] == count - second
    assert types["linear"]["formula"] == "h_t = W h_{t-1} + U x_t + b, y_t = C h_t + c"
    assert {each["form"] for each in types.values()} == {"kernels"}


def test_the_place_of_the_nonlinearity(here: Here) -> None:
    places = {each["model"]: each["nonlinearity"] for each in json.loads(here("models", "--json")[1])["models"]}
    assert places == {
        "linear": "nowhere",
        "tanh": "recurrence",
        "relu": "recurrence",
        "almost-linear": "some units",
        "linear-mlp": "readout",
        "gru": "gates",
        "lstm": "gates",
        "lru": "nowhere",
    }


@pytest.mark.parametrize("size", ["0", "4097", "x"])
def test_a_size_that_no_network_has_is_one_line(here: Here, size: str) -> None:
    code, out, error = here("models", "--hidden-size", size)
    assert (code, out, error.count("\n")) == (2, "", 1)
