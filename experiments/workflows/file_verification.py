"""Verification of the files of all trials in a store against the digests in their records and curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from experiments.workflows.doctor import Finding, contradiction
from experiments.workflows.progress import ProgressReporter
from tracking.run_views import TrialRun
from tracking.runs.consistency import lacks_artifact
from tracking.runs.inspection import find_fault
from tracking.runs.query import find_all_runs
from tracking.runs.verification import find_content_damage, load_record
from tracking.store.access import Store


def find_verifiable_runs(store: Store) -> list[TrialRun]:
    """Return the trials with a result, except those that the other checks name."""
    trials = [run for run in find_all_runs(store) if isinstance(run, TrialRun) and run.has_result]
    return [run for run in trials if not lacks_artifact(run) and find_fault(store, run) is None]


def verify_files(store: Store, runs: Sequence[TrialRun], progress: ProgressReporter) -> Iterator[Finding]:
    """Yield the trials of which a file is missing, or is not the one that was written."""
    progress.start("verifying")
    for run in runs:
        damages = list(find_content_damage(load_record(store, run)))
        progress.advance(details=f"{run.name}: {'; '.join(damages) or 'as written'}")
        if damages:
            yield contradiction(store, run, f"run {run.run_id} is damaged: {'; '.join(damages)}")
