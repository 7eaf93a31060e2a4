"""The compiled training step against torch, and the claims on its bits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from numba import njit
from torch import Tensor

from linrnn import kernels
from linrnn.kernels import compilation, execution, interface, network_plan, optimization
from linrnn.kernels.elementary_functions import cosine_and_sine, exponential, logarithm
from linrnn.kernels.products import LANES
from linrnn.kernels.vectors import VectorCode, vector_kernel

Array = npt.NDArray[Any]
CODES = {name: kernels.parse_code(kernels.CellKind, name) for name in ("linear", "tanh", "relu")}
activations = pytest.mark.parametrize("activation", ["linear", "tanh", "relu"])
FUNCTIONS = {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


def outputs_by_torch(row: Tensor, x: Tensor, outputs: int, size: int, layers: int, activation: str) -> Tensor:
    fans = [x.shape[2]] + [size] * (layers - 1)
    sizes = [part for fan in fans for part in (size * fan, size * size, size)] + [outputs * size, outputs]
    offsets = np.cumsum([0, *sizes])
    parts = [row[start:stop] for start, stop in pairwise(offsets)]
    for layer in range(layers):
        U, W, b = parts[3 * layer : 3 * layer + 3]
        h, states = torch.zeros(x.shape[1], size, dtype=x.dtype), []
        for x_t in x:
            h = x_t @ U.view(size, -1).T + h @ W.view(size, size).T + b
            h = FUNCTIONS[activation](h)
            states.append(h)
        x = torch.stack(states)
    return x @ parts[-2].view(-1, size).T + parts[-1]


def loss_by_torch(row: Tensor, x: Tensor, y: Tensor, first: int, size: int, layers: int, activation: str) -> Tensor:
    outputs = outputs_by_torch(row, x, y.shape[2], size, layers, activation)
    return 1.7 * (outputs - y)[first:].square().mean()


RATES = 0.01 * np.linspace(1, 0.2, 12)


def train_by_torch(weights: Array, epochs: int, clip: float, decay: float, *problem: Any) -> tuple[Array, Array, Array]:
    x, y, *rest = problem
    data = torch.from_numpy(x), torch.from_numpy(y)
    ends, curves = [], []
    for first_row in weights:
        row = torch.tensor(first_row, requires_grad=True)
        optimizer = torch.optim.AdamW([row], weight_decay=decay) if decay else torch.optim.Adam([row])
        curve = []
        for rate in RATES[:epochs]:
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            loss = loss_by_torch(row, *data, *rest)
            row.grad = torch.autograd.grad(loss, row)[0]
            norm = torch.nn.utils.clip_grad_norm_([row], clip)
            curve.append((loss.item(), norm.item()))
            optimizer.step()
        ends.append(row.detach().numpy())
        curves.append(curve)
    losses, norms = np.moveaxis(np.array(curves), (0, 1, 2), (2, 1, 0))
    return np.array(ends), losses, norms


def train(
    weights: Array,
    epochs: list[int],
    clip: float,
    decay: float,
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
                weights,
                *moments,
                done,
                RATES[done : done + count],
                kernels.Objective(x, y, first, 1.7),
                kernels.Architecture(CODES[activation], size, layers),
                clip,
                decay,
            )
        )
        done += count
    losses, norms = (np.concatenate(curve) for curve in zip(*curves, strict=True))
    return weights, losses, norms


@activations
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(
    ("steps", "batch", "size", "inputs", "outputs", "first", "clip", "decay"),
    [
        (1, 1, 1, 1, 1, 0, 1.0, 0.0),
        (9, 3, 5, 2, 2, 2, 0.1, 3.0),
        (66, 1, 10, 1, 9, 3, np.inf, 0.0),
        (12, 2, 40, 11, 1, 0, 0.5, 0.1),
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
    decay: float,
) -> None:
    weights, x, y = drawn(steps, batch, size, layers, 2, inputs, outputs)
    problem = x, y, first, size, layers, activation
    expected = train_by_torch(weights, 5, clip, decay, *problem)
    for result, right in zip(train(weights, [3, 0, 2], clip, decay, *problem), expected, strict=True):
        np.testing.assert_allclose(result, right, rtol=1e-9, atol=1e-9)


@activations
@pytest.mark.parametrize("length", [5, 16, 35])
def test_evaluation_is_the_loss_trained_on(activation: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_plan, "CHUNK", 16 * 3 * 6)  # 16 steps at a time
    interface.plan_evaluation.cache_clear()
    weights, x, y = drawn(length, 3, 6, 2, 4)
    problem = x, y, min(length - 1, 20), 6, 2, activation
    objective, architecture = kernels.Objective(*problem[:3], 1.7), kernels.Architecture(CODES[activation], 6, 2)
    losses = kernels.evaluate(weights, objective, architecture)
    data = torch.from_numpy(x), torch.from_numpy(y)
    expected = [loss_by_torch(w, *data, problem[2], 6, 2, activation).item() for w in torch.from_numpy(weights)]
    interface.plan_evaluation.cache_clear()
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(losses, train(weights, [1], 1.0, 0.0, *problem)[1][0], rtol=1e-12)


def one_hot(steps: int, batch: int, classes: int) -> Array:
    """Classes (T, B, O), drawn."""
    return np.eye(classes)[np.random.default_rng(2).integers(classes, size=(steps, batch))]


@pytest.mark.parametrize(("steps", "batch", "classes", "washout"), [(1, 1, 2, 0), (7, 3, 10, 6), (20, 2, 17, 5)])
def test_cross_entropy_is_that_of_torch(steps: int, batch: int, classes: int, washout: int) -> None:
    weights, x, _ = drawn(steps, batch, 6, 2, 3, outputs=classes)
    weights *= 4
    y = one_hot(steps, batch, classes)
    objective = kernels.Objective(x, y, washout, 1.7, kernels.LossKind.CROSS_ENTROPY)
    architecture = kernels.Architecture(CODES["tanh"], 6, 2)
    ends, moments = weights.copy(), np.zeros((2, *weights.shape))
    losses, norms = kernels.train_steps(ends, *moments, 0, RATES[:1], objective, architecture, np.inf, 0.0)
    for k, row in enumerate(torch.from_numpy(weights)):
        row.requires_grad_()
        outputs = outputs_by_torch(row, torch.from_numpy(x), classes, 6, 2, "tanh")[washout:]
        targets = torch.from_numpy(y[washout:].argmax(axis=2))
        loss = 1.7 * torch.nn.functional.cross_entropy(outputs.reshape(-1, classes), targets.reshape(-1))
        (gradient,) = torch.autograd.grad(loss, row)
        assert losses[0, k] == pytest.approx(loss.item(), rel=1e-12)
        assert norms[0, k] == pytest.approx(gradient.norm().item(), rel=1e-12)
        np.testing.assert_allclose(moments[0, k], 0.1 * gradient.numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(kernels.evaluate(weights, objective, architecture), losses[0], rtol=1e-12)


@dtypes
def test_cross_entropy_of_outputs_far_apart_is_finite_and_of_infinite_ones_is_not(dtype: Any) -> None:
    weights, x, _ = drawn(4, 2, 3, 1, 3, outputs=4, dtype=dtype)
    weights[0, -4:] = [0, 1e6, 0, -1e6]
    weights[1, -4:] = [0, np.inf, 0, 0]
    objective = kernels.Objective(x, one_hot(4, 2, 4).astype(dtype), 0, 1.0, kernels.LossKind.CROSS_ENTROPY)
    losses = kernels.evaluate(weights, objective, kernels.Architecture(CODES["tanh"], 3))
    assert np.isfinite(losses).tolist() == [True, False, True]
    distances = 1e6 - np.array([0, 1e6, 0, -1e6])  # from the largest output, which the softmax is
    assert losses[0] == pytest.approx(float((objective.targets * distances).sum(axis=2).mean()), rel=1e-5)


@dtypes
def test_evaluation_of_a_replica_is_that_alone_beside_an_infinite_one(dtype: Any) -> None:
    weights, x, y = drawn(400, 2, 10, 2, 3, dtype=dtype)
    weights[0] *= 50
    settings = kernels.Objective(x, y, 0, 1.7), kernels.Architecture(CODES["linear"], 10, 2)
    together = kernels.evaluate(weights, *settings)
    assert not np.isfinite(together[0])
    for k in (1, 2):
        assert kernels.evaluate(weights[k : k + 1], *settings)[0] == together[k]


@activations
def test_recurrence_of_a_replica_is_that_alone_beside_an_infinite_one(activation: str) -> None:
    generator = np.random.default_rng(3)
    shapes = ((3, 50, 2, 10), (3, 50, 2, 10), (3, 10, 10), (3, 2, 10))
    dh, u, W, h0 = (0.3 * generator.standard_normal(shape).astype(np.float32) for shape in shapes)
    dh[0, -1] = np.inf
    W[0] *= 1e3
    code = CODES[activation]
    h = kernels.recurrence_forward(u, W, h0, code)
    results = kernels.recurrence_backward(dh, h, W, h0, code)
    alone = kernels.recurrence_backward(dh[1:2], h[1:2], W[1:2], h0[1:2], code)
    assert not np.isfinite(results[0][0]).all()
    assert h[1].tobytes() == kernels.recurrence_forward(u[1:2], W[1:2], h0[1:2], code).tobytes()
    assert [x[1].tobytes() for x in results] == [x.tobytes() for x in alone]


@activations
@dtypes
def test_a_replica_is_the_same_alone_as_among_ten(activation: str, dtype: Any) -> None:
    weights, x, y = drawn(20, 2, 10, 2, 10, dtype=dtype)
    problem = x, y, 2, 10, 2, activation
    together = train(weights, [30], 0.5, 0.1, *problem)
    for k in range(10):
        alone = train(weights[k : k + 1], [30], 0.5, 0.1, *problem)
        assert alone[0].tobytes() == together[0][k].tobytes()
        assert alone[1].tobytes() == together[1][:, k].tobytes()
        assert alone[2].tobytes() == together[2][:, k].tobytes()


@pytest.mark.parametrize("diverged", [0, 1])
def test_a_diverged_replica_stays_so_and_leaves_the_others_alone(diverged: int) -> None:
    weights, x, y = drawn(60, 1, 10, 1, 3, dtype=np.float32)
    problem, others = (x, y, 0, 10, 1, "linear"), [1 - diverged, 2]
    expected = train(weights[others], [6, 4], 1.0, 0.0, *problem)
    weights[diverged] *= 20
    ends, losses, norms = train(weights, [6, 4], 1.0, 0.0, *problem)
    assert not np.isfinite(losses[0, diverged])
    assert np.isnan(ends[diverged]).all()
    assert np.isnan(losses[1:, diverged]).all()
    assert np.isnan(norms[:, diverged]).all()
    for result, right in zip((ends[others], losses[:, others], norms[:, others]), expected, strict=True):
        assert result.tobytes() == right.tobytes()


def test_wrong_arguments_are_refused_and_nothing_is_compiled_for_them() -> None:
    weights, x, y = drawn(4, 2, 3, 1, 2, dtype=np.float32)
    rows = [weights, np.zeros_like(weights), np.zeros_like(weights)]
    architecture = kernels.Architecture(CODES["tanh"], 3)

    def steps_with(rows: list[Array], x: Array, y: Array) -> None:
        kernels.train_steps(*rows, 0, np.ones(1), kernels.Objective(x, y, 0, 1.7), architecture, 1.0, 0.0)

    for wrong in (weights.astype(np.float16), weights.astype(int), np.asfortranarray(weights)):
        with pytest.raises(TypeError):
            steps_with([wrong, *rows[1:]], x, y)
    for data in ((x.astype(float), y), (x, y.astype(float))):
        with pytest.raises(TypeError):
            steps_with(rows, *data)
        with pytest.raises(TypeError):
            kernels.evaluate(weights, kernels.Objective(*data, 0, 1.7), architecture)
    for shorter in ([weights[:, :-1].copy(), *rows[1:]], [weights, rows[1][:1], rows[2]]):
        with pytest.raises(ValueError, match="of shape"):
            steps_with(shorter, x, y)
    with pytest.raises(ValueError, match="differ in steps"):
        steps_with(rows, x, y[:-1])
    u, W, h0 = np.zeros((1, 2, 3, 4), np.float32), np.zeros((1, 4, 4)), np.zeros((1, 3, 4), np.float32)
    with pytest.raises(TypeError):
        kernels.recurrence_forward(u, W, h0, CODES["tanh"])
    for entry in (execution.run, optimization.train_replicas):
        assert len(entry.signatures) == 2  # type: ignore[attr-defined]


def python(program: str, *arguments: str, **variables: str) -> list[str]:
    """Words that a process prints."""
    run = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.split()


CACHED = """
import numpy as np
from linrnn.kernels.codes import CellKind
from linrnn.kernels.execution import run
from linrnn.kernels.recurrence_plan import recurrence_forward
h = recurrence_forward(np.full((1, 1, 1, 1), 100, np.float32), *np.zeros((2, 1, 1, 1), np.float32), CellKind.TANH)
print(h.item(), run.stats.cache_misses.total())
"""


@pytest.mark.long
def test_machine_code_is_cached_and_made_anew_when_any_source_changes(tmp_path: Path) -> None:
    package = tmp_path / "linrnn" / "kernels"
    shutil.copytree(Path(kernels.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").write_text("")
    (package.parent / "__init__.py").write_text("")
    edit(package / "compilation.py", "REALS = types.float32, types.float64", "REALS = (types.float32,)")
    variables = {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert python(CACHED, **variables) == ["1.0", "1"]
    assert python(CACHED, **variables) == ["1.0", "0"]
    edit(package / "vectors.py", "PADDING).tanh(), place)", "PADDING).tanh() * 2.0, place)")
    assert python(CACHED, **variables) == ["2.0", "1"]


def test_the_names_in_the_cache_change_with_any_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in Path(kernels.__file__).parent.glob("*.py"):
        shutil.copy(source, tmp_path)
    monkeypatch.setattr(compilation, "__file__", str(tmp_path / "compilation.py"))
    assert compilation._digest() == compilation.DIGEST
    assert execution.run.__qualname__.endswith(compilation.DIGEST[:16])
    for source in tmp_path.glob("*.py"):
        before = source.read_bytes()
        source.write_bytes(before + b"#")
        assert compilation._digest() != compilation.DIGEST, source.name
        source.write_bytes(before)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def exp_and_log(values: Array, logarithms: Array) -> None:
    """values = exp(values), and logarithms = log of the exponentials in float64."""
    for i in range(len(values)):
        values[i] = exponential(values[i])
        logarithms[i] = logarithm(float(values[i]))


@pytest.mark.parametrize(("dtype", "lowest", "bound"), [(np.float32, -87, 3.0), (np.float64, -708, 4.0)])
def test_exp_and_log(dtype: Any, lowest: float, bound: float) -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate(
        [generator.uniform(lowest, 2, 500), *(generator.normal(scale=s, size=200) for s in (1e-3, 1))]
    )
    values = values.astype(dtype)
    exponentials, logarithms = values.copy(), np.empty(len(values))
    exp_and_log(exponentials, logarithms)
    right = np.exp(values.astype(np.longdouble))
    assert (np.abs(exponentials - right) / np.spacing(right.astype(dtype))).max() <= bound
    expected = np.log(exponentials.astype(np.longdouble))
    assert (np.abs(logarithms - expected) / np.spacing(np.abs(expected.astype(float)))).max() <= 2
    special = np.array([-np.inf, 10 * lowest, 0.0, np.nan], dtype)
    exp_and_log(special, np.empty(4))
    smallest = np.exp(dtype(lowest))
    np.testing.assert_allclose(special, np.array([smallest, smallest, 1, np.nan], dtype), rtol=1e-6)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def cosines_and_sines(values: Array, cosines: Array, sines: Array) -> None:
    """cos and sin of values."""
    for i in range(len(values)):
        cosines[i], sines[i] = cosine_and_sine(values[i])


def test_cosine_and_sine() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.uniform(-scale, scale, 300) for scale in (1e-3, 1, 7, 1e3)])
    results = np.empty((2, len(values)))
    cosines_and_sines(values, *results)
    exact = values.astype(np.longdouble)
    np.testing.assert_allclose(results, np.array([np.cos(exact), np.sin(exact)], float), rtol=0, atol=3e-16)


def tanh_of(values: Array) -> Array:
    """The kernels' tanh: a recurrence of one step without recurrent weights."""
    nothing = np.zeros((2, 1, 1, 1), values.dtype)
    return kernels.recurrence_forward(values.reshape(-1, 1, 1, 1), *np.repeat(nothing, len(values), 1), CODES["tanh"])[
        :, 0, 0, 0
    ]


