"""Claim (b): a deep linear network is no more than one linear layer repeated over time."""

from __future__ import annotations

import numpy as np

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Results, Trials
from experiments.claims.claim_figures import draw_seeds
from experiments.claims.evidence_configs import delay_config
from experiments.report.table import Table
from linrnn.analysis.hankel import minimal_order
from linrnn.analysis.linear_system import collapse, state_space
from linrnn.analysis.network_response import respond
from linrnn.analysis.pair_comparison import PairComparison, compare_pairs
from linrnn.analysis.replica_networks import build_replicas
from linrnn.analysis.statistics import Estimate
from linrnn.training.result import TrialResult

SENTENCE = "A deep linear network is no more than one linear layer repeated over time."
CAPTION = (
    "Test loss (1: best constant) on a delay of 20 steps, a mark for each seed. Three layers of 8 units are collapsed "
    "into one layer of 24 units without a difference, but one layer of 8 units remembers too little, and training one "
    "layer of 24 units ends elsewhere than training the stack."
)
DELAY = 20
SIZES = ((8, 1), (8, 3), (12, 2), (24, 1))  # units of each layer, and layers
ONE_NARROW, DEEP, _, ONE_WIDE = SIZES
ROUNDING = 1e-9
HEADER = ("network", "units", "layers", "seed", "loss")


def list_trials(budget: Budget) -> Trials:
    """Return linear networks of one and of several layers."""
    return {name_size(*size): delay_config("linear", budget, DELAY, *size) for size in SIZES}


def name_size(units: int, layers: int) -> str:
    """Return the label of a size."""
    return f"{layers} x {units}"


def measure(results: Results) -> Measurement:
    """Compare stacks with the one layer that they collapse into, and with layers that are trained as such."""
    deep = results[name_size(*DEEP)]
    losses = {name: result.test_losses for name, result in results.items()}
    narrow = compare_pairs(losses[name_size(*ONE_NARROW)], losses[name_size(*DEEP)])
    wide = compare_pairs(losses[name_size(*ONE_WIDE)], losses[name_size(*DEEP)])
    error, orders = collapse_error(deep), find_orders(deep)
    numbers: dict[str, float | Estimate] = {
        "largest relative difference, 3 x 8 and the 1 x 24 that it collapses into": error,
        "minimal order of 3 x 8, smallest": float(min(orders)),
        "minimal order of 3 x 8, median": float(np.median(orders)),
        **{f"loss, {name}, median": float(np.median(each)) for name, each in losses.items()},
        "loss of 1 x 8 / loss of 3 x 8": narrow.ratio,
        "loss of 1 x 24, trained / loss of 3 x 8": wide.ratio,
    }
    rows = [
        (name_size(*size), *size, seed, float(loss))
        for size in SIZES
        for seed, loss in enumerate(losses[name_size(*size)])
    ]
    return Measurement(*decide(error, float(np.median(orders)), narrow, wide), numbers, Table(HEADER, rows))


def collapse_error(result: TrialResult) -> float:
    """Return the largest relative difference of the outputs of stacks and of the layers that they collapse into."""
    inputs = result.config.task.splits().test.inputs
    errors = []
    for network in build_replicas(result.config, result.history):
        outputs = respond(network, inputs)
        errors.append(np.abs(respond(collapse(network), inputs) - outputs).max() / np.abs(outputs).max())
    return float(max(errors))


def find_orders(result: TrialResult) -> list[int]:
    """Return the smallest number of states of a linear system that does the same, for each replica."""
    return [minimal_order(state_space(network)) for network in build_replicas(result.config, result.history)]


def decide(error: float, order: float, narrow: PairComparison, wide: PairComparison) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal."""
    training = f"trained as one layer of 24 the loss is {wide.first:.2g}, as the stack {wide.second:.2g}"
    reversal = (
        f"at the width of one of its layers: 8 units have loss {narrow.first:.2g}, 3 layers of 8 {narrow.second:.2g}; "
        f"and in training: {training}"
    )
    if error > ROUNDING:
        return ClaimVerdict.FAILS, f"a stack differs from the layer that it collapses into by {error:.2g}", reversal
    if order <= ONE_NARROW[0]:
        return ClaimVerdict.HOLDS, f"a stack of 3 layers of 8 has minimal order {order:g}", reversal
    condition = (
        f"the one layer has as many units as all layers together: 3 layers of 8 equal one of 24 to {error:.1g}, "
        f"and need {order:g} states"
    )
    return ClaimVerdict.HOLDS_IF, condition, reversal


CLAIM = Claim("b", "a deep one is one linear layer over time", SENTENCE, list_trials, measure, draw_seeds, CAPTION)
