"""The question of a series in one line: what is predicted, from what, how far ahead, and the rows of each split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from itertools import pairwise

PARTS = ("train", "validate", "test")


def describe_target(
    column: str, inputs: Sequence[str], horizon: int, steps: int, relative: bool, unit: str = ""
) -> str:
    """What is predicted and from what: predicts 'y' 1 row ahead from its own past."""
    others = [repr(name) for name in inputs if name != column]
    past = ["its own past"] if column in inputs else []
    sources = [*others, *past]
    source = " and ".join(filter(None, [", ".join(sources[:-1]), sources[-1]]))
    ahead = f"{count_rows(horizon)} ahead" if horizon else "in the same row"
    if steps > 1:
        ahead = f"{horizon} to {horizon + steps - 1} rows ahead"
    measured = f" in {unit}" if unit and unit not in column else ""
    return f"predicts {column!r}{measured} {ahead} from {source}" + ", relative to its last value" * relative


def count_rows(count: int) -> str:
    """A number of rows."""
    return f"{count} row" + "s" * (count != 1)


def describe_rows(ends: Sequence[int], dates: Sequence[str], test_name: str = "") -> str:
    """The rows of each part.

    Parameters
    ----------
    ends
        Last row of each part, from 1; of the test part its number of rows, where it is a file of its own.
    dates
        First and last date of each part, in words; empty where there are no dates.
    test_name
        Name of the file that is the test part; empty where there is none.
    """
    spans = [span.partition(" to ") for span in dates]

    def whole(first: int, last: int) -> str:
        return f", {spans[first][0]} to {spans[last][2]}" if spans else ""

    own = len(ends) - bool(test_name)
    parts = ", ".join(
        f"{start + 1}-{end} {part}" for part, (start, end) in zip(PARTS, pairwise((0, *ends[:own])), strict=False)
    )
    text = f"{count_rows(ends[own - 1])}{whole(0, own - 1)}: rows {parts}"
    return f"{text}; {count_rows(ends[-1])} of {test_name}{whole(own, own)} test" if test_name else text


def describe_dates(dates: Sequence[datetime], ends: Sequence[int]) -> list[str]:
    """First and last date of each part of the rows, in words: years, months, days or minutes as they differ."""
    texts = [format_date(date, dates) for date in dates]
    return [f"{texts[start]} to {texts[end - 1]}" for start, end in pairwise((0, *ends))]


def format_date(date: datetime, dates: Sequence[datetime]) -> str:
    """A date in ISO 8601, without the parts that are at their beginning in all dates."""
    if any(each.time() != time() for each in dates):
        return date.isoformat(" ", "seconds" if any(each.second for each in dates) else "minutes")
    if any(each.day > 1 for each in dates):
        return str(date.date())
    return f"{date.year:04d}-{date.month:02d}" if any(each.month > 1 for each in dates) else f"{date.year:04d}"
