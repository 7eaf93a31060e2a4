"""The verdict on made-up losses, and on tasks whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linrnn.analysis.statistics import estimate_gain, estimate_median
from linrnn.analysis.verdict import NEEDED, NOT_PREDICTABLE, SUFFICES, UNDECIDED, decide_verdict
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.data.sequences import Sequences
from linrnn.models.linear import Linear
from linrnn.models.tanh import Tanh
from linrnn.tasks import TASKS
from linrnn.tasks.task import RandomTask, Task
from linrnn.training.history import Losses
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import TrainingConfig, TrialConfig

BASELINES = Baselines("made up", 1.0, 0.1, 5, None, 0.1, None, 2000, ())


def around(middle: float, spread: float = 0.02, count: int = 20) -> Losses:
    return middle * np.exp(spread * np.linspace(-1, 1, count))


@pytest.mark.parametrize(
    ("linear", "tanh", "changes", "word", "why"),
    [
        (around(0.10), around(0.10), {}, SUFFICES, "gain of tanh 0 ("),
        (around(0.10), around(0.50), {}, SUFFICES, "gain of tanh -0.4"),
        (around(0.10), around(0.095), {}, SUFFICES, "gain of tanh 0.005"),
        (around(4e-4), around(1e-6), {"linear": 0.0, "nonlinear": 0.0}, SUFFICES, "margin 0.001"),
        (around(1.01), around(0.01), {"linear": 1.0, "nonlinear": 0.01}, NEEDED, "the linear baseline is 1"),
        (np.full(20, np.inf), around(0.01), {}, NEEDED, "linear diverges"),
        (around(1.0), around(1.02), {"linear": 1.0, "nonlinear": 1.0}, NOT_PREDICTABLE, "naive baseline, 1"),
        (around(0.99, 0.001), around(1.02), {"linear": 1.0, "nonlinear": 0.99}, NOT_PREDICTABLE, "beyond chance"),
        (around(1.0), around(1.02), {"linear": 1.0}, UNDECIDED, "nonlinear 0.1"),
        (around(1.0), around(1.02), {}, UNDECIDED, "linear 0.1"),
        (around(0.5), around(0.2), {}, UNDECIDED, "the linear baseline is 0.1"),
        (around(0.10), around(0.10), {"nonlinear": 0.01}, UNDECIDED, "the nonlinear baseline reaches 0.01"),
        (around(0.3), around(0.097), {}, UNDECIDED, "the linear baseline is 0.1"),
        (
            around(3e-3),
            around(5e-5),
            {"linear": 1e-4, "nonlinear": 1e-4},
            UNDECIDED,
            "the linear baseline is 0.0001",
        ),
        (around(0.3), around(0.05), {"analytic": 0.05}, UNDECIDED, "the analytic bound is 0.05"),
        (around(1.0), around(1.02), {"linear": 1.0, "nonlinear": 1.0, "noise": 0.0}, UNDECIDED, "noise 0"),
        (around(1.0), around(1.02), {"linear": 1.0, "nonlinear": 1.0, "targets": 50}, UNDECIDED, "too few targets, 50"),
        (around(0.97, 0.001), around(1.02), {"linear": 1.0, "nonlinear": 1.0}, SUFFICES, "margin"),
        (around(0.985, 0.001), around(1.02), {"linear": 1.0, "nonlinear": 1.0}, NOT_PREDICTABLE, "beyond chance"),
        (around(0.27), around(0.5), {"linear": 1e-3, "nonlinear": 1e-3}, SUFFICES, "the linear baseline reaches 0.001"),
        (around(0.10, 0.3), around(0.09, 0.3), {}, UNDECIDED, "more replicas"),
        (around(0.10, count=4), around(0.01, count=4), {}, UNDECIDED, "too few replicas: 4 of"),
        (np.full(20, np.inf), np.full(20, np.inf), {}, UNDECIDED, "tanh diverges"),
    ],
)
def test_words(linear: Losses, tanh: Losses, changes: dict[str, float], word: str, why: str) -> None:
    found = decide_verdict(replace(BASELINES, **changes), {"linear": linear, "tanh": tanh})
    assert (found.word, why in found.reason) == (word, True), found.reason


def test_one_model_type_alone_decides_nothing() -> None:
    for losses in ({"linear": around(0.1)}, {"tanh": around(0.1)}, {}):
        assert decide_verdict(BASELINES, losses).word == UNDECIDED


def test_the_best_nonlinear_model_type_counts() -> None:
    found = decide_verdict(BASELINES, {"linear": around(0.3), "tanh": around(0.3), "other": around(0.05)})
    assert found.word == NEEDED
    assert "gain of other" in found.reason


@given(st.integers(0, 1000), st.floats(1e-6, 3), st.floats(1e-6, 3))
def test_a_verdict_is_the_same_for_losses_in_another_order(seed: int, linear: float, tanh: float) -> None:
    rng = np.random.default_rng(seed)
    losses = {"linear": around(linear, 0.2), "tanh": around(tanh, 0.2)}
    shuffled = {model: rng.permutation(each) for model, each in losses.items()}
    assert decide_verdict(BASELINES, losses) == decide_verdict(BASELINES, shuffled)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    estimates = [estimate_median(rng.lognormal(size=20)) for _ in range(300)]
    held = np.mean([low <= 1 <= high for _, low, high in estimates])
    assert 0.9 <= held <= 0.99


def test_intervals_reach_to_infinity_where_replicas_diverge() -> None:
    losses = np.append(around(0.1, count=11), np.full(9, np.inf))
    value, low, high = estimate_median(losses)
    assert np.isfinite([value, low]).all()
    assert high == np.inf
    assert estimate_gain(np.full(5, np.inf), around(0.1)) == (np.inf, np.inf, np.inf)
    assert estimate_gain(around(0.1), np.full(5, np.inf)).value == -np.inf


@dataclass(frozen=True)
class Noise(RandomTask):
    """Targets that have nothing to do with the inputs."""

    name: ClassVar[str] = "noise"

    def draw(self, generator: np.random.Generator) -> Sequences:
        inputs, targets = generator.normal(size=(2, self.length, self.sequences, 1))
        return Sequences(inputs, targets)


TRUTHS = {
    "arma": (TASKS["arma"](length=400), SUFFICES),
    "oscillator": (TASKS["oscillator"](length=400), SUFFICES),
    "xor": (TASKS["xor"](), NEEDED),
    "product": (TASKS["product"](), NEEDED),
    "noise": (Noise(length=200), NOT_PREDICTABLE),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_the_truth_is_found_where_it_is_known(name: str) -> None:
    task, word = TRUTHS[name]
    data = task.splits()
    found = decide_verdict(compute_baselines(task, data), {kind.name: trained(task, kind) for kind in (Linear, Tanh)})
    assert found.word == word, found.reason


def trained(task: Task, kind: type[Linear] | type[Tanh]) -> Losses:
    config = TrialConfig(task, kind(hidden_size=12), TrainingConfig(epochs=400, replicas=8, learning_rate=0.02))
    data = task.splits()
    *_, progress = train(config, data)
    return evaluate_test_split(config, progress, data)
