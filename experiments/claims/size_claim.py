"""Claim (f): more depth or width does not help."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.claims.claim import Budget, Claim, ClaimVerdict, Measurement, Results, Trials
from experiments.claims.claim_figures import draw_sizes
from experiments.claims.evidence_configs import delay_config, xor_config
from experiments.report.table import Table
from linrnn.analysis.pair_comparison import PairComparison, compare_pairs
from linrnn.analysis.statistics import Estimate, quartiles

SENTENCE = "More depth or width does not help it."
CAPTION = (
    "Test loss (1: best constant) of linear networks by number of layers and of units in each: median and quartiles "
    "over seeds. A delay of 20 steps needs 21 units, in one layer or in several; for products of two bits no number of "
    "units is enough."
)
DELAY = 20
SIZES = {"delay 20": ((8, 1), (16, 1), (24, 1), (48, 1), (8, 3), (12, 2)), "xor": ((10, 1), (40, 1), (10, 3))}
SMALL, WIDE, WIDER, DEEP = (8, 1), (24, 1), (48, 1), (8, 3)  # units of each layer, and layers
HEADER = ("task", "units", "layers", "median", "first quartile", "third quartile")


def list_trials(budget: Budget) -> Trials:
    """Return a linear network of each size on both tasks."""
    delays = {name_trial("delay 20", *size): delay_config("linear", budget, DELAY, *size) for size in SIZES["delay 20"]}
    bits = {name_trial("xor", *size): xor_config("linear", budget, *size) for size in SIZES["xor"]}
    return {**delays, **bits}


def name_trial(task: str, units: int, layers: int) -> str:
    """Return the label of a trial."""
    return f"{task}, {units} units, {layers} layers" if layers > 1 else f"{task}, {units} units"


def measure(results: Results) -> Measurement:
    """Compare networks of more units or layers with smaller ones, seed by seed."""
    losses = {name: result.test_losses for name, result in results.items()}
    pairs = {"width": (SMALL, WIDE), "depth": (SMALL, DEEP), "width beyond need": (WIDE, WIDER)}
    comparisons = {
        what: compare_pairs(losses[name_trial("delay 20", *more)], losses[name_trial("delay 20", *less)])
        for what, (less, more) in pairs.items()
    }
    bits = compare_pairs(losses[name_trial("xor", 40, 1)], losses[name_trial("xor", 10, 1)])
    comparisons["width on xor"] = bits
    numbers: dict[str, float | Estimate] = {
        **{f"loss, {name}": quartiles(each)[1] for name, each in losses.items()},
        **{f"loss with more {what} / loss with less": each.ratio for what, each in comparisons.items()},
    }
    rows = [
        (task, units, layers, *(quartiles(losses[name_trial(task, units, layers)])[k] for k in (1, 0, 2)))
        for task, sizes in SIZES.items()
        for units, layers in sizes
    ]
    return Measurement(*decide(comparisons), numbers, Table(HEADER, rows))


def decide(comparisons: Mapping[str, PairComparison]) -> tuple[ClaimVerdict, str, str]:
    """Return verdict, condition and reversal."""
    width, depth, beyond, bits = comparisons.values()
    useless = f"products of two bits: loss {bits.second:.2g} with 10 units, {bits.first:.2g} with 40"
    gain = (
        f"delay of {DELAY} steps: loss {width.second:.2g} with 8 units, {width.first:.2g} with 24, "
        f"{depth.first:.2g} with 3 layers of 8"
    )
    if not (width.is_lower or depth.is_lower):
        return ClaimVerdict.HOLDS, f"{gain}; {useless}", "in no setting that was tried"
    if bits.is_lower:
        return ClaimVerdict.FAILS, f"{gain}; {useless}", "in no setting that was tried"
    condition = f"no linear network of any size can do better ({useless})"
    reversal = f"where the task has more states to remember than the network has units ({gain})"
    if beyond.is_lower:
        reversal += f"; and more units than that are trained to lower losses still ({beyond.first:.2g} with 48)"
    return ClaimVerdict.HOLDS_IF, condition, reversal


CLAIM = Claim("f", "more depth or width does not help", SENTENCE, list_trials, measure, draw_sizes, CAPTION)
