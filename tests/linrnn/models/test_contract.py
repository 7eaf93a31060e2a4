"""Every model type keeps the contract: compiled form and definition, causality, replicas, text, forecasts."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

from linrnn import kernels
from linrnn.analysis.predictions import predict_test_split
from linrnn.kernels import interface, network_plan
from linrnn.models import MODELS
from linrnn.models.elman import Elman
from linrnn.models.model import Model, unflatten
from linrnn.models.recurrence import recurrence_definition
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import from_text, to_text

T, B, I, O = 7, 3, 2, 4  # noqa: E741 the letters of the shapes
REPLICAS = 3
Array = np.ndarray[Any, Any]


@pytest.fixture(params=sorted(MODELS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[(1, 6), (2, 5), (4, 17)], ids=str)
def model(request: pytest.FixtureRequest, name: str) -> Model:
    kind: Any = MODELS[name]
    layers, hidden = request.param
    return kind(hidden_size=hidden, num_layers=layers)  # type: ignore[no-any-return]


def draw(model: Model, dtype: Any = float) -> Array:
    """Weights (S, P) that differ from the initial ones, so that none is zero or the same twice."""
    shapes = model.shapes(I, O)
    rows = np.stack([model.draw_weights(shapes, np.random.default_rng(k)) for k in range(REPLICAS)])
    return (rows + 0.1 * np.random.default_rng(9).uniform(-1, 1, rows.shape)).astype(dtype)


def sequences(classes: bool) -> tuple[Array, Array]:
    generator = np.random.default_rng(4)
    targets = np.eye(O)[generator.integers(O, size=(T, B))] if classes else generator.standard_normal((T, B, O))
    return generator.standard_normal((T, B, I)), targets


def losses_by_definition(model: Model, flat: torch.Tensor, x: Array, y: Array, washout: int, classes: bool) -> Any:
    inputs, targets = torch.from_numpy(x).to(flat), torch.from_numpy(y).to(flat)[washout:]
    state = model.zero_state(len(flat), B, like=inputs)
    with patch("linrnn.models.recurrence.recurrence", recurrence_definition):  # which would be compiled
        outputs = model.forward(unflatten(flat, model.shapes(I, O)), inputs, state)[0][:, washout:]
    if classes:
        return 1.7 * -(targets * outputs.log_softmax(dim=-1)).sum(dim=-1).mean(dim=(1, 2))
    return 1.7 * (outputs - targets).square().mean(dim=(1, 2, 3))


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("washout", [0, 3])
def test_losses_and_gradients_of_the_kernels_are_those_of_the_definition(
    model: Model, classes: bool, washout: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_plan, "CHUNK", 2 * B * model.hidden_size)  # two steps at a time: the state is carried
    interface.plan_evaluation.cache_clear()
    weights, losses, objective = compare_with_definition(model, classes, washout)
    np.testing.assert_allclose(kernels.evaluate(weights, objective, model.architecture), losses, rtol=1e-12)
    interface.plan_evaluation.cache_clear()


def compare_with_definition(model: Model, classes: bool, washout: int) -> tuple[Array, Array, kernels.Objective]:
    """Weights, losses and objective, after a comparison of losses and gradients."""
    x, y = sequences(classes)
    weights, kind = draw(model), kernels.LossKind.CROSS_ENTROPY if classes else kernels.LossKind.SQUARED_ERROR
    flat = torch.from_numpy(weights.copy()).requires_grad_()
    expected = losses_by_definition(model, flat, x, y, washout, classes)
    (gradient,) = torch.autograd.grad(expected.sum(), flat)
    moments, objective = np.zeros((2, *weights.shape)), kernels.Objective(x, y, washout, 1.7, kind)
    losses, norms = kernels.train_steps(
        weights.copy(), *moments, 0, np.ones(1), objective, model.architecture, np.inf, 0.0
    )
    np.testing.assert_allclose(losses[0], expected.detach(), rtol=1e-12)
    np.testing.assert_allclose(norms[0], gradient.norm(dim=1), rtol=1e-11)
    np.testing.assert_allclose(10 * moments[0], gradient, rtol=1e-9, atol=1e-12)
    return weights, losses[0], objective


@pytest.mark.parametrize("elman", sorted(name for name, kind in MODELS.items() if issubclass(kind, Elman)))
@pytest.mark.parametrize(("layers", "hidden", "classes"), [(1, 6, True), (3, 17, False)])
def test_recurrent_biases_train_in_the_kernels(elman: str, layers: int, hidden: int, classes: bool) -> None:
    kind: Any = MODELS[elman]
    model = kind(hidden_size=hidden, num_layers=layers, recurrent_bias="yes")
    weights, losses, objective = compare_with_definition(model, classes, 2)
    np.testing.assert_allclose(kernels.evaluate(weights, objective, model.architecture), losses, rtol=1e-12)


def test_float32_of_the_kernels_is_that_of_the_definition(model: Model) -> None:
    x, y = (part.astype(np.float32) for part in sequences(False))
    weights = draw(model, np.float32)
    expected = losses_by_definition(model, torch.from_numpy(weights).double(), x, y, 0, False)
    losses = kernels.evaluate(weights, kernels.Objective(x, y, 0, 1.7), model.architecture)
    np.testing.assert_allclose(losses, expected, rtol=2e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_replica_is_the_same_alone_as_among_others_one_of_which_diverges(model: Model, dtype: Any) -> None:
    x, y = (part.astype(dtype) for part in sequences(False))
    weights = draw(model, dtype)
    weights[1] = np.inf

    def trained(rows: Array) -> tuple[Array, Array, Array]:
        ends, moments = rows.copy(), np.zeros((2, *rows.shape), dtype)
        objective = kernels.Objective(x, y, 0, 1.0)
        return ends, *kernels.train_steps(ends, *moments, 0, np.full(9, 0.01), objective, model.architecture, 0.5, 0.1)

    ends, losses, norms = trained(weights)
    assert np.isnan(ends[1]).all()
    for k in (0, 2):
        alone = trained(weights[k : k + 1])
        assert alone[0].tobytes() == ends[k].tobytes()
        assert np.array_equal(alone[1][:, 0], losses[:, k])
        assert np.array_equal(alone[2][:, 0], norms[:, k])
        assert (losses[1:, k] != losses[:-1, k]).all()


def test_outputs_depend_on_no_later_input(model: Model) -> None:
    weights = torch.from_numpy(draw(model))
    parameters, inputs = unflatten(weights, model.shapes(I, O)), torch.from_numpy(sequences(False)[0])
    changed = inputs.clone()
    changed[4:] += 1
    one, two = (
        model.forward(parameters, each, model.zero_state(REPLICAS, B, like=inputs))[0] for each in (inputs, changed)
    )
    assert torch.equal(one[:, :4], two[:, :4])
    assert ((one[:, 4] - two[:, 4]).abs() > 1e-6).any()


def test_gradcheck(name: str) -> None:
    kind: Any = MODELS[name]
    model: Model = kind(hidden_size=2, num_layers=2)
    shapes = model.shapes(1, 1)
    row = model.draw_weights(shapes, np.random.default_rng(3)).astype(float) + 0.05
    flat = torch.from_numpy(row[None]).requires_grad_()
    inputs = torch.linspace(-1, 1, 6, dtype=torch.float64).view(3, 2, 1).requires_grad_()
    state = (0.3 + model.zero_state(1, 2, like=inputs)).requires_grad_()

    def outputs(flat: torch.Tensor, inputs: torch.Tensor, state: torch.Tensor) -> Any:
        return model.forward(unflatten(flat, shapes), inputs, state)

    assert torch.autograd.gradcheck(outputs, (flat, inputs, state))


def test_the_text_of_a_config_is_the_config(name: str) -> None:
    text = {"task": "sine", "model": name, "model.hidden_size": "12", "model.num_layers": "2"}
    config = from_text(text)
    assert from_text(to_text(config)) == config
    assert to_text(config)["model"] == name


def test_training_is_a_function_of_the_config_and_ends_in_a_forecast(name: str) -> None:
    text = {"task": "sunspots", "model": name, "model.hidden_size": "4", "training.replicas": "3"}
    config = from_text(text | {"training.epochs": "12", "training.evaluations": "2"})
    torch.manual_seed(1)
    *_, first = train(config)
    torch.manual_seed(2)
    np.random.default_rng(0).uniform(size=3)
    *_, second = train(config)
    assert first.form == "kernels"
    assert first.weights.tobytes() == second.weights.tobytes()
    assert np.array_equal(first.val_loss, second.val_loss)
    assert (first.train_loss[-1] < first.train_loss[0]).all()
    splits = config.task.splits()
    losses = evaluate_test_split(config, first, splits)
    predictions = predict_test_split(config, first, splits, losses)
    assert np.isfinite(predictions.outputs).all()
    assert len(predictions.free_run) > 0
