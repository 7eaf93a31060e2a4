"""A forecast as tables, JSON and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.report.table import Table
from linrnn.analysis.conformal import CONFORMAL, LEVELS, Coverage
from linrnn.analysis.series_forecast import SeriesForecast
from linrnn.data.sequences import Array

if TYPE_CHECKING:
    from linrnn.analysis.conformal import Intervals

DIGITS = 3  # of the width of an interval


def level_text(level: float) -> str:
    """Write a level: 90 %."""
    return f"{100 * level:g} %"


def forecast_numbers(result: SeriesForecast, rows: Sequence[str], names: Sequence[str], row_name: str) -> Table:
    """Return the table of a forecast for files, a line for each row of each sequence.

    Parameters
    ----------
    result : SeriesForecast
        The forecast.
    rows, names : sequence of str
        Name of each row and of each sequence.
    row_name : str
        `date` or `row`.
    """
    ends = [f"{end}_{100 * level:g}" for level in LEVELS for end in ("low", "high")]
    held = [f"coverage_{100 * level:g}" for level in LEVELS]
    header = ("sequence", row_name, "median", *ends, "intervals", "errors", *held)
    lines = []
    for name, k in ((name, k) for name in range(len(names)) for k in range(result.steps)):
        values = [float(end[name, k]) for each in result.intervals for end in (each.low, each.high)]
        coverage = [float(each.rates[min(k, len(each.rates) - 1)]) for each in result.coverage]
        method, errors = row_method(result.intervals, k), result.intervals[-1].errors[k]
        lines.append((names[name], rows[k], float(result.median[name, k]), *values, method, errors, *coverage))
    if len(names) > 1:
        return Table(header, lines)
    return Table(header[1:], [line[1:] for line in lines])


def row_method(intervals: Sequence[Intervals], row: int) -> str:
    """Return how the intervals of a row were computed: conformal, or empirical where errors are too few for a level."""
    methods = {each.methods[row] for each in intervals}
    return CONFORMAL if methods == {CONFORMAL} else (methods - {CONFORMAL}).pop()


def forecast_overview(result: SeriesForecast, rows: Sequence[str], names: Sequence[str], row_name: str) -> Table:
    """Return the table of a forecast for people, in as many digits as the intervals are wide."""
    digits = count_decimals(result)
    header = (row_name, "median", *(f"{level_text(each.level)} interval" for each in result.intervals))
    lines = []
    for name, k in ((name, k) for name in range(len(names)) for k in range(result.steps)):
        cells = [f"{each.low[name, k]:.{digits}f} to {each.high[name, k]:.{digits}f}" for each in result.intervals]
        lines.append((names[name], rows[k], f"{result.median[name, k]:.{digits}f}", *cells))
    if len(names) > 1:
        return Table(("sequence", *header), lines)
    return Table(header, [line[1:] for line in lines])


def count_decimals(result: SeriesForecast) -> int:
    """Return the decimals with which the typical width of the widest intervals has DIGITS digits."""
    widths: Array = (result.intervals[-1].high - result.intervals[-1].low)[:, : result.steps]
    finite = widths[np.isfinite(widths) & (widths > 0)]
    return min(max(DIGITS - 1 - math.floor(math.log10(np.median(finite))), 0), 12) if len(finite) else DIGITS


def interval_sentences(result: SeriesForecast) -> Iterator[str]:
    """Yield how intervals were computed, and how many held-back values they held."""
    counts = {each.errors[k] for each in result.intervals for k in range(result.steps)}
    methods = dict.fromkeys(row_method(result.intervals, k) for k in range(result.steps))
    number = str(min(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    networks = f"{result.replicas} network{'s' * (result.replicas > 1)}"
    yield (
        f"Intervals: {', '.join(methods)}, from the spread of {networks} and {number} errors on test rows for each "
        "number of rows ahead."
    )
    yield f"Coverage on the later half of the test rows: {', '.join(map(coverage_text, result.coverage))}."


def coverage_text(coverage: Coverage) -> str:
    """Write how many values intervals of a level held."""
    total = int(coverage.counts.sum())
    if not total:
        return f"not measured at {level_text(coverage.level)}, as the test rows are too few"
    return f"{100 * coverage.rate:.0f} % of {total} values in {level_text(coverage.level)} intervals"


def forecast_json(result: SeriesForecast, table: Table) -> dict[str, Any]:
    """Return a forecast as an object of JSON; a number that is not finite is null."""
    rows = [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in zip(table.header, row, strict=True)
        }
        for row in table.rows
    ]
    coverage = {
        f"{100 * each.level:g}": {
            "rate": None if math.isnan(each.rate) else each.rate,
            "values": int(each.counts.sum()),
        }
        for each in result.coverage
    }
    return {"replicas": result.replicas, "forecast": rows, "coverage": coverage}
