"""The verdict: whether a task needs the nonlinearity, from test losses on fresh seeds, baselines and bounds."""

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
LEAST_TARGETS = 100  # with fewer, the standard error of a loss exceeds the margin
MARGIN = 0.1  # smallest relative difference of losses that counts
SOLVED = 1e-3  # smallest absolute one, of the variance of the targets
LONGER = "more epochs or trials, or another initialization (model.init), may decide"


@dataclass(frozen=True)
class Verdict:
    """One of the four verdicts, with its reason in words and numbers."""

    word: str
    reason: str

    def __str__(self) -> str:
        return f"{self.word}: {self.reason}"

    def _repr_markdown_(self) -> str:
        return f"**{self.word}.** {self.reason}."


def decide_verdict(baselines: Baselines, losses: Mapping[str, Losses]) -> Verdict:
    """Decide whether the linear network suffices.

    Parameters
    ----------
    baselines : Baselines
        Baselines and bounds of the task, as normalized test losses.
    losses : mapping of model type to array (S,)
        Normalized test loss of each replica of the confirmation of each model type; inf for a diverged replica.

    Returns
    -------
    Verdict
        `not predictable`, `linear suffices`, `nonlinearity needed` or `undecided`, with the reason.
    """
    estimates = {model: estimate_median(sample) for model, sample in losses.items()}
    others = {model: estimate for model, estimate in estimates.items() if model != LINEAR}
    if LINEAR not in estimates or not others:
        return Verdict(UNDECIDED, "a verdict requires the confirmations of linear and of another model type")
    fewest = min(len(sample) for sample in losses.values())
    if fewest < LEAST_REPLICAS:
        return Verdict(UNDECIDED, f"too few replicas: {fewest} of a model type, {LEAST_REPLICAS} are required")
    best = min(others, key=lambda model: others[model].value)
    summary = f"{format_estimate(LINEAR, estimates[LINEAR])}, {format_estimate(best, others[best])}"
    threshold = compute_threshold(baselines, baselines.naive)
    if all(estimate.high >= threshold for estimate in estimates.values()):
        return decide_predictability(baselines, summary)
    gain = estimate_gain(losses[LINEAR], losses[best])
    return decide_by_gain(baselines, estimates[LINEAR], others[best], gain, best, summary)


def compute_threshold(baselines: Baselines, loss: float) -> float:
    """The loss minus one standard error for N test targets, loss / sqrt(N); losses below it are better than chance."""
    return float(loss * (1 - baselines.targets**-0.5))


def decide_predictability(baselines: Baselines, summary: str) -> Verdict:
    """Return the verdict if no network is better than the naive baseline."""
    reason = f"{summary}: neither is below the naive baseline, {baselines.naive:.3g}, beyond chance"
    threshold = compute_threshold(baselines, baselines.naive)
    better = [f"{name} {loss:.3g}" for name, loss in baselines.lines.items() if loss < threshold]
    if better:
        return Verdict(UNDECIDED, f"{reason}, but other baselines or bounds are: {', '.join(better)}; {LONGER}")
    if baselines.targets < LEAST_TARGETS:
        return Verdict(UNDECIDED, f"{reason}: the test split has too few targets, {baselines.targets}")
    return Verdict(NOT_PREDICTABLE, reason)


def decide_by_gain(
    baselines: Baselines, linear: Estimate, other: Estimate, gain: Estimate, best: str, summary: str
) -> Verdict:
    """Return the verdict if some network is better than the naive baseline; `gain` is that of `best` over `linear`."""
    margin = compute_margin(min(linear.value, baselines.naive))
    reason = f"{summary}; gain of {best} {gain.value:.3g} ({gain.low:.3g} to {gain.high:.3g}), margin {margin:.3g}"
    undertrained = linear.value > baselines.linear + compute_margin(baselines.linear)
    if gain.high <= margin:
        reachable = min(linear.value, baselines.linear, baselines.naive)
        if baselines.nonlinear < compute_threshold(baselines, reachable - compute_margin(reachable)):
            reason = f"{reason}, but the nonlinear baseline reaches {baselines.nonlinear:.3g}"
            return Verdict(UNDECIDED, f"{reason}; {LONGER}")
        note = f"; the linear baseline reaches {baselines.linear:.3g}" if undertrained else ""
        return Verdict(SUFFICES, reason + note)
    if gain.low <= margin:
        return Verdict(UNDECIDED, f"{reason}: more replicas may decide")
    name, least = "linear baseline", baselines.linear
    if baselines.analytic is not None and baselines.analytic < least:
        name, least = "analytic bound", baselines.analytic
    if other.high < least - compute_margin(least):
        return Verdict(NEEDED, f"{reason}, and the {name} is {least:.3g}")
    return Verdict(UNDECIDED, f"{reason}, but the {name} is {least:.3g}; {LONGER}")


def compute_margin(loss: float) -> float:
    """Return the smallest relevant difference from a loss."""
    return max(MARGIN * loss, SOLVED)


def format_estimate(model: str, loss: Estimate) -> str:
    """Format a model type's median loss with its interval."""
    if np.isinf(loss.value):
        return f"{model} diverges"
    return f"{model} {loss.value:.3g} ({loss.low:.3g} to {loss.high:.3g})"
