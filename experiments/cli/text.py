"""Text and JSON that commands print on stdout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.cli.terminal_table import UNSPLIT, print_table, print_wide_table
from experiments.cli.terminal_text import echo, wrap_paragraph
from experiments.report.comparison_table import (
    baselines_table,
    baselines_text,
    comparison_table,
    objective_label,
    short_table,
)
from experiments.report.nonlinearity_text import nonlinearity_sentence
from experiments.report.reference_losses import losses_by_label
from experiments.report.residual_text import large_residual_sentences
from experiments.report.serialization import finite
from experiments.report.summary import SweepSummary
from linrnn.analysis.statistics import Estimate, quartiles
from linrnn.baseline.baselines import Baselines
from linrnn.training.history import OBJECTIVE
from linrnn.training.result import TrialResult
from tracking.mlflow_ui.experiment_setup import experiment_id
from tracking.mlflow_ui.links import base_url, charts_link, run_link
from tracking.runs.reader import read_sweep
from tracking.store.access import Store

ROUNDING = 1e-12  # smaller losses are rounding errors
LOSSES = "A loss of 1 is the best constant predictor's. Test losses are of the confirmations."
SUITE_BASELINES = ("linear baseline", "nonlinear baseline")  # as many as fit 80 columns
UI = "In the MLflow UI (linrnn ui, or make ui):"


def show_sweeps(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """Print the short table of some sweeps, their verdicts and links."""
    print_table(LOSSES, *short_table(summaries))
    for summary in summaries:
        echo()
        show_verdict(summary)
    show_links(store, summaries)


def show_comparisons(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """Print the comparison table of each sweep, their verdicts and links."""
    echo(LOSSES)
    for summary in summaries:
        echo()
        print_wide_table("", *comparison_table(summary))
        echo()
        show_verdict(summary)
    show_links(store, summaries)


def show_verdict(summary: SweepSummary) -> None:
    """Print the verdict of a sweep, its numbers, its conditions, baselines and bounds, and failed trials."""
    verdict = summary.verdict
    conclusion = f" {verdict.conclusion}." if verdict.conclusion else ""
    echo(wrap_paragraph(f"{summary.task}: {verdict.headline}.{conclusion}"))
    tests = summary.nonlinearity_tests
    paragraphs = (
        f"Numbers: {verdict.details}",
        f"Question: {summary.question}.",
        *([nonlinearity_sentence(tests, verdict)] if tests else []),
        *(f"{text[0].upper()}{text[1:]}." for text in large_residual_sentences(summary.confirmations)),
        f"Conditions: {summary.conditions}.",
        f"Searched: {summary.search_space}.",
        f"Baselines and bounds: {baselines_text(summary.baselines)}.",
        *(f"Data: {note}." for note in summary.notes),
        *(f"Failed trial: {failure}." for failure in summary.failures),
        *(f"Left out: {omission}." for omission in summary.omissions),
    )
    for paragraph in paragraphs:
        echo(wrap_paragraph(paragraph, indent=2))


def show_links(store: Store, summaries: Sequence[SweepSummary]) -> None:
    """Print links into the MLflow UI."""
    base = base_url(store)
    echo(f"\n{UI}")
    for summary in summaries:
        echo(f"  {summary.task}: {charts_link(base, summary.experiment)}")
        for study in summary.studies:
            if study.best_run:
                echo(f"    best {study.model} trial: {run_link(base, summary.experiment, study.best_run)}")
        sweeps = read_sweep(store, summary.sweep_run).experiment_id
        echo(f"    sweep: {run_link(base, sweeps, summary.sweep_run)}")


def show_suite(summaries: Sequence[SweepSummary], orders: Mapping[str, int | None]) -> None:
    """Print one table with a row for each task: baselines, median test loss of each model type, order, verdict."""
    models = [study.model for study in summaries[0].studies]
    show = print_wide_table if len(models) > UNSPLIT else print_table
    show(
        "Test losses, of model types the medians of the confirmations; order that the linear network reduces to.",
        ("task", *SUITE_BASELINES, *models, "order", "verdict"),
        [suite_row(summary, models, orders[summary.task]) for summary in summaries],
    )


def suite_row(summary: SweepSummary, models: Sequence[str], order: int | None) -> tuple[str, ...]:
    """Return the row of one task."""
    medians = {each.model: f"{each.quartiles[1]:.3g}" for each in summary.confirmations}
    losses = losses_by_label(summary.baselines)
    baselines = (f"{max(losses[label], ROUNDING):.3g}" for label in SUITE_BASELINES)
    medians_text = (medians.get(model, "-") for model in models)
    return (summary.task, *baselines, *medians_text, "-" if order is None else str(order), summary.verdict.headline)


def show_baselines(baselines: Baselines, intervals: Mapping[str, Estimate]) -> None:
    """Print a task's baselines and bounds, the linear predictors, and least squares by number of lags."""
    title = f"{baselines.task}: losses on the test split; 1 is the best constant predictor's."
    print_table(title, *baselines_table(baselines, intervals))
    echo()
    candidates = [(each.name, f"{each.val:.4g}", f"{each.test:.4g}") for each in baselines.candidates]
    print_table("Linear predictors, the best of each kind.", ("", "val loss", "test loss"), candidates)
    echo()
    rows = [
        (
            str(point.lags),
            f"{point.val:.4g}",
            f"{point.test:.4g}",
            "chosen" if point.lags == baselines.linear_lags else "",
        )
        for point in baselines.curve
    ]
    title = "Least squares by number of lags, fitted to the training split alone."
    print_table(title, ("lags", "val loss", "test loss", ""), rows)


def trial_json(result: TrialResult, run_id: str) -> dict[str, Any]:
    """Return a trial as the object that `linrnn train --json` prints; a number that is not finite is null."""
    first, median, third = quartiles(result.test_losses)
    return {
        "run_id": run_id,
        "task": result.config.task.label,
        "question": result.config.task.question,
        "model": result.config.model.name,
        "outcome": result.outcome,
        "replicas": result.config.training.replicas,
        "diverged": int(result.history.diverged.sum()),
        "seconds": result.seconds,
        "objective": finite(result.history.objective),
        "best_val_loss": finite(result.history.median_best_val_loss),
        "median_test_loss": finite(median),
        "iqr": finite(third - first),
    }


def show_trial(store: Store, result: TrialResult, run_id: str) -> None:
    """Print the losses of a trial, and its link."""
    first, median, third = quartiles(result.test_losses)
    config, history = result.config, result.history
    row = (
        config.task.label,
        config.model.name,
        str(config.training.replicas),
        str(int(history.diverged.sum())),
        f"{history.objective:.3g}",
        f"{median:.3g}",
        f"{first:.3g} to {third:.3g}",
    )
    header = ("task", "model", "replicas", "diverged", objective_label(OBJECTIVE), "median test loss", "quartiles")
    print_table("A loss of 1 is the best constant predictor's.", header, [row])
    echo(f"\nrun {run_id}")
    page = run_link(base_url(store), experiment_id(store, config.task.label), run_id)
    echo(f"{UI} {page}")
