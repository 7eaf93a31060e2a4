"""Whether a task needs the nonlinearity, by what model types came to on fresh seeds and by its floors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from linrnn.analysis.statistics import LEAST_REPLICAS, Estimate, estimate_gain, estimate_median
from linrnn.baseline.baselines import Baselines
from linrnn.training.history import Losses

NOT_PREDICTABLE, SUFFICES, NEEDED, UNDECIDED = (
    "not predictable",
    "linear suffices",
    "nonlinearity needed",
    "undecided",
)
LINEAR = "linear"  # the model type that the others are compared with
LEAST_TARGETS = 100  # whose standard error is as large as the margin
MARGIN = 0.1  # of a loss: what another one has to be better by
SOLVED = 1e-3  # of the targets' variance: differences below it do not matter
LONGER = "more epochs or trials, or another start (model.init), would tell"


@dataclass(frozen=True)
class Verdict:
    """One of the four words, and why, with the numbers."""

    word: str
    reason: str


def decide_verdict(floors: Baselines, losses: Mapping[str, Losses]) -> Verdict:
    """The verdict from the test losses `(S,)` of each model type's confirmation; inf for a diverged replica."""
    estimates = {model: estimate_median(each) for model, each in losses.items()}
    others = {model: each for model, each in estimates.items() if model != LINEAR}
    if LINEAR not in estimates or not others:
        return Verdict(UNDECIDED, "it takes the confirmations of linear and of another model type to tell")
    fewest = min(len(each) for each in losses.values())
    if fewest < LEAST_REPLICAS:
        return Verdict(
            UNDECIDED, f"too few replicas to tell: {fewest} of a model type, where it takes {LEAST_REPLICAS}"
        )
    best = min(others, key=lambda model: others[model].value)
    told = f"{said(LINEAR, estimates[LINEAR])}, {said(best, others[best])}"
    if all(high >= beaten(floors, floors.trivial) for _, _, high in estimates.values()):
        return unpredicted(floors, told)
    return compared(floors, estimates[LINEAR], others[best], estimate_gain(losses[LINEAR], losses[best]), best, told)


def beaten(floors: Baselines, loss: float) -> float:
    """What is below a loss beyond chance: by a standard error of N targets."""
    return float(loss * (1 - floors.targets**-0.5))


def unpredicted(floors: Baselines, told: str) -> Verdict:
    """What to say where no network beats the trivial floor."""
    told = f"{told}: neither is below the trivial floor, {floors.trivial:.3g}, beyond chance"
    better = [f"{name} {loss:.3g}" for name, loss in floors.lines.items() if loss < beaten(floors, floors.trivial)]
    if better:
        return Verdict(UNDECIDED, f"{told}, but other floors are: {', '.join(better)}; {LONGER}")
    if floors.targets < LEAST_TARGETS:
        return Verdict(UNDECIDED, f"{told}: with {floors.targets} targets in the test split there is no telling")
    return Verdict(NOT_PREDICTABLE, told)


def compared(floors: Baselines, linear: Estimate, other: Estimate, gained: Estimate, best: str, told: str) -> Verdict:
    """What to say where some network predicts; `gained` is what the best nonlinear model type is better by."""
    margin = margin_of(min(linear.value, floors.trivial))
    told = f"{told}; gain of {best} {gained.value:.3g} ({gained.low:.3g} to {gained.high:.3g}), margin {margin:.3g}"
    trained_little = linear.value > floors.linear + margin_of(floors.linear)
    if gained.high <= margin:
        reachable = min(linear.value, floors.linear, floors.trivial)
        if floors.nonlinear < beaten(floors, reachable - margin_of(reachable)):
            return Verdict(UNDECIDED, f"{told}, but the nonlinear reference reaches {floors.nonlinear:.3g}; {LONGER}")
        return Verdict(SUFFICES, told + (f"; a linear predictor reaches {floors.linear:.3g}" if trained_little else ""))
    if gained.low <= margin:
        return Verdict(UNDECIDED, f"{told}: more replicas would tell")
    reached = min(floors.linear, floors.linear if floors.analytic is None else floors.analytic)
    if other.high < reached - margin_of(reached):
        return Verdict(NEEDED, f"{told}, and the best linear predictor reaches {reached:.3g}")
    return Verdict(UNDECIDED, f"{told}, but a linear predictor reaches {reached:.3g}; {LONGER}")


def margin_of(loss: float) -> float:
    """By how much a loss has to be undercut to count."""
    return max(MARGIN * loss, SOLVED)


def said(model: str, loss: Estimate) -> str:
    """A model type's median loss with its interval."""
    if np.isinf(loss.value):
        return f"{model} diverges"
    return f"{model} {loss.value:.3g} ({loss.low:.3g} to {loss.high:.3g})"
