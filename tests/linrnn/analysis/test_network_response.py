"""Responses of networks, a part of a long sequence at a time."""

from __future__ import annotations

import numpy as np
import pytest

from linrnn.analysis.network_response import respond
from linrnn.models import MODELS
from linrnn.models.network import build_network
from linrnn.training import evaluation


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_response_does_not_depend_on_parts_of_the_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_network(MODELS[name](num_layers=2), 1, 1)
    inputs = np.sin(np.arange(34.0)).reshape(17, 2, 1)
    whole = respond(network, inputs)
    monkeypatch.setattr(evaluation, "PART_STATES", 2 * network.model.hidden_size * 5)  # 5 steps at a time
    np.testing.assert_allclose(respond(network, inputs), whole, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("shape", [(5, 2), (5, 2, 3), (0, 2, 1)])
def test_inputs_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="inputs must be"):
        respond(build_network(MODELS["linear"](), 1, 1), np.zeros(shape))