def generate_tanh(code: VectorCode, start: Any, count: Any, *_: Any) -> None:
    """tanh of a line in place, by vectors."""
    code.repeat(count, LANES, lambda column: code.store(code.load(column, LANES).tanh(), column))


tanh_by_vectors = vector_kernel(generate_tanh)


@njit(error_model="numpy")  # type: ignore[untyped-decorator]
def squash_line(a: Array) -> None:
    """a = tanh(a)."""
    tanh_by_vectors(a, 0, len(a), 0, 0, 0, 0, 0, 0)


@dtypes
def test_tanh_of_vectors_has_the_bits_of_tanh(dtype: Any) -> None:
    largest, tiny = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    generator = np.random.default_rng(1)
    special = [np.inf, -np.inf, np.nan, 0, largest, -largest, tiny, -tiny, 9.01, -9.01, 20.1, 22, 44, 44.1, 1, 1e-30]
    values = np.concatenate([special, *(scale * generator.uniform(-1, 1, 400) for scale in (1e-3, 0.5, 3, 50))])
    line = values.astype(dtype)
    expected = tanh_of(line)
    squash_line(line)
    bits = f"i{line.itemsize}"
    same = (line.view(bits) == expected.view(bits)) | (np.isnan(line) & np.isnan(expected))
    assert len(line) % LANES == 0
    assert same.all()


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 3.0), (np.float64, 4.0)])
def test_tanh(dtype: Any, bound: float) -> None:
    generator = np.random.default_rng(0)
    scales = (1e-30, 1e-3, 0.1, 0.3, 0.5, 0.7, 1, 2, 4, 10, 30)
    values = np.concatenate([scale * generator.uniform(-1, 1, 200) for scale in scales]).astype(dtype)
    right = np.tanh(values.astype(np.longdouble))
    assert (np.abs(tanh_of(values) - right) / np.spacing(np.abs(right.astype(dtype)))).max() <= bound


@dtypes
def test_tanh_is_odd_and_saturates(dtype: Any) -> None:
    largest = np.finfo(dtype).max
    special = np.array([np.inf, -np.inf, np.nan, 0.0, largest, -largest, 1e-30], dtype)
    np.testing.assert_array_equal(tanh_of(special), np.array([1, -1, np.nan, 0, 1, -1, 1e-30], dtype))
    values = np.random.default_rng(0).normal(scale=3, size=1000).astype(dtype)
    np.testing.assert_array_equal(tanh_of(-values), -tanh_of(values))
