"""The end of a sweep: what it found, told on its run, and the best run of each study marked."""

from __future__ import annotations

import time

from experiments.report.html import sweep_artifacts
from experiments.report.serialization import sweep_markdown
from experiments.report.summary import SweepSummary, best_run, summarize_sweep
from tracking.mlflow_ui.model_registry import mark_best
from tracking.runs.query import study_runs
from tracking.runs.reader import read_sweep
from tracking.runs.writer import set_description, set_tags, write_batch, write_files
from tracking.schema import Metric, Tag
from tracking.store.access import Store


def finish_sweep(store: Store, run_id: str) -> SweepSummary:
    """Sum up a sweep from the store, and say it on its run. May be cut short and done again."""
    run = read_sweep(store, run_id)
    summary = summarize_sweep(store, run)
    for study in run.studies:
        mark_best_of(store, summary.task, study)
    with store.write_errors():
        write_files(store, run.info, sweep_artifacts(store, run, summary))
        write_batch(store, run_id, {}, [(Metric.SECONDS, summary.seconds, 0)], time.time())
        set_tags(store, run_id, {Tag.VERDICT: summary.verdict.word})
        set_description(store, run_id, sweep_markdown(summary))
    return summary


def mark_best_of(store: Store, task: str, study: str) -> None:
    """Mark the best run of all that a study has recorded, be it of a longer sweep."""
    runs = [run for run in study_runs(store, task, study) if run.is_recorded]
    best = best_run(runs)
    if best:
        mark_best(store, study, best, runs)
