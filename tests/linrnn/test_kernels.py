"""The compiled training step against torch, and the claims on its bits."""

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from linrnn import kernels

Array = npt.NDArray[Any]
CODES = kernels.ACTIVATION_CODES


def drawn(
    steps: int,
    batch: int,
    size: int,
    layers: int,
    replicas: int,
    inputs: int = 2,
    outputs: int = 2,
    dtype: Any = float,
) -> tuple[Array, Array, Array]:
    """Weights (S, P), inputs (T, B, I) and targets (T, B, O)."""
    generator = np.random.default_rng(7)
    fans = [inputs] + [size] * (layers - 1)
    parameters = sum(size * (fan + size + 1) for fan in fans) + outputs * (size + 1)
    weights = generator.uniform(-(size**-0.5), size**-0.5, (replicas, parameters))
    x, y = (generator.standard_normal((steps, batch, width)) for width in (inputs, outputs))
    return weights.astype(dtype), x.astype(dtype), y.astype(dtype)


def loss_by_torch(row: Tensor, x: Tensor, y: Tensor, first: int, size: int, layers: int, activation: str) -> Tensor:
    fans = [x.shape[2]] + [size] * (layers - 1)
    sizes = [part for fan in fans for part in (size * fan, size * size, size)] + [
        y.shape[2] * size,
        y.shape[2],
    ]
    offsets = np.cumsum([0, *sizes])
    parts = [row[start:stop] for start, stop in pairwise(offsets)]
    for layer in range(layers):
        U, W, b = parts[3 * layer : 3 * layer + 3]
        h, states = torch.zeros(x.shape[1], size, dtype=x.dtype), []
        for x_t in x:
            h = x_t @ U.view(size, -1).T + h @ W.view(size, size).T + b
            h = h.tanh() if activation == "tanh" else h
            states.append(h)
        x = torch.stack(states)
    outputs = x @ parts[-2].view(-1, size).T + parts[-1]
    return 1.7 * (outputs - y)[first:].square().mean()


def train_by_torch(weights: Array, epochs: int, clip: float, *problem: Any) -> tuple[Array, Array, Array]:
    x, y, *rest = problem
    data = torch.from_numpy(x), torch.from_numpy(y)
    torch.set_num_threads(1)
    ends, curves = [], []
    for first_row in weights:
        row = torch.tensor(first_row, requires_grad=True)
        adam, curve = torch.optim.Adam([row], lr=0.01), []
        for _ in range(epochs):
            adam.zero_grad()
            loss = loss_by_torch(row, *data, *rest)
            row.grad = torch.autograd.grad(loss, row)[0]
            norm = torch.nn.utils.clip_grad_norm_([row], clip)
            curve.append((loss.item(), norm.item()))
            adam.step()
        ends.append(row.detach().numpy())
        curves.append(curve)
    losses, norms = np.moveaxis(np.array(curves), (0, 1, 2), (2, 1, 0))
    return np.array(ends), losses, norms


def train(
    weights: Array,
    epochs: list[int],
    clip: float,
    x: Array,
    y: Array,
    first: int,
    size: int,
    layers: int,
    activation: str,
) -> tuple[Array, Array, Array]:
    """Weights after so many epochs, in calls of those lengths, with all losses and norms."""
    weights, moments = weights.copy(), (np.zeros_like(weights), np.zeros_like(weights))
    curves, done = [], 0
    for count in epochs:
        curves.append(
            kernels.train_steps(
                weights, *moments, done, count, x, y, first, 1.7, 0.01, clip, size, layers, CODES[activation]
            )
        )
        done += count
    losses, norms = (np.concatenate(curve) for curve in zip(*curves, strict=True))
    return weights, losses, norms


