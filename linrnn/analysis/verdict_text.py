"""Sentences and numbers of a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linrnn.analysis.statistics import Estimate
from linrnn.analysis.verdict_place import PlaceComparison
from linrnn.models.model import NonlinearityPlace

LEAST_SHOWN = -10.0  # relative gain that is written as a number
SAME = 0.005  # smaller relative differences are none


def conclude_superior(model: str, least: float) -> str:
    """Write that a network is better than every linear predictor, by at least a relative gain."""
    percentage = int(100 * least)  # rounded down
    return f"The {model} network is better than every linear predictor: its test loss is at least {percentage} % lower"


def conclude_equivalent(model: str, other: str, comparison: str, margin: float) -> str:
    """Write that a network is not better than a linear predictor by more than the margin; how they compare in words."""
    return (
        f"The {model} network is not better than {other} by more than {percent_value(margin)} %: "
        f"its test loss is {comparison}"
    )


def conclude_open(model: str, other: str, gain: Estimate, margin: float) -> str:
    """Write that a network may be better than a linear predictor by more than the margin, or not."""
    return (
        f"It is open whether the {model} network is better than {other} by more than {percent_value(margin)} %: "
        f"its test loss is {difference(gain.value)}, with an interval from {difference(gain.high)} to "
        f"{difference(gain.low)}"
    )


def describe_place(comparison: PlaceComparison, is_simpler: bool) -> str:
    """Write where the nonlinearity is needed; `is_simpler` if there are networks with a less simple place."""
    if comparison.place == NonlinearityPlace.SOME_UNITS:
        return f"{comparison.part} are enough"
    return f"in {comparison.part}{' is enough' if is_simpler else ''}"


def describe_places(comparisons: Sequence[PlaceComparison]) -> str:
    """Write for each place of the nonlinearity whether it is enough, with its numbers; nothing for none."""
    words = {True: "is enough", False: "is not enough", None: "may be enough or not"}
    best = min(comparisons, key=lambda each: each.loss.value).model if comparisons else ""
    texts = []
    for each in comparisons:
        gain = f"; gain of {best} {percent(each.gain)}" if each.model != best else ", the best"
        texts.append(f"in {each.part} {words[each.is_enough]} ({each.model} {each.loss.value:.3g}{gain})")
    return f"Nonlinearity {', '.join(texts)}" if texts else ""


def add_naive(conclusion: str, method: str) -> str:
    """Put first that no network beats the naive baseline."""
    return f"No network beats the naive baseline ({method}). {conclusion}"


def difference(gain: float) -> str:
    """Write a loss relative to another, from its relative gain."""
    if gain < LEAST_SHOWN:
        return f"more than {1 - LEAST_SHOWN:.0f} times as high"
    if gain < -SAME:
        return f"{percent_value(-gain)} % higher"
    return f"{percent_value(gain)} % lower" if gain > SAME else "the same"


def percent(gain: Estimate) -> str:
    """Write a relative gain in percent, with its interval."""
    value, low, high = map(percent_value, gain)
    return f"{value} %" if gain.high <= LEAST_SHOWN else f"{value} % ({low} to {high} %)"


def percent_value(gain: float) -> str:
    """Write a number in percent."""
    return str(round(100 * gain)) if gain > LEAST_SHOWN else f"below {100 * LEAST_SHOWN:.0f}"


def format_estimate(name: str, loss: Estimate, separator: str = " ") -> str:
    """Format a predictor's loss, of a model type the median, with its interval."""
    if np.isinf(loss.value):
        return f"{name} diverges"
    return f"{name}{separator}{loss.value:.3g} ({loss.low:.3g} to {loss.high:.3g})"
