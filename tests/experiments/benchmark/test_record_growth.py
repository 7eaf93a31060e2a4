"""Copies of trials in the benchmark's stores are trials to every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.benchmark.large_store import create_large_store
from experiments.benchmark.record_growth import RecordTimes, copy_trials, growth_targets
from experiments.report.sweep_record import load_sweep
from experiments.search.study_state import open_studies
from experiments.search.sweep_config import read_sweep_config
from experiments.workflows.doctor import check_records
from tracking.runs.query import find_sweeps
from tracking.store.access import existing_store


@pytest.mark.long
def test_a_store_of_copies_is_sound_and_complete(tmp_path: Path) -> None:
    store = create_large_store(tmp_path, 12, originals=4)
    (sweep,) = find_sweeps(store)
    config = read_sweep_config(sweep)
    for state in open_studies(config, store, sweep.studies):
        assert len(state.history) == 2
        copy_trials(store, state, config.trials)
    again = existing_store(tmp_path)
    for state in open_studies(config, again, sweep.studies):
        assert (sorted(state.history), state.report_count) == (list(range(6)), 6)
    record = load_sweep(again, sweep)
    assert len(record.trials) == 12
    assert not record.omissions
    assert len({trial.run_id for trial in record.trials}) == 12
    assert not list(check_records(again))


def test_growth_is_that_of_the_time_per_trial() -> None:
    times = [RecordTimes(200, 9.0, 9.0, 9.0, 9.0), RecordTimes(2000, 2.0, 2.0, 2.0, 2.0)]
    targets = growth_targets([*times, RecordTimes(20_000, 2.0, 2.5, 4.0, 2.0)])
    assert [target.is_met for target in targets] == [True, True, False, True]
