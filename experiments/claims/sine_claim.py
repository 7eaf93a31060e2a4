"""Claim (e): on a sine, the tanh network is significantly better."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Results, Trials
from experiments.claims.claim_figures import draw_ratios
from experiments.claims.evidence_configs import sine_config
from experiments.report.table import Table
from linrnn.analysis.exact_networks import evaluate_parameters, oscillator
from linrnn.analysis.pair_comparison import PairComparison, compare_pairs
from linrnn.analysis.sine_probes import measure_amplitudes, measure_errors, probe_sequences
from linrnn.analysis.statistics import Estimate

SENTENCE = (
    "On a sine wave, next-step prediction, hidden size 10, Adam at 0.01, 1000 epochs, MSE on 100 points of one period, "
    "the tanh network is significantly better, because the sine is nonlinear."
)
CAPTION = (
    "Error of the tanh network divided by that of the linear network of the same seed: median over seeds with its 95 % "
    "interval, by error and by initial weights, after 1000 and after 10,000 epochs. To the right of 1 the linear "
    "network is better. Ratios beyond the axis are drawn at its edge. Errors below the second are of the last weights."
)
LETTER = "linear-layers, to the letter"
VARIANTS: Mapping[str, tuple[str, str]] = {  # initial weights, and whether the tanh network has a second bias
    LETTER: ("linear-layers", "yes"),
    "linear-layers, one bias": ("linear-layers", "no"),
    "default": ("default", "no"),
    "orthogonal": ("orthogonal", "no"),
    "identity": ("identity", "no"),
}
EPOCHS = (1000, 10_000)
LOSSES = ("final loss", "best loss")
HEADER = ("initial weights", "epochs", "error", "linear", "tanh", "tanh / linear", "low", "high", "tanh wins", "p")
Comparisons = Mapping[tuple[str, int, str], PairComparison]  # variant, epochs, error -> tanh against linear


def list_trials(budget: Budget) -> Trials:
    """Return a trial for each model type, variant and number of epochs."""
    return {
        name_trial(model, variant, epochs): sine_config(model, budget, init, biases, epochs)
        for variant, (init, biases) in VARIANTS.items()
        for epochs in EPOCHS
        for model in ("linear", "tanh")
    }


def name_trial(model: str, variant: str, epochs: int) -> str:
    """Return the label of a trial."""
    return f"{model}, {variant}, {epochs} epochs"


def measure(results: Results) -> Measurement:
    """Compare both model types, seed by seed, in every setting."""
    errors = {name: measure_errors(result.config, result.history) for name, result in results.items()}
    comparisons = {
        (variant, epochs, error): compare_pairs(losses, errors[name_trial("linear", variant, epochs)][error])
        for variant in VARIANTS
        for epochs in EPOCHS
        for error, losses in errors[name_trial("tanh", variant, epochs)].items()
    }
    letter = comparisons[LETTER, EPOCHS[0], LOSSES[0]]
    numbers: dict[str, float | Estimate] = {
        "MSE, linear": letter.second,
        "MSE, tanh": letter.first,
        "MSE of tanh / MSE of linear": letter.ratio,
        "seeds with the lower MSE by tanh": float(letter.wins.successes),
        "seeds": float(letter.wins.total),
        "p, signed ranks": letter.p,
        "steady-state MSE of 2 linear units by construction": measure_oscillator(results),
        **list_amplitudes(results),
        **{
            f"tanh / linear, {variant}, {epochs} epochs, {error}": each.ratio
            for (variant, epochs, error), each in comparisons.items()
            if error in LOSSES or (variant, epochs) == (LETTER, EPOCHS[0])
        },
    }
    return Measurement(*decide(comparisons), numbers, to_table(comparisons))


def decide(comparisons: Comparisons) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal, from the loss to the letter and those of all other settings."""
    key = LETTER, EPOCHS[0], LOSSES[0]
    letter, others = comparisons[key], {k: each for k, each in comparisons.items() if k != key}
    opposite = {k: each for k, each in others.items() if (each.is_higher if letter.is_lower else each.is_lower)}
    verdict = ClaimVerdict.FAILS
    if letter.is_lower:
        verdict = ClaimVerdict.HOLDS_IF if opposite else ClaimVerdict.HOLDS
    condition = (
        f"to the letter, the linear network has MSE {letter.second:.2g} and tanh {letter.first:.2g}, and tanh is "
        f"better on {letter.wins.successes} of {letter.wins.total} seeds; the sine is no reason, as two linear units "
        "continue it exactly"
    )
    return verdict, condition, describe_reversal(opposite, others)


def describe_reversal(opposite: Comparisons, others: Comparisons) -> str:
    """Return the settings of the opposite result, and those without a difference in the final loss."""
    parts = [
        f"from {variant} initial weights (final loss of {epochs} epochs: {describe(each)})"
        for (variant, epochs, error), each in opposite.items()
        if (epochs, error) == (EPOCHS[0], LOSSES[0])
    ]
    parts += [
        f"on the {error} ({describe(each)})" if error.startswith("doubled") else f"in the {error} ({describe(each)})"
        for (variant, epochs, error), each in opposite.items()
        if (variant, epochs) == (LETTER, EPOCHS[0])
    ]
    even = [
        f"{variant}, {epochs} epochs ({describe(each)})"
        for (variant, epochs, error), each in others.items()
        if error == LOSSES[0] and not (each.is_lower or each.is_higher)
    ]
    reversal = "; ".join(parts) or "in no setting that was tried"
    return reversal + (f"; no significant difference in the final loss: {'; '.join(even)}" if even else "")


def describe(comparison: PairComparison) -> str:
    """Return the medians of both model types, in words."""
    return f"linear {comparison.second:.2g}, tanh {comparison.first:.2g}"


def measure_oscillator(results: Results) -> float:
    """Return the error of two linear units whose weights are known in closed form."""
    sequences = probe_sequences(next(iter(results.values())).config.task)["steady state"]
    return evaluate_parameters(oscillator(2 * np.pi / len(sequences.inputs)), sequences) * sequences.scale


def list_amplitudes(results: Results) -> dict[str, float]:
    """Return the median amplitude of the free runs to the letter."""
    trials = {model: results[name_trial(model, LETTER, EPOCHS[0])] for model in ("linear", "tanh")}
    return {
        f"amplitude of a free run, {length} steps, {model}": float(np.median(values))
        for model, result in trials.items()
        for length, values in measure_amplitudes(result.config, result.history).items()
    }


def to_table(comparisons: Comparisons) -> Table:
    """Return a row for each setting and error."""
    rows = [
        (*key, each.second, each.first, *each.ratio, each.wins.successes, each.p) for key, each in comparisons.items()
    ]
    return Table(HEADER, rows)


CLAIM = Claim("e", "tanh is significantly better on a sine", SENTENCE, list_trials, measure, draw_ratios, CAPTION)
