"""Claim (d): gradients go linearly through time, and miss nonlinear dynamics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Results, Trials
from experiments.claims.claim_figures import draw_gradients
from experiments.claims.evidence_configs import letter_config, logistic_config, mackey_glass_config
from experiments.report.table import Table
from linrnn.analysis.gradient_rates import GradientRates, measure_gradients
from linrnn.analysis.statistics import quartiles

SENTENCE = "Gradients go linearly through time in backpropagation, and miss nonlinear dynamics."
CAPTION = (
    "Spectral norm of the gradient of a state by the state some steps before, of the networks that were trained on the "
    "sine, on sines of 8 phases: median over seeds, and the range over phases of the median. Of a linear network it is "
    "the same for all inputs; an exponential is a line in this figure."
)
MODELS = ("linear", "tanh")
LAGS = 50
SHORT = 10  # lag at which the spread over inputs is measured
ROUNDING = 1e-9
CAPTURED, MISSED = 0.1, 0.9  # largest and smallest loss of what is captured, and of what is not
HEADER = ("model", "lag", "median", "smallest", "largest")


def list_trials(budget: Budget) -> Trials:
    """Return the sine of claim (e), a chaotic map, and a chaotic flow one step ahead, for both model types."""
    tasks = {"sine": letter_config, "logistic": logistic_config, "mackey-glass": mackey_glass_config}
    return {f"{model}, {task}": config(model, budget) for task, config in tasks.items() for model in MODELS}


def measure(results: Results) -> Measurement:
    """Measure gradients by lag and input, and losses on nonlinear dynamics."""
    rates = {model: measure_sine_gradients(results, model) for model in MODELS}
    losses = {name: quartiles(result.test_losses)[1] for name, result in results.items()}
    numbers = {
        **{
            f"gradient norm at lag {lag}, {model}": float(each.medians[lag].mean())
            for model, each in rates.items()
            for lag in (1, SHORT, LAGS)
        },
        **{f"relative spread over inputs at lag {SHORT}, {model}": each.spread(SHORT) for model, each in rates.items()},
        **{f"R2 of a line in the lag, {model}": each.line_fit(logarithm=False) for model, each in rates.items()},
        **{f"R2 of an exponential, {model}": each.line_fit(logarithm=True) for model, each in rates.items()},
        **{f"loss, {name}": loss for name, loss in losses.items() if "sine" not in name},
    }
    rows = [
        (model, lag, float(np.median(norms)), float(norms.min()), float(norms.max()))
        for model, each in rates.items()
        for lag, norms in enumerate(each.medians)
    ]
    return Measurement(*decide(rates, losses), numbers, Table(HEADER, rows))


def measure_sine_gradients(results: Results, model: str) -> GradientRates:
    """Return the gradients of the networks of a model type on sines of several phases."""
    result = results[f"{model}, sine"]
    return measure_gradients(result.config, result.history, result.config.task.splits().test.inputs, LAGS)


def decide(rates: Mapping[str, GradientRates], losses: Mapping[str, float]) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal."""
    linear, tanh = rates["linear"], rates["tanh"]
    missed, captured = losses["linear, logistic"], losses["tanh, logistic"]
    is_constant, is_missed = linear.spread(SHORT) < ROUNDING, missed > MISSED and captured < CAPTURED
    chaos = f"the logistic map is missed (loss {missed:.2g}, tanh {captured:.2g})"
    reversal = (
        f"with tanh, whose gradient at lag {SHORT} differs by {100 * tanh.spread(SHORT):.0f} % between inputs; and "
        f"dynamics that are nonlinear but predictable by a line are not missed: Mackey-Glass one step ahead has loss "
        f"{losses['linear, mackey-glass']:.2g}"
    )
    if not (is_constant and is_missed):
        return ClaimVerdict.FAILS, f"spread over inputs {linear.spread(SHORT):.2g}; loss {missed:.2g}", reversal
    condition = (
        f"'linearly' means by the same matrix at every step, whatever the inputs (spread {linear.spread(SHORT):.0g}): "
        f"in size, gradients change geometrically (norm {linear.medians[1].mean():.2g} at lag 1, "
        f"{linear.medians[LAGS].mean():.2g} at lag {LAGS}); {chaos}"
    )
    return ClaimVerdict.HOLDS_IF, condition, reversal


CLAIM = Claim(
    "d",
    "gradients go linearly through time, miss nonlinearity",
    SENTENCE,
    list_trials,
    measure,
    draw_gradients,
    CAPTION,
)
