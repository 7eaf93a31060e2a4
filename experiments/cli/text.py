"""What commands print when they are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.cli.terminal_table import print_table
from experiments.report.comparison_table import baseline_rows, baselines_text, comparison_table, short_table
from experiments.report.serialization import finite
from experiments.report.summary import SweepSummary
from linrnn.analysis.statistics import quartiles
from linrnn.baseline.baselines import Baselines
from linrnn.training.result import TrialResult
from tracking.mlflow_ui.experiments import experiment_id
from tracking.mlflow_ui.links import base_url, charts_link, run_link
from tracking.schema import SWEEPS
from tracking.store.access import Store

NOTHING = 1e-12  # less of a loss is rounding
LOSSES = "A loss of 1 is the best constant's; test losses are the confirmation's, on fresh seeds."


def show_sweeps(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """The table of sweeps, and where to look."""
    print_table(LOSSES, *short_table(summaries))
    for summary in summaries:
        print()
        show_verdict(summary)
    show_links(store, summaries)


def show_comparisons(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """All measures of sweeps, a table each, and where to look."""
    print(LOSSES)
    for summary in summaries:
        print()
        print_table("", *comparison_table(summary))
        show_verdict(summary)
    show_links(store, summaries)


def show_verdict(summary: SweepSummary) -> None:
    """The verdict of a sweep, what it holds for, and what came to nothing."""
    print(f"{summary.task}: {summary.verdict.word}. {summary.verdict.reason}.")
    print(f"  Holds for: {summary.conditions}.")
    print(f"  Floors: {baselines_text(summary.floors)}.")
    for failed in summary.failures:
        print(f"  A trial failed: {failed}")


def show_links(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """Where to look in the MLflow UI."""
    base = base_url(store)
    print("\nIn the MLflow UI (linrnn ui, or make ui):")
    for summary in summaries:
        print(f"  {summary.task}: {charts_link(base, summary.experiment)}")
        for study in summary.studies:
            if study.best_run:
                print(f"    best {study.model} trial: {run_link(base, summary.experiment, study.best_run)}")
        print(f"    the sweep itself: {run_link(base, experiment_id(store, SWEEPS), summary.sweep_run)}")


def show_suite(summaries: Sequence[SweepSummary]) -> None:
    """A line a task: its floors, what each model type came to, the verdict."""
    models = [study.model for study in summaries[0].studies]
    header = ("task", "trivial", "linear floor", "nonlinear reference", *models, "verdict")
    print_table(
        "Test losses; 1 is the best constant's. Of model types the median of the confirmation.",
        header,
        [suite_row(summary, models) for summary in summaries],
    )


def suite_row(summary: SweepSummary, models: Sequence[str]) -> tuple[str, ...]:
    """That line."""
    medians = {each.model: f"{each.quartiles[1]:.3g}" for each in summary.confirmations}
    floors = summary.floors
    shown = [f"{max(loss, NOTHING):.3g}" for loss in (floors.trivial, floors.linear, floors.nonlinear)]
    return (summary.task, *shown, *(medians.get(model, "-") for model in models), summary.verdict.word)


def show_floors(floors: Baselines) -> None:
    """The floors of a task, and what the number of lags does to the linear one."""
    title = f"{floors.task}: losses on the test split; 1 is the best constant's."
    print_table(title, ("floor", "loss", "of"), baseline_rows(floors))
    print()
    curve = [
        (str(point.lags), f"{point.val:.4g}", f"{point.test:.4g}", "chosen" if point.lags == floors.linear_lags else "")
        for point in floors.curve
    ]
    print_table("The linear predictor by its number of lags.", ("lags", "val loss", "test loss", ""), curve)


def trial_json(trained: TrialResult, run_id: str) -> dict[str, Any]:
    """The object that `linrnn train --json` prints; what is not finite is null."""
    first, median, third = quartiles(trained.test_losses)
    return {
        "schema": 1,
        "run_id": run_id,
        "task": trained.config.task.label,
        "model": trained.config.model.name,
        "outcome": trained.outcome,
        "replicas": trained.config.training.replicas,
        "diverged": int(trained.history.diverged.sum()),
        "seconds": trained.seconds,
        "best_val_loss": finite(trained.history.median_best_val_loss),
        "median_test_loss": finite(median),
        "iqr": finite(third - first),
    }


def show_trial(store: Store, trained: TrialResult, run_id: str) -> None:
    """What a trial came to, and where to look."""
    first, median, third = quartiles(trained.test_losses)
    config, progress = trained.config, trained.history
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
    page = run_link(base_url(store), experiment_id(store, config.task.label), run_id)
    print(f"In the MLflow UI (linrnn ui, or make ui): {page}")
