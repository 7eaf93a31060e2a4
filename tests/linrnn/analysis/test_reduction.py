"""Reductions on a task: the losses of every order, the smallest within the margin, unstable and diverging networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from linrnn import LinearRNN, TanhRNN
from linrnn.analysis import collapse, truncation_error_bounds
from linrnn.analysis.linear_system import StateSpace
from linrnn.analysis.reduction import reduce_system, to_history
from linrnn.analysis.task_reduction import reduce_to_task, reduction_model, shift_register
from linrnn.analysis.truncation import delay_output
from linrnn.data.sequences import Sequences
from linrnn.errors import ConfigError
from linrnn.models import MODELS
from linrnn.models.linear import Linear
from linrnn.models.model import unflatten
from linrnn.models.network import build_network
from linrnn.tasks import TASKS

TASK = TASKS["delay"](delay=2, length=60, sequences=2, test_sequences=2)
SPLITS = TASK.splits()


def wide_delay(units: int = 9) -> dict[str, np.ndarray]:
    """A network of many units that delays by 2 steps in three of them; the others are not reached, or hardly seen."""
    rng = np.random.default_rng(0)
    W = np.zeros((units, units))
    W[:3, :3], W[3:, 3:] = np.eye(3, k=-1), 0.5 * np.eye(units - 3)
    U, C = np.eye(units)[:, :1] + 0.01 * (np.arange(units) > 5)[:, None], np.eye(units)[2:3].copy()
    C[:, 3:] = 0.01
    T = np.linalg.qr(rng.normal(size=(units, units)))[0]
    return {"W": T @ W @ T.T, "U": T @ U, "b": np.zeros(units), "C": C @ T.T, "c": np.zeros(1)}


def test_a_delay_in_many_units_comes_down_to_its_steps_and_one() -> None:
    reduction = reduce_to_task(Linear(9), wide_delay(), SPLITS)
    assert reduction.order == 3
    assert reduction.is_within
    assert reduction.is_stable
    assert [each.order for each in reduction.orders] == list(range(1, 10))
    assert reduction.orders[1].val_loss > 0.2
    assert reduction.selection.val_loss < 1e-5
    assert reduction.shapes["W"] == (3, 3)
    bounds = truncation_error_bounds(delay_output(wide_delay()))
    for each in reduction.orders:
        assert each.error <= each.error_bound + 1e-9
        assert each.error_bound == pytest.approx(bounds[each.order])


def test_losses_are_those_of_the_networks() -> None:
    """A network of the recorded weights, run by torch."""
    torch.manual_seed(0)
    network = LinearRNN(1, 6, 1, 2)
    parameters = {name: value.detach().numpy().astype(float) for name, value in network.named_parameters()}
    reduction = reduce_to_task(network.model, parameters, SPLITS, order=4)
    assert len(reduction.orders) == 12
    smaller = LinearRNN(1, 4, 1).double()
    state = unflatten(reduction.weights, reduction.shapes)
    smaller.load_state_dict({name: torch.from_numpy(value[0]).double() for name, value in state.items()})
    for sequences, loss, whole in (
        (SPLITS.val, reduction.selection.val_loss, reduction.val_loss),
        (SPLITS.test, reduction.selection.test_loss, reduction.test_loss),
    ):
        x, y = torch.from_numpy(sequences.inputs), torch.from_numpy(sequences.targets)[sequences.first :]
        for net, expected in ((smaller, loss), (collapse(network), whole)):
            error = (net(x)[0][sequences.first :] - y).square().mean().item()
            assert error / y.numpy().var() == pytest.approx(expected, rel=1e-5)


def parameters_of(network: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy().astype(float) for name, value in network.named_parameters()}


def loss_by_torch(network: torch.nn.Module, sequences: Sequences) -> float:
    """The normalized loss of a network, in float64."""
    x, y = torch.from_numpy(sequences.inputs), torch.from_numpy(sequences.targets)[sequences.first :]
    with torch.no_grad():
        return float((network.double()(x)[0][sequences.first :] - y).square().mean() / y.numpy().var())


@pytest.mark.parametrize(("name", "layers", "states"), [("lru", 2, 12), ("linear-mlp", 1, 3)])
def test_linear_recurrences_are_reduced_themselves(name: str, layers: int, states: int) -> None:
    """To all of their states nothing changes; to fewer, the network of the recorded weights has the loss, by torch."""
    torch.manual_seed(3)
    network = build_network(MODELS[name](hidden_size=3, num_layers=layers), 1, 1)
    whole = loss_by_torch(network, SPLITS.val)
    for order in (states, 2):
        reduction = reduce_to_task(network.model, parameters_of(network), SPLITS, order=order)
        assert (len(reduction.orders), reduction.is_exact, reduction.linear_share) == (states, True, 1)
        assert reduction.source_val_loss == reduction.val_loss == pytest.approx(whole, rel=1e-5)
        model = reduction_model(network.model, reduction)
        assert (model.name, model.hidden_size) == ("linear-mlp" if name == "linear-mlp" else "linear", order)
        smaller = build_network(model, 1, 1)
        state = unflatten(reduction.weights, reduction.shapes)
        smaller.load_state_dict({name: torch.from_numpy(value[0]) for name, value in state.items()})
        assert loss_by_torch(smaller, SPLITS.val) == pytest.approx(reduction.selection.val_loss, rel=1e-5)
        assert to_history(reduction, SPLITS, model).val_loss[-1, 0] == reduction.selection.val_loss
    assert reduction.orders[-1].val_loss == pytest.approx(whole, rel=1e-4)
    approximation = reduce_to_task(network.model, parameters_of(network), SPLITS, order=3, is_exact=False)
    assert not approximation.is_exact  # as records have it that were written when `linear` alone was reduced itself
    assert reduction_model(network.model, approximation).name == "linear"


def test_almost_linear_without_nonlinear_units_reduces_as_linear_does() -> None:
    parameters = parameters_of(LinearRNN(1, 6, 1))
    one, other = (
        reduce_to_task(model, parameters, SPLITS)
        for model in (Linear(6), MODELS["almost-linear"](6, nonlinear_units=0))
    )
    assert one.orders == other.orders
    assert one.weights.tobytes() == other.weights.tobytes()


def test_the_margin_decides_and_an_order_overrules_it() -> None:
    parameters = wide_delay()
    tight, loose = (reduce_to_task(Linear(9), parameters, SPLITS, margin=margin) for margin in (0.0, 1e9))
    assert loose.order == 1
    assert tight.order > 1
    forced = reduce_to_task(Linear(9), parameters, SPLITS, order=2)
    assert (forced.order, forced.is_within) == (2, False)
    with pytest.raises(ConfigError, match="order must be in 1 to 9, not 10"):
        reduce_to_task(Linear(9), parameters, SPLITS, order=10)


def test_an_unstable_network_is_reduced_over_the_length_of_a_sequence() -> None:
    W = np.diag([1.01, 0.3, 0.2])
    late = StateSpace(W, np.ones((3, 1)), np.ones((1, 3)) / 10, np.zeros((1, 1)))
    reduction = reduce_system(late, SPLITS, None, 0.5)
    assert not reduction.is_stable
    assert reduction.horizon == len(SPLITS.train.inputs)
    assert all(np.isnan(each.error) and np.isnan(each.error_bound) for each in reduction.orders)
    with pytest.raises(ConfigError, match="too large for float64"):
        reduce_to_task(Linear(1), {"W": [[1e9]], "U": [[1.0]], "b": [0.0], "C": [[1.0]], "c": [0.0]}, SPLITS)


def test_the_history_has_one_network_that_was_not_trained() -> None:
    reduction = reduce_to_task(Linear(9), wide_delay(), SPLITS)
    history = to_history(reduction, SPLITS)
    assert history.epoch == 1
    assert history.best_val_loss == pytest.approx([reduction.selection.val_loss], rel=1e-12)
    assert np.array_equal(history.best_weights, reduction.weights)
    assert np.array_equal(history.weight_digests[0], history.weight_digests[1])


def test_a_shift_register_is_its_kernel_from_rest() -> None:
    rng = np.random.default_rng(3)
    kernel, center, offset = rng.normal(size=(4, 3, 2)), rng.normal(size=2), rng.normal(size=3)
    x = rng.normal(size=(20, 2))
    expected = np.array(
        [offset + sum(kernel[k] @ (x[t - k] - center) for k in range(min(t + 1, 4))) for t in range(20)]
    )
    late = shift_register(kernel, center, offset)
    assert np.allclose(late.simulate(np.r_[x, [[0, 0]]])[1:], expected, rtol=1e-12, atol=1e-12)


def test_of_a_nonlinear_network_its_linear_approximation_is_reduced() -> None:
    """A tanh network of small weights is almost linear: little is lost; one of large weights loses much."""
    torch.manual_seed(1)
    shares = []
    for scale in (0.1, 30.0):
        network = TanhRNN(1, 5, 1)
        parameters = {name: value.detach().numpy().astype(float) for name, value in network.named_parameters()}
        parameters["U"] *= scale
        parameters["b"] *= min(scale, 1)
        splits = TASKS["delay"](delay=2, length=300, sequences=2, test_sequences=2).splits()
        reduction = reduce_to_task(network.model, parameters, splits)
        shares.append(reduction.linear_share)
        full = {name: torch.from_numpy(value) for name, value in parameters.items()}
        network = network.double()
        network.load_state_dict(full)
        x, y = torch.from_numpy(splits.test.inputs), torch.from_numpy(splits.test.targets)[splits.test.first :]
        error = (network(x)[0][splits.test.first :] - y).square().mean().item() / y.numpy().var()
        assert reduction.source_test_loss == pytest.approx(error, rel=1e-6)
        assert not reduction.is_exact
    assert shares[0] > 0.999 > shares[1]
