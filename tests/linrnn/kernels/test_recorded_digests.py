"""The bits of all model types are those of the recorded digests.

Those of `linear` and `tanh` are of the kernels before they had other cells, those of the others of the kernels before
the steps of an LSTM were vectors, but for `lstm`, whose slopes were in double precision then.

The data are small whole numbers and their fractions, so that no sum in front of the kernels depends on its order.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from linrnn.data.digests import digest
from linrnn.data.sequences import Sequences
from linrnn.data.windows import cut_windows
from linrnn.models import MODELS
from linrnn.models.recurrence import kernel_recurrence
from linrnn.tasks import TASKS
from linrnn.training.backends import KernelBackend
from linrnn.training.evaluation import evaluate
from linrnn.training.trial_config import TrainingConfig, TrialConfig

DIGESTS = Path(__file__).parents[2] / "fixtures" / "kernel-digests.json"
REPLICAS = 3


class Case(NamedTuple):
    """A network, its data and its training."""

    steps: int
    batch: int
    hidden: int
    layers: int
    inputs: int
    outputs: int
    washout: int = 0
    window: int = 0
    clip_norm: float = 1.0
    weight_decay: float = 0.0
    learning_rate: float = 0.01


CASES = (
    Case(100, 1, 10, 1, 1, 1),
    Case(40, 3, 5, 2, 2, 1, washout=4, clip_norm=0.05),
    Case(60, 1, 2, 1, 1, 1, washout=2, window=20),
    Case(120, 2, 7, 3, 1, 2, washout=10, window=30, weight_decay=0.3),
    Case(24, 5, 33, 1, 3, 4, weight_decay=2.0, clip_norm=float("inf")),
    Case(16, 2, 64, 2, 1, 1, washout=6),
    Case(2, 1, 1, 1, 1, 1),
    Case(66, 4, 16, 4, 20, 2, clip_norm=0.5, weight_decay=0.1),
    Case(500, 1, 12, 1, 1, 1, learning_rate=1.0, clip_norm=float("inf")),  # where `linear` diverges
    Case(700, 8, 20, 1, 1, 1),  # evaluated in several parts
)
OTHERS = ("relu", "almost-linear", "linear-mlp", "gru", "lstm", "lru")
OTHER_CASES = (1, 3, 7)
SIZES = ((1, 5, 2, 3), (3, 20, 1, 10), (2, 9, 4, 17), (1, 70, 3, 64))  # S, T, B, H of recurrences


def sequences(case: Case) -> Sequences:
    """Inputs in eighths; targets of mean 0 and variance 1, whatever the order of a sum."""
    generator = np.random.default_rng(5)
    inputs = generator.integers(-8, 9, (case.steps, case.batch, case.inputs)) / 8
    signs = generator.choice([-1.0, 1.0], (case.steps // 2, 1, case.batch, case.outputs))
    targets = np.concatenate([signs, -signs], axis=1).reshape(case.steps, case.batch, case.outputs)
    return Sequences(inputs, targets, case.washout)


def training_digest(name: str, case: Case) -> str:
    """Digest of losses, norms and weights of a training, and of validation losses before and after it."""
    data = sequences(case)
    training = TrainingConfig(
        learning_rate=case.learning_rate,
        epochs=40,
        replicas=REPLICAS,
        clip_norm=case.clip_norm,
        weight_decay=case.weight_decay,
        window=case.window,
    )
    model: Any = MODELS[name](hidden_size=case.hidden, num_layers=case.layers)
    shapes = model.shapes(case.inputs, case.outputs)
    weights = np.stack([model.draw_weights(shapes, np.random.default_rng([3, k])) for k in range(REPLICAS)])
    config = TrialConfig(TASKS["sine"](), model, training)
    backend = KernelBackend(config, weights, cut_windows(data, case.window))
    losses = [evaluate(model, shapes, weights, data)]
    curves = [*backend.advance(7), *backend.advance(9)]
    losses.append(evaluate(model, shapes, backend.weights, data))
    return digest(*curves, *losses, backend.weights)


def recurrence_digest(name: str, dtype: type, sizes: tuple[int, int, int, int]) -> str:
    """Digest of the states of a recurrence and of all its gradients."""
    replicas, steps, batch, size = sizes
    generator = np.random.default_rng(9)
    shapes = ((replicas, steps, batch, size), (replicas, size, size), (replicas, batch, size))
    arrays = [generator.uniform(-1, 1, shape) for shape in shapes]
    arrays[1] /= size**0.5
    u, W, h0 = (torch.from_numpy(array.astype(dtype)).requires_grad_() for array in arrays)
    h = kernel_recurrence(u, W, h0, name)
    dh = torch.from_numpy(generator.uniform(-1, 1, h.shape).astype(dtype))
    return digest(*(x.detach().numpy() for x in (h, *torch.autograd.grad(h, (u, W, h0), dh))))


def digests() -> dict[str, str]:
    """Digests of all cases; `python -m tests.linrnn.kernels.test_recorded_digests` prints them."""
    names = ("linear", "tanh")
    trained = {
        f"{name} {number}": training_digest(name, CASES[number]) for name in names for number in range(len(CASES))
    }
    trained |= {f"{name} {number}": training_digest(name, CASES[number]) for name in OTHERS for number in OTHER_CASES}
    states = {
        f"{name} {dtype.__name__} {sizes}": recurrence_digest(name, dtype, sizes)
        for name, dtype, sizes in product(names, (np.float32, np.float64), SIZES)
    }
    return trained | states


@pytest.mark.parametrize(
    ("name", "number"),
    [*product(("linear", "tanh"), range(len(CASES))), *product(OTHERS, OTHER_CASES)],
)
def test_training_has_the_recorded_bits(name: str, number: int) -> None:
    recorded = json.loads(DIGESTS.read_text())
    assert training_digest(name, CASES[number]) == recorded[f"{name} {number}"]


@pytest.mark.parametrize("name", ["linear", "tanh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES)
def test_a_recurrence_has_the_recorded_bits(name: str, dtype: type, sizes: tuple[int, int, int, int]) -> None:
    recorded = json.loads(DIGESTS.read_text())
    assert recurrence_digest(name, dtype, sizes) == recorded[f"{name} {dtype.__name__} {sizes}"]


if __name__ == "__main__":
    print(json.dumps(digests(), indent=1))
