"""Evaluation of weights: some steps of a long sequence at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from linrnn.models import MODELS
from linrnn.models.model import unflatten
from linrnn.training import evaluation
from linrnn.training.evaluation import forward_in_parts


@pytest.mark.parametrize("name", sorted(MODELS))
def test_outputs_do_not_depend_on_parts_of_the_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long sequence is read some steps at a time, with the state carried on; so are predictions."""
    model = MODELS[name]()
    shapes = model.shapes(1, 1)
    rows = np.stack([model.draw_weights(shapes, np.random.default_rng(k)) for k in range(2)]).astype(np.float64)
    parameters = unflatten(torch.from_numpy(rows), shapes)
    inputs = torch.from_numpy(np.sin(np.arange(34.0)).reshape(17, 2, 1))
    whole = forward_in_parts(model, parameters, inputs)
    monkeypatch.setattr(evaluation, "PART_STATES", 2 * 2 * model.hidden_size * 5)  # 5 steps at a time
    for part, expected in zip(forward_in_parts(model, parameters, inputs), whole, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-10, atol=1e-14)