@pytest.mark.parametrize("activation", ["linear", "tanh"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("steps", "batch", "size", "inputs", "outputs", "first", "clip"),
    [
        (1, 1, 1, 1, 1, 0, 1.0),
        (9, 3, 5, 2, 2, 2, 0.1),
        (66, 1, 10, 1, 9, 3, np.inf),
        (12, 2, 40, 11, 1, 0, 0.5),
    ],
)
def test_training_is_that_of_torch(
    activation: str,
    layers: int,
    steps: int,
    batch: int,
    size: int,
    inputs: int,
    outputs: int,
    first: int,
    clip: float,
) -> None:
    weights, x, y = drawn(steps, batch, size, layers, 2, inputs, outputs)
    problem = x, y, first, size, layers, activation
    expected = train_by_torch(weights, 5, clip, *problem)
    for result, right in zip(train(weights, [3, 0, 2], clip, *problem), expected, strict=True):
        np.testing.assert_allclose(result, right, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
@pytest.mark.parametrize("steps", [5, kernels.CHUNK, 2 * kernels.CHUNK + 3])
def test_evaluation_is_the_loss_trained_on(activation: str, steps: int) -> None:
    weights, x, y = drawn(steps, 3, 6, 2, 4)
    problem = x, y, min(steps - 1, 40), 6, 2, activation
    losses = kernels.evaluate(weights, *problem[:3], 1.7, 6, 2, CODES[activation])
    data = torch.from_numpy(x), torch.from_numpy(y)
    expected = [loss_by_torch(w, *data, problem[2], 6, 2, activation).item() for w in torch.from_numpy(weights)]
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(losses, train(weights, [1], 1.0, *problem)[1][0], rtol=1e-12)


@pytest.mark.parametrize("activation", ["linear", "tanh"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_replica_is_the_same_alone_as_among_ten(activation: str, dtype: Any) -> None:
    weights, x, y = drawn(20, 2, 10, 2, 10, dtype=dtype)
    problem = x, y, 2, 10, 2, activation
    together = train(weights, [30], 0.5, *problem)
    for k in range(10):
        alone = train(weights[k : k + 1], [30], 0.5, *problem)
        assert alone[0].tobytes() == together[0][k].tobytes()
        assert alone[1].tobytes() == together[1][:, k].tobytes()
        assert alone[2].tobytes() == together[2][:, k].tobytes()


def test_a_diverged_replica_stays_so_and_leaves_the_others_alone() -> None:
    weights, x, y = drawn(60, 1, 10, 1, 3, dtype=np.float32)
    problem = x, y, 0, 10, 1, "linear"
    expected = train(weights[[0, 2]], [6, 4], 1.0, *problem)
    weights[1] *= 20
    ends, losses, norms = train(weights, [6, 4], 1.0, *problem)
    assert not np.isfinite(losses[0, 1])
    assert np.isnan(ends[1]).all()
    assert np.isnan(losses[1:, 1]).all()
    assert np.isnan(norms[:, 1]).all()
    for result, right in zip((ends[[0, 2]], losses[:, [0, 2]], norms[:, [0, 2]]), expected, strict=True):
        assert result.tobytes() == right.tobytes()


REALS = np.float32, np.float64


def digest(dtype: Any, activation: str) -> str:
    """SHA-256 of the weights after 300 epochs."""
    weights, x, y = drawn(20, 3, 10, 2, 2, dtype=dtype)
    return hashlib.sha256(train(weights, [300], 0.5, x, y, 2, 10, 2, activation)[0].tobytes()).hexdigest()


DIGESTS = """
import sys
sys.path.insert(0, sys.argv[1])
from test_kernels import CODES, REALS, digest
for dtype in REALS:
    for activation in CODES:
        print(digest(dtype, activation))
"""


def digests(**variables: str) -> str:
    here = os.path.dirname(__file__)
    path = os.pathsep.join([os.path.dirname(os.path.dirname(here)), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-c", DIGESTS, here],
        env=os.environ | {"PYTHONPATH": path} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout


@pytest.mark.parametrize(
    "variables",
    [
        {
            "NUMBA_CPU_NAME": "haswell",
            "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2",
            "ATEN_CPU_CAPABILITY": "avx2",
            "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        },
        {
            "NUMBA_CPU_NAME": "x86-64",
            "NUMBA_CPU_FEATURES": "",
            "ATEN_CPU_CAPABILITY": "default",
            "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        },
    ],
)
def test_weights_do_not_depend_on_the_instruction_set(variables: dict[str, str]) -> None:
    expected = "".join(digest(dtype, activation) + "\n" for dtype in REALS for activation in CODES)
    assert len(set(expected.split())) == 4
    assert digests(**variables) == expected


def ulps(values: Array) -> float:
    """Largest error of the kernels' tanh, in units of the last place of the right value."""
    mpmath.mp.prec = 120
    result = values.copy()
    kernels.tanh_rows(result.reshape(1, -1), 0, 1)
    errors = []
    for x, y in zip(values, result, strict=True):
        right = mpmath.tanh(mpmath.mpf(float(x)))
        unit = float(np.spacing(np.abs(values.dtype.type(float(right)))))
        errors.append(abs(float((mpmath.mpf(float(y)) - right) / unit)))
    return max(errors)


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 3.0), (np.float64, 4.0)])
def test_tanh(dtype: Any, bound: float) -> None:
    generator = np.random.default_rng(0)
    scales = (1e-30, 1e-3, 0.1, 0.3, 0.5, 0.7, 1, 2, 4, 10, 30)
    values = np.concatenate([scale * generator.uniform(-1, 1, 100) for scale in scales]).astype(dtype)
    assert ulps(values) <= bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_is_odd_and_saturates(dtype: Any) -> None:
    largest = np.finfo(dtype).max
    special = np.array([[np.inf, -np.inf, np.nan, 0.0, -0.0, largest, -largest, 1e-30]], dtype)
    kernels.tanh_rows(special, 0, 1)
    np.testing.assert_array_equal(special, np.array([[1, -1, np.nan, 0, -0.0, 1, -1, 1e-30]], dtype))
    assert np.signbit(special[0, 4])
    values = np.random.default_rng(0).normal(scale=3, size=(2, 1000)).astype(dtype)
    values[1] = -values[0]
    kernels.tanh_rows(values, 0, 2)
    np.testing.assert_array_equal(values[1], -values[0])
