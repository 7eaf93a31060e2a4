"""What commands print when they are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.console import print_table
from experiments.summary import SweepSummary, finite, rows
from linrnn.progress import quartiles
from tracking.links import base_url, charts, run_page
from tracking.store import Store
from tracking.trained import Trained

SPREAD = "quartiles (replicas)"
HEADER = ("task", "model", "trials", "hidden size", "learning rate", "val loss", "median test loss", SPREAD)


def show_sweeps(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """The table of sweeps, and where to look."""
    table = [row for summary in summaries for row in rows(summary)]
    print_table("Losses are NMSE; test losses are those of the confirmation, on fresh seeds.", HEADER, table)
    for summary in summaries:
        for failed in summary.failures:
            print(f"\n{summary.task}: a trial failed, {failed}")
    base = base_url(store)
    print("\nIn the MLflow UI (linrnn ui, or make ui):")
    for summary in summaries:
        print(f"  {summary.task}: {charts(base, summary.experiment)}")
        for study in summary.studies:
            if study.best_run:
                print(f"    best {study.model} trial: {run_page(base, summary.experiment, study.best_run)}")


def trial_json(trained: Trained, run_id: str) -> dict[str, Any]:
    """The object that `linrnn train --json` prints; what is not finite is null."""
    first, median, third = quartiles(trained.tested)
    return {
        "schema": 1,
        "run_id": run_id,
        "task": trained.config.task.label,
        "model": trained.config.model.name,
        "outcome": trained.outcome,
        "replicas": trained.config.training.replicas,
        "diverged": int(trained.progress.diverged.sum()),
        "seconds": trained.seconds,
        "best_val_loss": finite(trained.progress.median_best_val_loss),
        "median_test_loss": finite(median),
        "iqr": finite(third - first),
    }


def show_trial(store: Store, trained: Trained, run_id: str) -> None:
    """What a trial came to, and where to look."""
    first, median, third = quartiles(trained.tested)
    config, progress = trained.config, trained.progress
    row = (
        config.task.label,
        config.model.name,
        str(config.training.replicas),
        str(int(progress.diverged.sum())),
        f"{progress.median_best_val_loss:.3g}",
        f"{median:.3g}",
        f"{first:.3g} to {third:.3g}",
    )
    header = ("task", "model type", "replicas", "diverged", "best val loss", "median test loss", "quartiles")
    print_table("Losses are NMSE.", header, [row])
    print(f"\nrun {run_id}")
    page = run_page(base_url(store), store.experiment(config.task.label), run_id)
    print(f"In the MLflow UI (linrnn ui, or make ui): {page}")
