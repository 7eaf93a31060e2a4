"""Error rates of the verdict and its power, by length of the series and by true gain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, median
from typing import NamedTuple

from experiments.calibration.series_result import SeriesResult
from experiments.report.table import Table
from linrnn.analysis.proportion import Proportion
from linrnn.analysis.verdict import MARGIN, NEEDED, NOT_PREDICTABLE, SUFFICES, UNDECIDED

CLEAR = 2 * MARGIN  # true gain above which `linear suffices` is wrong
VERDICTS = (NEEDED, UNDECIDED, NOT_PREDICTABLE, SUFFICES)
EDGES = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the true gain, for the power curve
HEADER = (
    "rows",
    "series",
    "needed, of linear and noise",
    f"suffices, of gain > {CLEAR:.0%}",
    f"needed, of gain > {CLEAR:.0%}",
    "linear network / baseline",
    "better than baseline",
    "diverged linear networks",
    "most of one series",
    "CPU s a series",
)


class Rates(NamedTuple):
    """Rates of some series."""

    series: int
    false_alarms: Proportion  # `nonlinearity needed`, of linear and noise series
    misses: Proportion  # `linear suffices`, of the series whose true gain is clear
    detections: Proportion  # `nonlinearity needed`, of these
    linear_excess: float | None  # median over linear series: linear network's loss over the linear baseline
    better_networks: Proportion  # linear networks that are better than the linear baseline by 5 %, beyond chance
    divergence: Proportion  # of the replicas of the confirmed linear networks
    largest_divergence: Proportion  # of the replicas of one series
    cpu_seconds: float | None  # mean of a series


def compute_rates(results: Sequence[SeriesResult]) -> Rates:
    """Return the rates of some series."""
    clear = [result for result in results if result.gain > CLEAR]
    replicas = [result.divergence for result in results]
    excesses = [result.linear_excess for result in results if result.is_linear and result.linear_excess is not None]
    seconds = [result.cpu_seconds for result in results if result.cpu_seconds is not None]
    return Rates(
        len(results),
        count_verdicts([result for result in results if result.needs_nothing], NEEDED),
        count_verdicts(clear, SUFFICES),
        count_verdicts(clear, NEEDED),
        median(excesses) if excesses else None,
        Proportion(sum(result.is_better_than_baseline for result in results), len(results)),
        Proportion(sum(each.successes for each in replicas), sum(each.total for each in replicas)),
        max(replicas, key=lambda each: each.successes, default=Proportion(0, 0)),
        mean(seconds) if seconds else None,
    )


def count_verdicts(results: Sequence[SeriesResult], verdict: str) -> Proportion:
    """Return how many of some series have a verdict."""
    return Proportion(sum(result.verdict == verdict for result in results), len(results))


def lengths(results: Sequence[SeriesResult]) -> list[int]:
    """Return the lengths of some series, in ascending order."""
    return sorted({result.rows for result in results})


def rates_table(results: Sequence[SeriesResult]) -> Table:
    """Return the rates by length and of all series, as text."""
    groups = {str(rows): [result for result in results if result.rows == rows] for rows in lengths(results)}
    return Table(HEADER, [rates_row(name, compute_rates(group)) for name, group in {**groups, "all": results}.items()])


def rates_row(name: str, rates: Rates) -> tuple[str, ...]:
    """Return one row of that table."""
    proportions = (rates.false_alarms, rates.misses, rates.detections)
    excess = "-" if rates.linear_excess is None else f"{rates.linear_excess:.3f}"
    seconds = "-" if rates.cpu_seconds is None else f"{rates.cpu_seconds:.1f}"
    most = f"{rates.largest_divergence.successes} of {rates.largest_divergence.total}"
    below = f"{rates.better_networks.successes} of {rates.better_networks.total}"
    return name, str(rates.series), *map(str, proportions), excess, below, str(rates.divergence), most, seconds


def power_table(results: Sequence[SeriesResult]) -> Table:
    """Return the number of series of each verdict by length and true gain; `low` and `high` 0: linear and noise."""
    rows = []
    for length in lengths(results):
        group = [result for result in results if result.rows == length]
        bins = {(0.0, 0.0): [result for result in group if result.needs_nothing]}
        for low, high in pairwise(EDGES):
            bins[low, high] = [each for each in group if not each.needs_nothing and low < max(each.gain, 1e-9) <= high]
        rows += [
            (length, *ends, len(part), *(count_verdicts(part, verdict).successes for verdict in VERDICTS))
            for ends, part in bins.items()
        ]
    return Table(("rows", "low", "high", "series", *VERDICTS), rows)
