"""The compiled form of training against the one by autograd, and what it promises about bits and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection

import numpy as np
import pytest
import torch

from linrnn import kernels
from linrnn.data.digests import digest
from linrnn.data.sequences import Splits
from linrnn.models import DEFAULT_MODELS, MODELS
from linrnn.tasks import TASKS
from linrnn.training.backends import KernelBackend, TorchBackend, choose_backend
from linrnn.training.evaluation import evaluate_with_torch, kernel_objective
from linrnn.training.history import Losses, TrainingHistory
from linrnn.training.loop import evaluate_test_split, initial_weights, train
from linrnn.training.trial_config import TrialConfig, from_text
from tests.conftest import NEEDED

SMALL = {"model.hidden_size": "6", "training.epochs": "30", "training.replicas": "3", "training.evaluations": "5"}
CLASSES = {"copy", "digits"}
FEW = ("adding", "digits", "sine")


def config(task: str, model: str, **settings: str) -> TrialConfig:
    return from_text(
        {"task": task, "model": model, **NEEDED.get(task, {}), **SMALL}
        | {k.replace("__", "."): v for k, v in settings.items()}
    )


def tasks_of(model: str) -> Collection[str]:
    """All for the model types of a default sweep, a few for the others."""
    return list(TASKS) if model in DEFAULT_MODELS else FEW


@pytest.mark.parametrize(
    ("model", "task", "layers", "decay", "noise"),
    [
        *((model, task, "1", "0", "0") for model in MODELS for task in sorted(tasks_of(model))),
        *((model, task, "2", "3", "0.2") for model in MODELS for task in FEW),
    ],
)
def test_both_forms_make_the_same_updates(model: str, task: str, layers: str, decay: str, noise: str) -> None:
    settings = {"model__num_layers": layers, "training__clip_norm": "0.3", "training__weight_decay": decay}
    settings["training__input_noise"] = noise
    asked = config(task, model, **settings)
    shapes, data = asked.model.shapes(asked.task.input_size, asked.task.output_size), asked.task.splits().train
    first = initial_weights(asked, shapes)
    fast, slow = KernelBackend(asked, first, data), TorchBackend(asked, shapes, first, data)
    for count in (1, 4):
        losses, norms = fast.advance(count)
        expected_losses, expected_norms = slow.advance(count)
        assert np.allclose(losses, expected_losses, rtol=2e-4)
        assert np.allclose(norms, expected_norms, rtol=2e-3)
    moved = np.abs(slow.weights - first).max()
    assert np.abs(fast.weights - slow.weights).max() < 0.02 * moved


@pytest.mark.parametrize(
    ("task", "settings"), [*((task, {}) for task in sorted(CLASSES)), ("sine", {"model__recurrent_bias": "yes"})]
)
def test_what_torch_trained_at_first_is_evaluated_in_the_form_of_its_record(
    task: str, settings: dict[str, str]
) -> None:
    """Classes, and recurrent biases."""
    few = {"training__replicas": "2", "training__epochs": "3", "training__evaluations": "3"}
    asked = config(task, "linear", **few, **settings)
    (*_, fast), (*_, slow) = train(asked), train(asked, form="torch")
    assert (fast.form, slow.form) == ("kernels", "torch")
    assert np.allclose(fast.val_loss, slow.val_loss, rtol=1e-4)
    data = asked.task.splits()
    weights, shapes = slow.weights, slow.shapes
    exact = evaluate_with_torch(asked.model, shapes, weights.astype(float), data.val)
    assert np.array_equal(slow.val_loss[-1], exact), "as it was before the kernels computed this"
    assert np.array_equal(evaluate_test_split(asked, slow, data), [*expected_test_losses(asked, slow, data)])


def expected_test_losses(asked: TrialConfig, history: TrainingHistory, data: Splits) -> Losses:
    return evaluate_with_torch(asked.model, history.shapes, history.best_weights.astype(float), data.test)


def test_large_shapes_are_left_to_torch_and_the_progress_says_so() -> None:
    few = {"training__epochs": "1", "training__replicas": "1", "task__length": "5"}
    large = config("xor", "linear", model__hidden_size="1024", task__sequences="64", **few)
    (progress,) = train(large)
    assert progress.form == "torch"
    (small,) = train(config("xor", "linear", **few))
    assert small.form == "kernels"


def copies(**settings: str) -> TrialConfig:
    few = {"training__epochs": "2", "training__replicas": "2", "training__evaluations": "1", "task__length": "1"}
    return config("copy", "linear", **few, **settings)


def test_classes_are_left_to_torch_at_larger_sizes_than_squared_errors() -> None:
    sizes = {"task__sequences": "300", "task__test_sequences": "301", "model__hidden_size": "30"}
    large = copies(**sizes)
    data = large.task.splits()
    (fast,), (slow,) = train(large, data), train(large, data, form="torch")
    assert (fast.form, slow.form) == ("kernels", "torch")
    assert np.allclose(fast.train_loss, slow.train_loss, rtol=1e-4)
    assert np.allclose(fast.val_loss, slow.val_loss, rtol=1e-4)
    exact = [
        kernels.evaluate(fast.weights.astype(float), kernel_objective(split, np.float64), large.model.architecture)
        for split in data[1:]
    ]
    assert np.array_equal(fast.val_loss[-1], exact[0]), "every split in the form of the training"
    assert np.array_equal(evaluate_test_split(large, fast, data), exact[1])
    assert np.array_equal(evaluate_test_split(large, slow, data), expected_test_losses(large, slow, data))
    (huge,) = train(copies(task__sequences="1100", model__hidden_size="64", task__test_sequences="3"))
    assert huge.form == "torch"


def test_classes_of_few_sequences_are_tested_as_they_were_recorded() -> None:
    """Above the limit of squared errors by torch, where the training split was below it."""
    small = copies(task__sequences="280", task__test_sequences="300", model__hidden_size="30")
    data = small.task.splits()
    (history,) = train(small, data)
    assert history.form == "kernels"
    assert np.array_equal(evaluate_test_split(small, history, data), expected_test_losses(small, history, data))


@pytest.mark.parametrize("hidden_size", ["10", "64"])
@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_replica_among_ten_is_the_replica_alone(model: str, hidden_size: str) -> None:
    asked = config("sine", model, model__hidden_size=hidden_size, training__replicas="10")
    shapes, data = asked.model.shapes(1, 1), asked.task.splits().train
    first = initial_weights(asked, shapes)
    together = choose_backend(asked, shapes, first, data)
    losses, _ = together.advance(20)
    for k in (0, 3, 9):
        alone = choose_backend(asked, shapes, first[k : k + 1], data)
        assert np.array_equal(alone.advance(20)[0][:, 0], losses[:, k])
        assert np.array_equal(alone.weights[0], together.weights[k])


def test_epochs_in_one_go_or_in_several_are_the_same() -> None:
    asked = config("sine", "tanh")
    shapes, data = asked.model.shapes(1, 1), asked.task.splits().train
    one, two = (choose_backend(asked, shapes, initial_weights(asked, shapes), data) for _ in range(2))
    one.advance(12)
    for count in (5, 1, 6):
        two.advance(count)
    assert np.array_equal(one.weights, two.weights)


PROGRAM = """
import json, sys
from linrnn.training.trial_config import from_text
from linrnn.data.digests import digest
from linrnn.training.loop import train
for text in json.loads(sys.argv[1]):
    *_, progress = train(from_text(text))
    print(progress.form, digest(progress.weights, progress.best_weights, progress.train_loss, progress.val_loss))
