"""Claim (c): it captures no long-range dependencies and no non-monotonic relations."""

from __future__ import annotations

import numpy as np

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Results, Trials
from experiments.claims.claim_figures import draw_delays
from experiments.claims.evidence_configs import delay_config, letter_config, xor_config
from experiments.report.table import Table
from linrnn.analysis.exact_networks import delay_line, evaluate_parameters
from linrnn.analysis.statistics import quartiles
from linrnn.tasks.delay import Delay
from linrnn.training.history import Losses
from linrnn.training.result import TrialResult

SENTENCE = "It cannot capture long-range dependencies, nor non-monotonic relations."
CAPTION = (
    "Test loss (1: best constant) on delays of 5, 20 and 40 steps, with 4 units more than steps, by model type and "
    "initial weights: median and quartiles over seeds. A network that remembers an input for so long has a loss near 0."
)
DELAYS = (5, 20, 40)
SPARE_UNITS = 4  # of a delay's network, which needs delay + 1
INITS = ("orthogonal", "default")
MODELS = ("linear", "tanh")
FAR = 100  # steps of the delay that is solved by construction
CAPTURED, MISSED = 0.1, 0.9  # largest and smallest loss of what is captured, and of what is not
HEADER = ("model", "initial weights", "delay", "median", "first quartile", "third quartile")


def list_trials(budget: Budget) -> Trials:
    """Return delays for both model types and initial weights, products of bits, and the sine."""
    delays = {
        name_delay(model, init, delay): delay_config(model, budget, delay, delay + SPARE_UNITS, init=init)
        for model in MODELS
        for init in INITS
        for delay in DELAYS
    }
    bits = {f"{model}, xor": xor_config(model, budget) for model in MODELS}
    return {**delays, **bits, "linear, sine": letter_config("linear", budget)}


def name_delay(model: str, init: str, delay: int) -> str:
    """Return the label of a trial on a delay."""
    return f"{model}, {init}, delay {delay}"


def measure(results: Results) -> Measurement:
    """Compare losses with what is captured and what is missed."""
    medians = {name: float(np.median(get_losses(result))) for name, result in results.items()}
    keys = [(model, init, delay) for model in MODELS for init in INITS for delay in DELAYS]
    line = evaluate_parameters(delay_line(FAR), Delay(delay=FAR, length=3 * FAR).splits().test)
    numbers = {
        **{f"loss, {name}": median for name, median in medians.items()},
        f"loss, delay line of {FAR + 1} linear units by construction, delay {FAR}": line,
    }
    rows = [(*key, *reorder(quartiles(get_losses(results[name_delay(*key)])))) for key in keys]
    return Measurement(*decide(medians), numbers, Table(HEADER, rows))


def get_losses(result: TrialResult) -> Losses:
    """Return the test loss of each replica."""
    return result.test_losses


def reorder(values: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return median, first and third quartile."""
    first, median, third = values
    return median, first, third


def decide(medians: dict[str, float]) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal, from the median losses."""
    delay, bits, sine = (
        medians[name_delay("linear", "orthogonal", DELAYS[-1])],
        medians["linear, xor"],
        medians["linear, sine"],
    )
    is_long, is_monotonic = delay < CAPTURED, bits > MISSED
    memory = f"a delay of {DELAYS[-1]} steps is {'captured' if is_long else 'missed'} (loss {delay:.2g})"
    relation = f"a product of two bits is {'missed' if is_monotonic else 'captured'} (loss {bits:.2g})"
    if is_long and is_monotonic:
        verdict = ClaimVerdict.HOLDS_IF
        condition = f"it is said of relations between inputs and output alone: {relation}; {memory}"
    else:
        verdict = ClaimVerdict.HOLDS if is_monotonic else ClaimVerdict.FAILS
        condition = f"{memory}; {relation}"
    default = medians[name_delay("linear", "default", DELAYS[-1])]
    reversal = (
        f"memory is lost with default initial weights (delay of {DELAYS[-1]} steps: loss {default:.2g}) or with fewer "
        f"units than steps; a function that is non-monotonic in time, the sine, is captured (loss {sine:.2g})"
    )
    return verdict, condition, reversal


CLAIM = Claim(
    "c", "no long-range dependencies, no non-monotonic relations", SENTENCE, list_trials, measure, draw_delays, CAPTION
)
