"""What differs between two recorded trials."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.analysis.bitwise import Difference, compare, curves
from linrnn.training.trial_config import to_text
from tracking.runs.environment import Change, changes
from tracking.runs.verification import Record
from tracking.runs.writer import points


class Differences(NamedTuple):
    """The items that two trials do not share, each with both values, and where their curves first part."""

    one: Record
    other: Record
    config: list[Change]
    environment: list[Change]
    data: list[Change]
    results: list[Change]
    curves: Difference | None


def differences(one: Record, other: Record) -> Differences:
    """Compare two records, verified."""
    first, second = one.trained(), other.trained()
    results = [{name: repr(value) for name, value, _ in points(each)} for each in (first, second)]
    parting = compare(*(curves(each.progress) for each in (first, second))).first
    return Differences(
        one,
        other,
        config=changes(to_text(first.config), to_text(second.config)),
        environment=changes(first.environment, second.environment),
        data=changes(first.data, second.data),
        results=changes(*results),
        curves=parting,
    )
