"""The end of a sweep: its summary, written to its run, and the best run of each study marked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from experiments.report.html import AnyPicture, comparison_artifact, sweep_artifacts
from experiments.report.serialization import sweep_markdown
from experiments.report.summary import SweepSummary, summarize
from experiments.report.sweep_record import SweepRecord, SweepRuns, fetch_runs, load_sweep
from experiments.search.selection import select_best_trial
from linrnn.analysis.verdict import Verdict
from linrnn.tasks.task import Task
from tracking.mlflow_ui.model_registry import mark_best
from tracking.run_views import SweepRun
from tracking.runs.reader import read_sweep
from tracking.runs.writer import set_description, set_tags, write_batch, write_files
from tracking.schema import Metric, Tag
from tracking.store.access import Store


class SweepOutcome(NamedTuple):
    """What the record of a sweep shows once its trials are complete."""

    run: SweepRun
    runs: SweepRuns
    record: SweepRecord
    summary: SweepSummary


def finish_sweep(store: Store, run_id: str, figures: bool = True) -> SweepSummary:
    """Summarize a sweep from the store and write the summary to its run, with its figures if asked. Idempotent."""
    run, runs, record = load_record(store, run_id)
    outcome = SweepOutcome(run, runs, record, summarize(record))
    write_outcome(store, outcome, None, figures)
    return outcome.summary


def load_record(store: Store, run_id: str, task: Task | None = None) -> tuple[SweepRun, SweepRuns, SweepRecord]:
    """Load the run of a sweep, the runs of its trials, and its record, given the task if its data are in memory."""
    run = read_sweep(store, run_id)
    runs = fetch_runs(store, run)
    return run, runs, load_sweep(store, run, runs, task)


def write_outcome(
    store: Store, outcome: SweepOutcome, drawings: Sequence[AnyPicture] | None, figures: bool = True
) -> None:
    """Write a summary to the run of its sweep, with figures, drawn here unless they have been before. Idempotent."""
    run, runs, record, summary = outcome
    for study, trials in zip(run.studies, runs.studies.values(), strict=True):
        best = select_best_trial(trials)  # of all that are recorded, those of a longer sweep included
        if best:
            mark_best(store, study, best, trials)
    files = sweep_artifacts(record, summary, drawings) if figures else comparison_artifact(summary)
    with store.write_errors():
        write_files(store, run.info, files)
        write_batch(store, run.run_id, {}, [(Metric.SECONDS, summary.seconds, 0)], time.time())
        set_tags(store, run.run_id, verdict_tags(summary.verdict))
        set_description(store, run.run_id, sweep_markdown(summary))


def verdict_tags(verdict: Verdict) -> dict[str, str]:
    """Return the tags of a verdict; the place of the nonlinearity is one where there is one."""
    place: dict[str, str] = {Tag.PLACE: verdict.place} if verdict.place else {}
    return {Tag.VERDICT: verdict.word, Tag.CONCLUSION: verdict.conclusion, **place}
