"""The verdict on made-up losses, and on tasks whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from linrnn.analysis.statistics import LossSample
from linrnn.analysis.verdict import (
    NEEDED,
    NOT_PREDICTABLE,
    SUFFICES,
    UNDECIDED,
    Verdict,
    decide_verdict,
    find_excess,
    find_intervals,
    resample_predictors,
)
from linrnn.baseline.baselines import Baselines, compute_baselines
from linrnn.data.sequences import Sequences
from linrnn.models.almost_linear import AlmostLinear
from linrnn.models.gru import Gru
from linrnn.models.linear import Linear
from linrnn.models.linear_mlp import LinearMlp
from linrnn.models.lru import Lru
from linrnn.models.tanh import Tanh
from linrnn.tasks import TASKS
from linrnn.tasks.task import RandomTask, Task
from linrnn.training.evaluation import evaluate_steps
from linrnn.training.loop import evaluate_test_split, train
from linrnn.training.trial_config import TrainingConfig, TrialConfig

STEPS, REPLICAS = 2000, 20
ERRORS = np.random.default_rng(0).normal(size=(STEPS, 1))


def make_steps(loss: float, own: float = 0.0, seed: int = 1, steps: int = STEPS) -> np.ndarray:
    """Step losses `(T, 1)` of a mean: errors that all predictors share, and errors of its own."""
    errors = ERRORS[:steps] * np.sqrt(1 - own) + np.sqrt(own) * np.random.default_rng(seed).normal(size=(steps, 1))
    squares = np.square(errors)
    return loss * squares / squares.mean()


def make_network(
    loss: float, spread: float = 0.02, own: float = 0.0, count: int = REPLICAS, steps: int = STEPS
) -> LossSample:
    """Replicas of a median loss, spread around it."""
    losses = loss * np.exp(spread * np.linspace(-1, 1, count))
    return LossSample(losses, losses[:, None, None] * make_steps(1.0, own, 2, steps))


def make_baselines(
    naive: float = 1.0,
    linear: float = 0.1,
    nonlinear: float = 0.1,
    method: str = "mean",
    steps: int = STEPS,
    **bounds: float,
) -> Baselines:
    losses = {"naive": make_steps(naive, 1.0, 3, steps), "linear": make_steps(linear, steps=steps)}
    losses["nonlinear"] = make_steps(nonlinear, steps=steps)
    analytic, noise = bounds.get("analytic"), bounds.get("noise")
    return Baselines(
        "t", naive, linear, 5, analytic, nonlinear, noise, steps, (), naive_method=method, step_losses=losses
    )


DIVERGED = LossSample(np.full(REPLICAS, np.inf), np.full((REPLICAS, STEPS, 1), np.nan))


@pytest.mark.parametrize(
    ("linear", "tanh", "baselines", "word", "why"),
    [
        (make_network(0.10), make_network(0.10), {}, SUFFICES, "gain of tanh 0 %"),
        (make_network(0.10), make_network(0.50), {}, SUFFICES, "gain of tanh -400 %"),
        (make_network(0.10), make_network(0.095), {}, SUFFICES, "gain of tanh 5 %"),
        (make_network(0.5), make_network(0.1), {}, SUFFICES, "0 % (-1 to 1 %) over the linear baseline"),
        (make_network(1.01), make_network(0.01), {"linear": 1.0, "nonlinear": 0.01}, NEEDED, "gain of tanh 99 %"),
        (make_network(1e-4), make_network(1e-6), {"linear": 1e-4, "nonlinear": 1e-6}, NEEDED, "gain of tanh 99 %"),
        (make_network(1e-12), make_network(1e-13), {"linear": 1e-12, "nonlinear": 0.0}, SUFFICES, "are rounding"),
        (DIVERGED, make_network(0.01), {}, NEEDED, "linear diverges"),
        (DIVERGED, DIVERGED, {}, UNDECIDED, "tanh diverges"),
        (make_network(0.1), DIVERGED, {}, UNDECIDED, "tanh diverges"),
        (make_network(1.0, own=0.5), DIVERGED, {"linear": 1.0, "nonlinear": 1.0}, UNDECIDED, "tanh diverges"),
        (
            make_network(2e-10),
            make_network(1.1e-10),
            {"linear": 2e-10, "nonlinear": 1e-10},
            SUFFICES,
            "below 1e-10 are rounding",
        ),
        (make_network(1.0, own=0.5), make_network(1.0), {"linear": 1.0, "nonlinear": 1.0}, NOT_PREDICTABLE, "the mean"),
        (make_network(1.0), make_network(1.02), {"linear": 1.0}, UNDECIDED, "the nonlinear baseline reaches 0.1"),
        (make_network(0.10), make_network(0.10), {"nonlinear": 0.01}, UNDECIDED, "the nonlinear baseline reaches 0.01"),
        (make_network(0.3), make_network(0.09), {}, UNDECIDED, "not as good as the linear baseline"),
        (
            make_network(0.3),
            make_network(0.05),
            {"linear": 0.3, "nonlinear": 0.05, "analytic": 0.05},
            UNDECIDED,
            "the analytic bound is 0.05",
        ),
        (make_network(0.2, 0.6), make_network(0.088, 0.3), {"linear": 0.1}, UNDECIDED, "more"),
        (
            make_network(0.01),
            make_network(0.01),
            {"naive": 0.01, "linear": 0.011, "method": "last value"},
            SUFFICES,
            "nothing is better than the last value",
        ),
    ],
)
def test_words(linear: LossSample, tanh: LossSample, baselines: dict[str, float], word: str, why: str) -> None:
    verdict = decide_verdict(make_baselines(**baselines), {"linear": linear, "tanh": tanh})
    assert (verdict.word, why in verdict.reason) == (word, True), str(verdict)


@pytest.mark.parametrize(
    ("linear", "tanh", "baselines", "conclusion"),
    [
        (
            0.5,
            0.1,
            {"linear": 0.5},
            "The tanh network is better than every linear predictor: its test loss is at",
        ),
        (0.1, 0.5, {}, "not better than the linear baseline by more than 10 %: its test loss is 400 % higher"),
        (0.1, 5.0, {"naive": 20.0}, "its test loss is more than 11 times as high"),
        (0.1, 0.1, {"nonlinear": 0.01}, "its test loss is the same, but the nonlinear baseline is better"),
        (1.0, 1.0, {"linear": 1.0, "nonlinear": 1.0}, "Nothing predicts the targets better than their mean"),
        (
            0.02,
            0.02,
            {"naive": 0.01, "linear": 0.011, "method": "last value"},
            "No network beats the naive baseline (last value). The tanh network is not better than the naive baseline "
            "(last value) by more than 10 %: its test loss is 100 % higher",
        ),
        (0.3, 0.05, {"linear": 0.3, "analytic": 0.05}, "better than the linear predictors here, but not than the best"),
        (2e-10, 1.1e-10, {"linear": 2e-10, "nonlinear": 1e-10}, "its test loss is the same but for rounding"),
        (2e-10, 8e-10, {"linear": 2e-10, "nonlinear": 1e-10}, "its test loss is 300 % higher"),
    ],
)
def test_the_conclusion_tells_which_way_is_better(
    linear: float, tanh: float, baselines: dict[str, float], conclusion: str
) -> None:
    networks = {"linear": make_network(linear, own=0.1), "tanh": make_network(tanh, own=0.1)}
    verdict = decide_verdict(make_baselines(**baselines), networks)
    assert conclusion in verdict.conclusion, str(verdict)
    assert str(verdict).startswith(f"{verdict.word}. {verdict.conclusion}. ")


def test_what_is_open_has_its_interval() -> None:
    networks = {"linear": make_network(0.2, 0.6), "tanh": make_network(0.088, 0.3)}
    conclusion = decide_verdict(make_baselines(linear=0.1), networks).conclusion
    assert conclusion.startswith("It is open whether the tanh network is better than the linear baseline")
    assert "its test loss is 12 % lower, with an interval from " in conclusion


def test_gains_are_infinite_where_replicas_diverge() -> None:
    networks = {"linear": make_network(0.1), "tanh": DIVERGED}
    verdict = decide_verdict(make_baselines(), networks)
    assert verdict.gains["linear"] == (-np.inf, -np.inf, -np.inf)
    assert "gain of tanh below -1000 % over the linear network, below -1000 % over the" in verdict.reason
    verdict = decide_verdict(make_baselines(), {"linear": DIVERGED, "tanh": make_network(0.05)})
    assert verdict.gains["linear"] == pytest.approx((1, 1, 1))


def test_too_few_replicas() -> None:
    networks = {"linear": make_network(0.1, count=4), "tanh": make_network(0.01, count=4)}
    assert decide_verdict(make_baselines(), networks).reason.startswith("too few replicas: 4 of")


def test_a_short_test_split_leaves_undecided_what_a_long_one_decides() -> None:
    def decide(steps: int) -> Verdict:
        networks = {"linear": make_network(0.3, steps=steps), "tanh": make_network(0.24, own=0.6, steps=steps)}
        return decide_verdict(make_baselines(linear=0.3, nonlinear=0.3, steps=steps), networks)

    short, long = decide(40), decide(2000)
    assert (short.word, long.word) == (UNDECIDED, NEEDED), (str(short), str(long))
    assert "times as many rows" in short.reason
    assert "replicas" not in short.reason
    assert short.data_share is not None
    assert short.data_share > 0.9


def test_replicas_are_asked_for_where_they_dominate() -> None:
    networks = {"linear": make_network(0.1, 0.02), "tanh": make_network(0.088, 0.6)}
    verdict = decide_verdict(make_baselines(nonlinear=0.1), networks)
    assert (verdict.word, "more replicas" in verdict.reason) == (UNDECIDED, True), str(verdict)
    assert verdict.data_share is not None
    assert verdict.data_share < 0.1


def test_the_excess_over_the_linear_baseline_has_an_interval_in_which_common_errors_cancel() -> None:
    networks = {"linear": make_network(0.2), "tanh": make_network(0.1, own=0.9), "lost": DIVERGED}
    losses = resample_predictors(make_baselines(linear=0.25), networks)
    linear, tanh, lost = (find_excess(model, losses) for model in networks)
    assert linear is not None
    assert linear == pytest.approx((0.8, 0.8, 0.8), rel=0.02)
    assert linear.low < 0.8 < linear.high
    assert tanh is not None
    assert tanh.high - tanh.low > 3 * (linear.high - linear.low)
    assert lost == (np.inf, np.inf, np.inf)
    assert find_excess("linear", resample_predictors(make_baselines(linear=1e-30), networks)) is None  # rounding


def test_baselines_have_intervals_with_and_without_networks() -> None:
    baselines = make_baselines(linear=0.25)
    alone = find_intervals(baselines)
    assert list(alone) == ["naive", "linear", "nonlinear"]
    expected = 1.96 * np.sqrt(2 / STEPS) * 0.25  # of a mean of squared Gaussian errors
    for name in alone:
        value, low, high = alone[name]
        assert value == getattr(baselines, name)
        assert low < value < high
    assert (alone["linear"].high - alone["linear"].low) / 2 == pytest.approx(expected, rel=0.25)
    beside = find_intervals(baselines, resample_predictors(baselines, {"linear": make_network(0.2)}))
    assert beside.keys() == alone.keys()
    assert find_intervals(replace(baselines, step_losses={})) == {}


def test_the_advice_is_on_the_gain_that_is_undecided() -> None:
    losses = np.array([0.5] * 11 + [0.085] * 9)  # of which the median of another draw may be either
    split, steps = LossSample(losses, losses[:, None, None] * make_steps(1.0)), make_network(0.24, own=0.6, steps=60)
    tanh = make_network(0.088, own=0.6)  # whose gain over the baseline is uncertain by the test steps
    verdict = decide_verdict(make_baselines(linear=0.13), {"linear": split, "tanh": tanh})
    assert verdict.gains["linear"].low < 0.1 < verdict.gains["linear baseline"].low
    assert "more replicas (sweep.confirmation) may decide" in verdict.reason, str(verdict)
    assert verdict.data_share is not None
    assert verdict.data_share < 0.5
    spread = make_network(0.5, 1.0, steps=60)
    verdict = decide_verdict(make_baselines(linear=0.3, nonlinear=0.3, steps=60), {"linear": spread, "tanh": steps})
    assert "times as many rows may decide, or more trials or epochs" in verdict.reason, str(verdict)
    assert verdict.data_share is not None
    assert verdict.data_share > 0.5


def test_the_advice_holds_where_losses_are_as_small_as_rounding() -> None:
    baselines = replace(make_baselines(linear=4.2e-4, nonlinear=4e-4, steps=60), resolution=1e-4)
    networks = {model: make_network(loss, 1e-3, 0.3, steps=60) for model, loss in (("linear", 4.2e-4), ("tanh", 3e-4))}
    verdict = decide_verdict(baselines, networks)
    assert (verdict.word, verdict.data_share) == (UNDECIDED, pytest.approx(1, abs=0.1)), str(verdict)
    assert "times as many rows may decide" in verdict.reason


def test_the_advice_on_predictability_is_on_the_gain_over_the_mean() -> None:
    wide = {"linear": make_network(0.9, 0.6), "tanh": make_network(0.85, 0.6)}
    verdict = decide_verdict(make_baselines(linear=1.02, nonlinear=1.02), wide)
    assert (verdict.word, "better than their mean" in verdict.conclusion) == (UNDECIDED, True), str(verdict)
    assert "more replicas (sweep.confirmation) may decide" in verdict.reason
    short = {model: make_network(0.8, 0.01, own=0.9, steps=40) for model in ("linear", "tanh")}
    verdict = decide_verdict(make_baselines(linear=1.02, nonlinear=1.02, steps=40), short)
    gain = verdict.reason.partition("the largest gain is ")[2]
    value, low = (1 - float(each) / 100 for each in (gain.split(" % (")[0], gain.split(" % (")[1].split(" to ")[0]))
    factor = float(verdict.reason.partition("; about ")[2].split(" times")[0])
    assert factor == pytest.approx((np.log(low / value) / np.log(1 / value)) ** 2, rel=0.1), str(verdict)


def test_what_is_known_to_be_predictable_is_not_called_unpredictable() -> None:
    networks = {"linear": make_network(1.0, own=0.5), "tanh": make_network(1.0)}
    baselines = make_baselines(linear=1.0, nonlinear=1.0)
    verdict = decide_verdict(baselines, networks)
    assert (verdict.word, "% of the uncertainty is from" in verdict.reason) == (NOT_PREDICTABLE, True)
    assert decide_verdict(make_baselines(linear=1.0, nonlinear=1.0, noise=0.0), networks).word == UNDECIDED
    verdict = decide_verdict(baselines, networks, sign="Teraesvirta test, p = 0.001")
    assert (verdict.word, "Teraesvirta test, p = 0.001" in verdict.reason) == (UNDECIDED, True)


@pytest.mark.parametrize(("loss", "word"), [(0.997, NOT_PREDICTABLE), (0.96, SUFFICES)])
def test_a_gain_over_the_mean_counts_from_one_percent(loss: float, word: str) -> None:
    networks = {model: make_network(loss, 1e-4) for model in ("linear", "tanh")}
    baselines = make_baselines(linear=loss, nonlinear=loss)
    steps = {**baselines.step_losses, "naive": make_steps(1.0)}  # of the same errors: the gain is beyond chance
    assert decide_verdict(replace(baselines, step_losses=steps), networks).word == word


def test_noise_of_few_steps_is_undecided() -> None:
    networks = {model: make_network(1.0, own=own, steps=30) for model, own in (("linear", 0.5), ("tanh", 0.6))}
    verdict = decide_verdict(make_baselines(linear=1.0, nonlinear=1.0, steps=30), networks)
    assert (verdict.word, "rows may decide" in verdict.reason) == (UNDECIDED, True), str(verdict)


def test_a_sign_of_nonlinearity_prevents_equivalence_alone() -> None:
    same = {"linear": make_network(0.1), "tanh": make_network(0.1)}
    better = {"linear": make_network(0.3), "tanh": make_network(0.05)}
    sign = "Teraesvirta test, p = 0.001"
    assert decide_verdict(make_baselines(), same, sign=sign).word == UNDECIDED
    assert sign in decide_verdict(make_baselines(), same, sign=sign).reason
    assert decide_verdict(make_baselines(linear=0.3), better, sign=sign).word == NEEDED


def test_old_records_without_step_losses_have_a_verdict_that_tells_what_it_lacks() -> None:
    networks = {model: LossSample(make_network(loss).losses) for model, loss in (("linear", 0.3), ("tanh", 0.1))}
    verdict = decide_verdict(Baselines("t", 1.0, 0.3, 5, None, 0.1, None, STEPS, ()), networks)
    assert verdict.word == NEEDED
    assert "not recorded" in verdict.reason
    assert verdict.data_share is None


def test_one_model_type_alone_decides_nothing() -> None:
    for networks in ({"linear": make_network(0.1)}, {"tanh": make_network(0.1)}, {}):
        assert decide_verdict(make_baselines(), networks).word == UNDECIDED


def test_the_best_nonlinear_model_type_counts() -> None:
    networks = {"linear": make_network(0.3), "tanh": make_network(0.3), "other": make_network(0.05)}
    verdict = decide_verdict(make_baselines(linear=0.3), networks)
    assert verdict.word == NEEDED
    assert "gain of other" in verdict.reason


PLACES = {
    "linear-mlp": LinearMlp(),
    "almost-linear": AlmostLinear(10, nonlinear_units=3),
    "tanh": Tanh(),
    "gru": Gru(),
    "lru": Lru(),
}


@pytest.mark.parametrize(
    ("losses", "headline", "place"),
    [
        ({"tanh": 0.05, "linear-mlp": 0.051}, "nonlinearity needed: in the readout is enough", "readout"),
        ({"tanh": 0.05, "almost-linear": 0.051, "linear-mlp": 0.2}, "3 of 10 units are enough", "some units"),
        ({"tanh": 0.05, "almost-linear": 0.2, "gru": 0.051}, "in the recurrence is enough", "recurrence"),
        ({"tanh": 0.05, "linear-mlp": 0.2}, "nonlinearity needed: in the recurrence", "recurrence"),
        ({"tanh": 0.2, "linear-mlp": 0.2, "gru": 0.05}, "nonlinearity needed: in the gates", "gates"),
        ({"tanh": 0.05}, "nonlinearity needed", None),
        ({"tanh": 0.05, "lru": 0.3}, "nonlinearity needed", None),
    ],
)
def test_the_place_is_the_simplest_that_is_as_good_as_the_best(
    losses: dict[str, float], headline: str, place: str | None
) -> None:
    networks = {"linear": make_network(0.3), **{name: make_network(loss, 1e-3) for name, loss in losses.items()}}
    verdict = decide_verdict(make_baselines(linear=0.3), networks, models=PLACES)
    assert (verdict.word, verdict.place) == (NEEDED, place)
    assert verdict.headline.endswith(headline), verdict.headline
    assert str(verdict).startswith(f"{verdict.headline}. {verdict.conclusion}. ")
    for each in verdict.places:
        assert each.gain.value == pytest.approx(1 - min(losses.values()) / losses[each.model], abs=1e-3)


def test_a_place_that_may_be_enough_is_not_said_to_be() -> None:
    networks = {"linear": make_network(0.3), "tanh": make_network(0.05, 0.3), "linear-mlp": make_network(0.055, 0.3)}
    verdict = decide_verdict(make_baselines(linear=0.3), networks, models=PLACES)
    readout, recurrence = verdict.places
    assert (readout.is_enough, recurrence.is_enough, verdict.place) == (None, True, "recurrence")
    assert readout.gain.low < 0.1 < readout.gain.high
    assert "in the readout may be enough or not (linear-mlp 0.055; gain of tanh 9 % (" in verdict.sentences


def test_a_linear_network_of_another_type_is_a_linear_predictor() -> None:
    networks = {"linear": make_network(0.3), "tanh": make_network(0.1), "lru": make_network(0.1)}
    verdict = decide_verdict(make_baselines(linear=0.3, nonlinear=0.3), networks, models=PLACES)
    assert verdict.word == SUFFICES
    assert "not better than the lru network by more than 10 %" in verdict.conclusion
    assert list(verdict.gains) == ["linear", "lru", "linear baseline"]
    assert "67 %) over the linear network, 0 % (" in verdict.reason
    assert "over the linear baseline, 0.3 (0.282 to 0.319), margin" in verdict.reason
    alone = decide_verdict(make_baselines(), {"linear": make_network(0.3), "lru": make_network(0.1)}, models=PLACES)
    assert (alone.word, "of a nonlinear model type" in alone.reason) == (UNDECIDED, True)


@dataclass(frozen=True)
class Noise(RandomTask):
    """Targets that have nothing to do with the inputs."""

    name: ClassVar[str] = "noise"

    def draw(self, generator: np.random.Generator) -> Sequences:
        inputs, targets = generator.normal(size=(2, self.length, self.sequences, 1))
        return Sequences(inputs, targets)


TRUTHS = {
    "arma": (TASKS["arma"](length=350, sequences=2, test_sequences=6), SUFFICES),
    "oscillator": (TASKS["oscillator"](length=350, sequences=2, test_sequences=6), SUFFICES),
    "xor": (TASKS["xor"](length=250, sequences=2), NEEDED),
    "product": (TASKS["product"](length=250), NEEDED),
    "noise": (Noise(length=200, sequences=2, test_sequences=16), NOT_PREDICTABLE),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.long
def test_the_truth_is_found_where_it_is_known(name: str) -> None:
    task, word = TRUTHS[name]
    data = task.splits()
    networks = {kind.name: train_network(task, kind) for kind in (Linear, Tanh)}
    verdict = decide_verdict(compute_baselines(task, data), networks)
    assert verdict.word == word, verdict.reason


def train_network(task: Task, kind: type[Linear] | type[Tanh]) -> LossSample:
    config = TrialConfig(task, kind(hidden_size=12), TrainingConfig(epochs=400, replicas=8, learning_rate=0.02))
    data = task.splits()
    *_, history = train(config, data)
    steps = evaluate_steps(config.model, history.shapes, history.best_weights, data.test)
    return LossSample(evaluate_test_split(config, history, data), steps)


@pytest.mark.parametrize(("name", "kind"), [("arma", Tanh), ("sine", Tanh), ("digits", Linear), ("adding", Tanh)])
def test_step_losses_have_the_loss_as_their_mean(name: str, kind: type[Linear] | type[Tanh]) -> None:
    task = TASKS[name]()
    config = TrialConfig(task, kind(hidden_size=3), TrainingConfig(epochs=2, replicas=2))
    data = task.splits()
    *_, history = train(config, data)
    steps = evaluate_steps(config.model, history.shapes, history.best_weights, data.test)
    counted = data.test.targets[data.test.first :]
    assert steps.shape == (2, *counted.shape[:2])
    losses = evaluate_test_split(config, history, data)
    assert steps.mean(axis=(1, 2), dtype=float) == pytest.approx(losses, rel=1e-5)
