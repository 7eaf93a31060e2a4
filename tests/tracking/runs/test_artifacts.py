"""Baselines and characterisations as files: what is written is read, and what earlier versions wrote, too."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from linrnn.analysis.characterisation import Characterisation
from linrnn.baseline.baselines import Baselines
from linrnn.baseline.candidate import CandidateLoss
from linrnn.baseline.lags import LagLoss
from linrnn.data.step_losses import thin_steps
from tracking.runs.artifacts import (
    archive,
    baselines_file,
    parse_baselines,
    parse_characterisation,
    parse_step_losses,
    step_losses_file,
)

BASELINES = Baselines(
    "made up",
    1.0,
    0.5,
    3,
    None,
    0.25,
    None,
    10,
    (LagLoss(0, 0.9, 0.8), LagLoss(3, 0.5, 0.5)),
    naive_method="last value",
    linear_method="least squares, 3 lags",
    candidates=(CandidateLoss("least squares, 3 lags", 0.5, 0.5),),
)


def test_baselines_are_read_as_they_were_written() -> None:
    again = parse_baselines(baselines_file(BASELINES))
    assert again == BASELINES
    assert again.candidates[0].name == "least squares, 3 lags"


def test_step_losses_are_a_file_of_their_own() -> None:
    step_losses = {"naive": np.array([[1.0], [1 / 3]]), "linear": np.array([[0.1], [0.2]])}
    assert "step_losses" not in json.loads(baselines_file(replace(BASELINES, step_losses=step_losses)))
    again, counts = parse_step_losses(step_losses_file(step_losses, 2))
    assert counts is None
    assert list(again) == ["naive", "linear"]
    assert again["naive"].dtype == np.float64
    assert np.array_equal(again["naive"], step_losses["naive"].astype(np.float32))


def test_step_losses_that_average_steps_say_how_many() -> None:
    losses = np.random.default_rng(0).random((2, 7, 80_000))
    file = step_losses_file({"linear": thin_steps(losses)}, 7)
    again, counts = parse_step_losses(file)
    assert list(again) == ["linear"]
    assert counts is not None
    assert counts.tolist() == [3, 4]
    assert again["linear"].shape == (2, 2, 80_000)


def test_records_without_words_are_least_squares() -> None:
    values = json.loads(baselines_file(BASELINES))
    earlier = {name: value for name, value in values.items() if name not in ("linear_method", "candidates")}
    again = parse_baselines(json.dumps(earlier).encode())
    assert (again.linear_method, again.candidates, again.step_losses) == ("least squares, 3 lags", (), {})


@pytest.mark.parametrize(("model", "is_linear"), [("linear", True), ("lru", False), ("tanh", False)])
def test_a_characterisation_without_its_linear_part_was_linear_for_linear_alone(model: str, is_linear: bool) -> None:
    names = [field.name for field in fields(Characterisation) if field.name != "linear_part"]
    old = parse_characterisation(archive({name: model if name == "model" else np.zeros(1) for name in names}))
    assert (old.is_linear, old.linear_part) == (is_linear, "network" if is_linear else "none")
