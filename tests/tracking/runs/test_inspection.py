"""What a run lacks or contradicts is named, whichever of its tags, params and metrics was removed or edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest

from tests.conftest import Golden
from tracking.run_views import LinrnnRun, SweepRun, TrialRun
from tracking.runs.inspection import find_fault
from tracking.runs.query import find_all_runs
from tracking.schema import Artifact, CurveArray, Metric, Param, Tag
from tracking.store.access import Store
from tracking.store.run_table import LocalRun, RunValues

KINDS = ("search", "confirmation", "sweep")
USERS = {Tag.RUN_NAME, Tag.NOTE, Tag.RUN_COLOR, Tag.USER, Tag.SOURCE_NAME, Tag.SOURCE_TYPE, Tag.COMMIT, Tag.QUESTION}
OF_NO_CONSEQUENCE = {Tag.BEST, Tag.CONCLUSION, "commit", "cpu", "python", "torch", "uncommitted_changes"}
TRIAL_TAGS = {Tag.PHASE, Tag.OUTCOME, Tag.FORM, Tag.DIGESTS, Tag.PARENT, Tag.SCHEMA}
NEEDED_TAGS = {
    "search": TRIAL_TAGS | {Tag.STUDY, Tag.TRIAL},
    "confirmation": TRIAL_TAGS,
    "sweep": {Tag.TASK, Tag.STUDIES, Tag.IDENTITY, Tag.BASELINES, Tag.SCHEMA},
}
LOSSES = {Metric.OBJECTIVE, Metric.BEST_VAL_LOSS, Metric.FINAL_VAL_LOSS, Metric.DIVERGED_REPLICAS}
CHECKED_METRICS = {"search": LOSSES, "confirmation": LOSSES | {Metric.TEST_LOSS}, "sweep": set[str]()}
FREE_VALUES = {Tag.PARENT, Tag.STUDY, Tag.TRIAL}  # another one may be right


class Edit(NamedTuple):
    """A change of a run: the part of its record, the name, and the new value; None removes it."""

    part: str
    name: str
    value: str | float | None


@pytest.fixture(scope="module")
def runs(golden: Golden) -> dict[str, LinrnnRun]:
    """A trial, a confirmation and the sweep of the golden store."""
    every = find_all_runs(golden.store)
    return {
        **{run.phase.value: run for run in every if isinstance(run, TrialRun)},
        "sweep": next(run for run in every if isinstance(run, SweepRun)),
    }


def edited(run: LinrnnRun, edit: Edit) -> LinrnnRun:
    """The run after a change; the store has the old one."""
    parts = {part: dict(getattr(run.run.data, part)) for part in RunValues._fields}
    del parts[edit.part][edit.name]
    if edit.value is not None:
        parts[edit.part][edit.name] = edit.value
    return type(run)(LocalRun(run.info, RunValues(**parts)))


def edits(kind: str, run: LinrnnRun) -> Iterator[tuple[Edit, bool]]:
    """Each change of a run, and whether it has to be named."""
    for name in run.params:
        yield Edit("params", name, None), True
        yield Edit("params", name, "99"), True
    for name in run.metrics:
        is_needed = name in CHECKED_METRICS[kind]
        yield Edit("metrics", name, None), is_needed or (name == Metric.SECONDS and kind != "sweep")
        yield Edit("metrics", name, 0.123), is_needed
    for name in run.tags:
        if name not in (Tag.SCHEMA, Tag.VERDICT):  # a run without the version is one of 0.1.0
            yield Edit("tags", name, None), name in NEEDED_TAGS[kind]
        yield Edit("tags", name, "99"), name in NEEDED_TAGS[kind] - FREE_VALUES or name == Tag.VERDICT


@pytest.mark.parametrize("kind", KINDS)
def test_each_edit_that_matters_is_named_and_no_other(kind: str, golden: Golden, runs: dict[str, LinrnnRun]) -> None:
    run, wrong, count = runs[kind], [], 0
    assert find_fault(golden.store, run) is None
    for edit, is_named in edits(kind, run):
        fault = find_fault(golden.store, edited(run, edit))
        count += 1
        if (fault is not None) is not is_named or (fault and (run.run_id not in fault or len(fault.splitlines()) > 1)):
            wrong.append((edit, fault))
    assert not wrong
    assert count > {"search": 90, "confirmation": 90, "sweep": 70}[kind]


@pytest.mark.parametrize("tag", sorted({*map(str, USERS), *map(str, OF_NO_CONSEQUENCE)}))
def test_what_belongs_to_the_user_is_never_a_fault(tag: str, golden: Golden, runs: dict[str, LinrnnRun]) -> None:
    for run in runs.values():
        if tag in run.tags:
            assert find_fault(golden.store, edited(run, Edit("tags", tag, "\x1b[31mmine"))) is None


@pytest.mark.parametrize(
    ("kind", "edit", "named"),
    [
        ("search", Edit("params", "model.hidden_size", "99"), "param model.hidden_size is 99, and was written as"),
        ("search", Edit("tags", Tag.TRIAL, "three"), "has 'three' as its 'trial', not a whole number"),
        ("search", Edit("tags", Tag.OUTCOME, "failed"), "has the outcome failed, and its status is FINISHED"),
        ("search", Edit("tags", Tag.OUTCOME, "pruned"), "its curves are those of 'complete'"),
        ("search", Edit("tags", Tag.PHASE, "confirmation"), "has the tag 'study', and 'confirmation'"),
        ("confirmation", Edit("tags", Tag.PHASE, "search"), "lacks the tag 'study'"),
        ("confirmation", Edit("metrics", Metric.TEST_LOSS, 0.0), "has 0.0 as its metric 'test_loss'"),
        ("search", Edit("tags", Tag.SCHEMA, "99"), "was written by a newer linrnn"),
        ("search", Edit("tags", Tag.SCHEMA, "new"), "'new', not a number"),
        ("sweep", Edit("params", Param.TRIALS, "1"), "not those of its tag 'identity'"),
        ("sweep", Edit("tags", Tag.VERDICT, "all is well"), "no verdict"),
    ],
)
def test_the_fault_is_said_in_words(
    kind: str, edit: Edit, named: str, golden: Golden, runs: dict[str, LinrnnRun]
) -> None:
    fault = find_fault(golden.store, edited(runs[kind], edit))
    assert fault is not None
    assert named in fault


def test_a_changed_curve_is_named(golden_copy: Store) -> None:
    run = next(run for run in find_all_runs(golden_copy) if isinstance(run, TrialRun) and run.is_recorded)
    path = Path(unquote(urlsplit(run.info.artifact_uri).path)) / Artifact.CURVES
    with np.load(path) as arrays:
        curves = dict(arrays)
    assert find_fault(golden_copy, run) is None
    np.savez(path, **{**curves, CurveArray.GRADIENT_NORM: curves[CurveArray.GRADIENT_NORM] + 1})
    assert "has a curves.npz that is not the file that was written" in str(find_fault(golden_copy, run))
