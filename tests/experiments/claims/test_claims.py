"""Each claim's verdict follows from its numbers, in both directions; trials are those that the claims name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from experiments.claims import depth_claim, gradient_claim, range_claim, sine_claim, size_claim, state_claim
from experiments.claims.catalog import CLAIMS
from experiments.claims.claim import FULL, Budget, ClaimResult, ClaimVerdict
from experiments.claims.claims_page import format_claim
from experiments.claims.verdicts import count_purposes
from experiments.workflows.trial import run_trial
from linrnn.analysis.gradient_rates import GradientRates
from linrnn.analysis.pair_comparison import PairComparison, compare_pairs
from linrnn.training.result import TrialResult
from linrnn.training.trial_config import TrialConfig, to_text

HOLDS, HOLDS_IF, FAILS = ClaimVerdict.HOLDS, ClaimVerdict.HOLDS_IF, ClaimVerdict.FAILS
TINY = Budget(2, 500)
LOSSES = np.exp(np.random.default_rng(0).standard_normal(30))
LOWER, HIGHER, EVEN = (compare_pairs(factor * LOSSES, LOSSES) for factor in (0.1, 10.0, 1.0))


def test_all_claims_have_a_letter_a_sentence_and_enough_seeds() -> None:
    assert list(CLAIMS) == list("abcdef")
    for letter, claim in CLAIMS.items():
        assert claim.id == letter
        assert claim.sentence.endswith(".")
        assert all(config.training.replicas >= 30 for config in claim.trials(FULL).values())


def test_claim_e_is_trained_to_the_letter() -> None:
    trials = CLAIMS["e"].trials(FULL)
    linear, tanh = (trials[f"{model}, {sine_claim.LETTER}, 1000 epochs"] for model in ("linear", "tanh"))
    expected = {
        "task": "sine",
        "task.points": "100",
        "task.washout": "0",
        "model.hidden_size": "10",
        "model.num_layers": "1",
        "model.init": "linear-layers",
        "training.learning_rate": "0.01",
        "training.epochs": "1000",
        "training.decay": "none",
        "training.clip_norm": "inf",
        "training.weight_decay": "0.0",
        "seed": "0",
    }
    for config in (linear, tanh):
        assert to_text(config).items() >= expected.items()
    assert (linear.model.recurrent_bias, tanh.model.recurrent_bias) == ("no", "yes")
    data = linear.task.splits().train
    assert (data.inputs.shape, data.first) == ((99, 1, 1), 0)
    assert np.array_equal(data.inputs[:, 0, 0], np.sin(np.linspace(0, 2 * np.pi, 100))[:-1])
    same_but = {"model", "model.recurrent_bias"}
    assert {name for name, text in to_text(linear).items() if to_text(tanh)[name] != text} == same_but


def test_trials_that_claims_share_are_trained_once() -> None:
    purposes = count_purposes(FULL)
    assert purposes[CLAIMS["a"].trials(FULL)["tanh"]] == "a, d, e"
    assert purposes[CLAIMS["b"].trials(FULL)["1 x 24"]] == "b, c, f"
    assert {letter for text in purposes.values() for letter in text.split(", ")} == {*CLAIMS}


def sine_comparisons(letter: PairComparison, others: PairComparison) -> sine_claim.Comparisons:
    keys = [(v, n, loss) for v in sine_claim.VARIANTS for n in sine_claim.EPOCHS for loss in sine_claim.LOSSES]
    return {key: letter if key == (sine_claim.LETTER, 1000, "final loss") else others for key in keys}


@pytest.mark.parametrize(
    ("letter", "others", "verdict"),
    [
        (LOWER, LOWER, HOLDS),
        (LOWER, EVEN, HOLDS),
        (LOWER, HIGHER, HOLDS_IF),
        (HIGHER, HIGHER, FAILS),
        (HIGHER, LOWER, FAILS),
        (EVEN, LOWER, FAILS),
    ],
)
def test_the_sine(letter: PairComparison, others: PairComparison, verdict: ClaimVerdict) -> None:
    word, condition, reversal = sine_claim.decide(sine_comparisons(letter, others))
    assert word == verdict
    assert f"{letter.wins.successes} of 30 seeds" in condition
    reverses = (others.is_higher and letter.is_lower) or (others.is_lower and not letter.is_lower)
    assert ("from identity initial weights" in reversal) == reverses
    assert ("no significant difference" in reversal) == (others is EVEN)


@pytest.mark.parametrize(
    ("delay", "bits", "verdict"), [(1e-3, 1.0, HOLDS_IF), (0.5, 1.0, HOLDS), (1e-3, 0.2, FAILS), (0.5, 0.2, FAILS)]
)
def test_the_range(delay: float, bits: float, verdict: ClaimVerdict) -> None:
    medians = {"linear, orthogonal, delay 40": delay, "linear, default, delay 40": 0.9}
    assert range_claim.decide({**medians, "linear, xor": bits, "linear, sine": 0.01})[0] == verdict


@pytest.mark.parametrize(
    ("width", "depth", "bits", "verdict"),
    [
        (LOWER, LOWER, EVEN, HOLDS_IF),
        (EVEN, LOWER, EVEN, HOLDS_IF),
        (EVEN, HIGHER, EVEN, HOLDS),
        (LOWER, LOWER, LOWER, FAILS),
    ],
)
def test_the_size(width: PairComparison, depth: PairComparison, bits: PairComparison, verdict: ClaimVerdict) -> None:
    assert size_claim.decide({"width": width, "depth": depth, "beyond": EVEN, "bits": bits})[0] == verdict


@pytest.mark.parametrize(
    ("error", "order", "verdict"), [(1e-14, 24.0, HOLDS_IF), (1e-14, 8.0, HOLDS), (1e-3, 24.0, FAILS)]
)
def test_the_depth(error: float, order: float, verdict: ClaimVerdict) -> None:
    assert depth_claim.decide(error, order, HIGHER, LOWER)[0] == verdict


@pytest.mark.parametrize(
    ("error", "index", "share", "verdict"),
    [
        (1e-15, 1e-14, 0.01, HOLDS_IF),
        (1e-15, 1e-14, 0.0, HOLDS),
        (1e-2, 1e-14, 0.01, FAILS),
        (1e-15, 1e-3, 0.01, FAILS),
    ],
)
def test_the_state(error: float, index: float, share: float, verdict: ClaimVerdict) -> None:
    by_amplitude = {f"amplitude {value}": value for value in state_claim.AMPLITUDES}
    word, _, reversal = state_claim.decide({"error": error, "index": index, "share": share, **by_amplitude})
    assert word == verdict
    assert "amplitude 1 (superposition index 1)" in reversal


@pytest.mark.parametrize(
    ("factor", "missed", "captured", "verdict"),
    [(1.0, 1.0, 0.01, HOLDS_IF), (1.1, 1.0, 0.01, FAILS), (1.0, 0.3, 0.01, FAILS), (1.0, 1.0, 0.8, FAILS)],
)
def test_the_gradients(factor: float, missed: float, captured: float, verdict: ClaimVerdict) -> None:
    norms = 0.8 ** np.arange(51)[None, :, None] * np.ones((3, 1, 2))
    linear, tanh = GradientRates(norms * [1, factor]), GradientRates(norms * [1, 2])
    losses = {"linear, logistic": missed, "tanh, logistic": captured, "linear, mackey-glass": 0.001}
    assert gradient_claim.decide({"linear": linear, "tanh": tanh}, losses)[0] == verdict


@pytest.fixture(scope="module")
def results() -> dict[TrialConfig, TrialResult]:
    """All evidence, within a tiny budget."""
    return {config: run_trial(config, test=True) for config in count_purposes(TINY)}


@pytest.mark.parametrize("letter", list(CLAIMS))
def test_a_measurement_has_a_verdict_numbers_and_a_figure(
    letter: str, results: dict[TrialConfig, TrialResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linrnn.analysis.sine_probes.LENGTHS", (10, 20, 40))
    claim = CLAIMS[letter]
    measurement = claim.measure({name: results[config] for name, config in claim.trials(TINY).items()})
    content = ClaimResult(claim, measurement, {}).to_json()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert measurement.condition
    assert measurement.reversal
    picture = claim.picture(measurement.table)
    assert picture.png().startswith(b"\x89PNG")
    assert len(picture.table.rows[0]) == len(picture.table.header)
    assert f"claim-{letter}.png" in format_claim(content, f"claim-{letter}.png")
