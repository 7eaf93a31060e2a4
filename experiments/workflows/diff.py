"""Differences between two recorded trials."""

from __future__ import annotations

from typing import NamedTuple

from linrnn.analysis.bitwise import FirstDivergence, compare_bitwise, curve_stages
from linrnn.training.trial_config import to_text
from tracking.runs.environment import Change, compare_items
from tracking.runs.trial_metrics import trial_metrics
from tracking.runs.verification import TrialRecord


class RunDiff(NamedTuple):
    """The items in which two trials differ, each with both values, and where their curves first differ."""

    one: TrialRecord
    other: TrialRecord
    config: list[Change]
    environment: list[Change]
    data: list[Change]
    results: list[Change]
    curves: FirstDivergence | None


def diff_runs(one: TrialRecord, other: TrialRecord) -> RunDiff:
    """Verify two records and compare them."""
    first, second = one.verify(), other.verify()
    results = [{name: repr(value) for name, value, _ in trial_metrics(each)} for each in (first, second)]
    parting = compare_bitwise(*(curve_stages(each.history) for each in (first, second))).first
    return RunDiff(
        one,
        other,
        config=compare_items(to_text(first.config), to_text(second.config)),
        environment=compare_items(first.environment, second.environment),
        data=compare_items(first.data, second.data),
        results=compare_items(*results),
        curves=parting,
    )