"""


def in_fresh_process(program: str, argument: object, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(argument)],
        capture_output=True,
        text=True,
        env=os.environ | variables,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_bits_do_not_depend_on_the_processor() -> None:
    base = {"task": "sine", "training.epochs": "60", "training.replicas": "2"}
    texts = [base | {"model": model, "model.hidden_size": size} for model in MODELS for size in ("10", "64")]
    others = {"ATEN_CPU_CAPABILITY": "default", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "OMP_NUM_THREADS": "2"}
    here = in_fresh_process(PROGRAM, texts, NUMBA_CPU_NAME="haswell", **others)
    assert here.count("kernels") == len(texts)
    oldest = in_fresh_process(PROGRAM, texts, NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="")
    assert oldest == here
    for text, line in zip(texts, here.splitlines(), strict=True):
        *_, progress = train(from_text(text))
        mine = digest(progress.weights, progress.best_weights, progress.train_loss, progress.val_loss)
        assert line == f"{progress.form} {mine}"


MEMORY = """
import json, resource, sys
import numpy as np
from linrnn.training.trial_config import TrialConfig
from linrnn.tasks import TASKS
from linrnn.models.tanh import Tanh
from linrnn.models.model import count_parameters
from linrnn.training.backends import KernelBackend, TorchBackend
from linrnn.data.sequences import Sequences
data = Sequences(*np.random.default_rng(0).standard_normal((2, 10_000, 8, 1)))
model = Tanh(hidden_size=64)
shapes = model.shapes(1, 1)
first = np.random.default_rng(1).uniform(-0.1, 0.1, (4, count_parameters(shapes))).astype(np.float32)
config = TrialConfig(TASKS["sine"](), model)
for backend in (KernelBackend(config, first, data), TorchBackend(config, shapes, first, data)):
    assert np.isfinite(backend.advance(1)[0]).all()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


@pytest.mark.long
def test_long_sequences_train_within_two_gigabytes() -> None:
    assert float(in_fresh_process(MEMORY, None)) < 2  # GiB, by either form


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("model", sorted(MODELS))
def test_a_gpu_computes_what_the_cpu_does(model: str) -> None:
    here, there = (config("sine", model, training__device=device) for device in ("cpu", "cuda"))
    (*_, cpu), (*_, gpu) = train(here), train(there)
    assert np.allclose(gpu.train_loss[:10], cpu.train_loss[:10], rtol=1e-3)
    assert np.allclose(gpu.val_loss[-1], cpu.val_loss[-1], rtol=0.05)
