"""An evaluation whose arrays are placed once gives the bits of one that places them each time."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from linrnn import kernels
from linrnn.kernels import interface, network_plan
from linrnn.models import MODELS
from linrnn.training.evaluation import evaluator
from linrnn.training.kernel_evaluation import KernelEvaluation
from linrnn.training.loop import train
from linrnn.training.trial_config import from_text

SIZES = {name: MODELS[name](hidden_size=5, num_layers=2) for name in MODELS}
KINDS = kernels.LossKind.SQUARED_ERROR, kernels.LossKind.CROSS_ENTROPY


def draw(model: Any, replicas: int, kind: kernels.LossKind) -> tuple[Any, Any, kernels.Objective]:
    """Weights, other weights of which the first are nan and the second very large, and data."""
    generator = np.random.default_rng(replicas)
    weights, others = (
        np.stack([model.draw_weights(model.shapes(2, 3), generator) for _ in range(replicas)]).astype(np.float64)
        for _ in range(2)
    )
    others[0], others[-1] = np.nan, 1e200
    shape = (11, 2)
    classes = np.eye(3)[generator.integers(3, size=shape)]
    targets = classes if kind == kernels.LossKind.CROSS_ENTROPY else generator.standard_normal((*shape, 3))
    return weights, others, kernels.Objective(generator.standard_normal((*shape, 2)), targets, 4, 1.7, kind)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", [name for name in MODELS if SIZES[name].architecture is not None])
def test_losses_are_those_of_fresh_arrays(name: str, kind: kernels.LossKind) -> None:
    model = SIZES[name]
    for replicas in (1, 3, 19):
        weights, others, objective = draw(model, replicas, kind)
        kept = KernelEvaluation(objective, model.architecture)
        for each in (weights, others, weights, weights[:1], weights):
            expected = kernels.evaluate(each, objective, model.architecture)
            assert kept.losses(each).tobytes() == expected.tobytes()
        assert kept.groups


def test_data_that_come_in_chunks_are_evaluated_in_fresh_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    model = SIZES["tanh"]
    weights, _, objective = draw(model, 3, KINDS[0])
    monkeypatch.setattr(network_plan, "CHUNK", 5 * 2 * model.hidden_size)
    interface.plan_evaluation.cache_clear()
    kept = KernelEvaluation(objective, model.architecture)
    assert (kept.losses(weights) == kernels.evaluate(weights, objective, model.architecture)).all()
    assert not kept.groups
    interface.plan_evaluation.cache_clear()


def test_a_training_places_its_arrays_once() -> None:
    config = from_text({"task": "sine", "model": "tanh", "training.epochs": "8", "training.replicas": "3"})
    with patch("linrnn.training.kernel_evaluation.zeros", wraps=interface.zeros) as place:
        *_, history = train(config)
    assert place.call_count == 1
    assert len(history.val_loss) == 8
    validate = evaluator(config.model, history.shapes, config.task.splits().val)
    assert (validate(history.weights) == history.val_loss[-1]).all()


def test_weights_of_another_network_are_refused() -> None:
    weights, _, objective = draw(SIZES["linear"], 3, KINDS[0])
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        KernelEvaluation(objective, SIZES["linear"].architecture).losses(weights[:, 1:])
