"""What a user writes for a run is the run that is meant, or an error that names those that may be."""

from __future__ import annotations

import pytest

from linrnn.errors import ConfigError
from tests.conftest import Golden
from tracking.run_views import SweepRun
from tracking.runs.query import confirmation_runs, find_sweeps, find_trials
from tracking.runs.run_reference import find_run
from tracking.runs.writer import begin_run
from tracking.schema import Phase, Tag
from tracking.store.access import Store


def test_names_that_tables_print_are_references(golden: Golden) -> None:
    store = golden.store
    (sweep,) = find_sweeps(store)
    runs = [sweep, *find_trials(store, "sine")]
    for run in runs:
        names = (run.run_id, run.run_id[:12], run.name, run.short_name, f"sine {run.name}")
        for name in names[: 4 if isinstance(run, SweepRun) else 5]:
            assert find_run(store, name).run_id == run.run_id, name
    assert find_run(store, "sine").run_id == sweep.run_id
    linear = next(run for run in confirmation_runs(store, sweep) if run.model == "linear")
    assert find_run(store, "linear confirmation").run_id == linear.run_id
    assert find_run(store, "sine linear confirmation").run_id == linear.run_id


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("linear", "may be one of"),
        ("linear 0", "no run"),
        ("xor", "no run"),
        ("xor linear confirmation", "no run"),
        ("", "no run"),
        ("it's", "no run"),
        ("%", "no run"),
        ("linear confirmation hidden", "no run"),
    ],
)
def test_other_references_are_refused_with_advice(golden: Golden, reference: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        find_run(golden.store, reference)


def test_the_newest_run_of_a_name_is_meant_and_the_task_tells_runs_apart(store: Store) -> None:
    tags = {Tag.PHASE: Phase.SINGLE}
    runs = [begin_run(store, task, "linear 00 a=1", tags, time) for time, task in enumerate(["sine", "sine", "xor"], 1)]
    begin_run(store, "sine", "linear 000", tags, 9.0)
    assert find_run(store, "sine linear 00").run_id == runs[1].run_id
    assert find_run(store, "xor linear 00 a=1").run_id == runs[2].run_id
    with pytest.raises(ConfigError, match="sine linear 00, xor linear 00"):
        find_run(store, "linear 00")


def test_a_name_of_hexadecimal_characters_is_a_name_where_no_id_begins_so(store: Store) -> None:
    run = begin_run(store, "sine", "facade", {Tag.PHASE: Phase.SINGLE}, 1.0)
    if not run.run_id.startswith("facade"):
        assert find_run(store, "facade").run_id == run.run_id
