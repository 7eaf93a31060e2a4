"""Comparison tables of sweeps, as people read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from experiments.report.reference_losses import ReferenceLoss, reference_losses
from experiments.report.summary import ConfirmationSummary, StudySummary, SweepSummary
from experiments.report.table import Table
from experiments.search.search_space import setting_label, short_names
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.analysis.statistics import Estimate, SampleComparison
from linrnn.analysis.verdict import BASELINE_LABELS
from linrnn.baseline.baselines import Baselines
from linrnn.training.history import QUANTILES

MISSING = "-"
MOST_SETTINGS = 3  # of a short table
TOO_FEW = "too few replicas"


def trials_text(study: StudySummary) -> str:
    """Write the number of trials and, in parentheses, of those that did not complete."""
    counts = {"pruned": study.pruned, "diverged": study.diverged, "failed": study.failed}
    notes = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{study.trials} ({notes})" if notes else str(study.trials)


def number_text(value: float | None) -> str:
    """Write a number with three digits."""
    return MISSING if value is None or math.isnan(value) else f"{value:.3g}"


def percent_text(value: float | None) -> str:
    """Write a fraction in percent."""
    return MISSING if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def interval_text(estimate: Estimate) -> str:
    """Write an interval."""
    return f"{estimate.low:.3g} to {estimate.high:.3g}" if estimate.low > -math.inf else MISSING


def estimate_text(estimate: Estimate | None) -> str:
    """Write a number with its interval; it is missing where it is the ratio of infinite losses."""
    if estimate is None or math.isnan(estimate.value):
        return MISSING
    return number_text(estimate.value) + (f" ({interval_text(estimate)})" if estimate.low < math.inf else "")


def p_text(p: float) -> str:
    """Write a p-value; it is missing where there are too few test steps."""
    return MISSING if math.isnan(p) else f"{p:.2g}"


def rejections_text(tests: NonlinearityTests | None) -> str:
    """Write how many tests reject."""
    return MISSING if tests is None or not tests.tests else f"{len(tests.rejections)} of {len(tests.tests)} reject"


def quartiles_text(confirmation: ConfirmationSummary) -> str:
    """Write the first and third quartile of the test loss."""
    first, _, third = confirmation.quartiles
    return f"{first:.3g} to {third:.3g}"


def loss_text(study: StudySummary) -> str:
    """Write the objective of the best trial of a study."""
    return "no complete trial" if study.objective is None else number_text(study.objective)


def objective_label(objective_name: str) -> str:
    """Name the objective of a study, in a table."""
    return f"val loss ({objective_name})"


def comparison_text(
    write: Callable[[SampleComparison], str],
) -> Callable[[ConfirmationSummary], str]:
    """Return the function that writes one quantity of a confirmation's comparison with linear."""

    def cell(confirmation: ConfirmationSummary) -> str:
        if confirmation.linear_comparison:
            return write(confirmation.linear_comparison)
        return TOO_FEW if confirmation.too_few_replicas else MISSING

    return cell


def setting_text(name: str, study: StudySummary) -> str:
    """Write the best trial's value of a setting."""
    return value_text(study.settings.get(name))


def value_text(value: float | str | None) -> str:
    """Write a value of a setting."""
    return value if isinstance(value, str) else number_text(value)


CONFIRMATION_ROWS: Mapping[str, Callable[[ConfirmationSummary], str]] = {
    "confirmation replicas": lambda confirmation: str(len(confirmation.test_loss)),
    "divergence rate": lambda confirmation: percent_text(confirmation.diverged / len(confirmation.test_loss)),
    "RMSE": lambda confirmation: number_text(confirmation.rmse),
    "MAE": lambda confirmation: number_text(confirmation.mae),
    "median test loss": lambda confirmation: number_text(confirmation.median.value),
    "quartiles": quartiles_text,
    "95 % interval": lambda confirmation: interval_text(confirmation.median),
    "times the linear baseline": lambda confirmation: estimate_text(confirmation.excess),
    "gap closed": lambda confirmation: percent_text(confirmation.closed_gap),
    "times linear's loss": comparison_text(lambda comparison: estimate_text(comparison.ratio)),
    "Diebold-Mariano p": comparison_text(lambda comparison: p_text(comparison.p)),
    "better than linear": comparison_text(lambda comparison: percent_text(comparison.superiority)),
    "residual tests": lambda confirmation: rejections_text(confirmation.residual_tests),
}
UNIT_ROWS = ("RMSE", "MAE")  # which only a table with a unit of its own has
EXPLANATIONS = {
    "trials": "trials of the study, and how many of them did not complete",
    "training seconds": "all trials and the confirmation",
    "parameters": "of one network of the best trial",
    **{
        objective_label(
            name
        ): f"of the best trial: {name} over replicas of the lowest validation loss, which the study minimized"
        for name in QUANTILES
    },
    "confirmation replicas": "networks of the best config, trained on fresh seeds",
    "divergence rate": "of the confirmation's replicas",
    "95 % interval": "of the median, by bootstrap over replicas and blocks of test steps",
    "RMSE": "root mean square error on the test split, in the data's unit, of the median replica",
    "MAE": "mean absolute error on the test split, in the data's unit, of the median replica",
    "times the linear baseline": "median test loss divided by the linear baseline's, with its 95 % interval",
    "gap closed": "part of the way from the linear to the nonlinear baseline",
    "times linear's loss": "ratio of the median test losses, with its 95 % interval",
    "Diebold-Mariano p": "p-value of a test of equal accuracy of the median replicas on the test steps",
    "residual tests": "of the median replica's test residuals, against their past, lagged inputs and products of these",
    "better than linear": "probability that one network has a lower test loss than one linear network",
}


def study_rows(summary: SweepSummary) -> dict[str, Callable[[StudySummary], str]]:
    """Return what the rows of a comparison table write about a study, one row for each setting among them."""
    settings = summary.settings
    names = short_names(settings)
    return {
        "trials": trials_text,
        "training seconds": lambda study: number_text(study.seconds),
        **{setting_label(names[name]): partial(setting_text, name) for name in settings},
        "parameters": lambda study: MISSING if study.parameters is None else str(study.parameters),
        objective_label(summary.objective_name): loss_text,
    }


def explanations(settings: Sequence[str]) -> dict[str, str]:
    """Return what each row of a comparison table means."""
    return EXPLANATIONS | {setting_label(name): "of the best trial" for name in short_names(settings).values()}


def comparison_table(summary: SweepSummary) -> Table:
    """Return the table that has a row for each quantity and a column for each model type."""
    confirmations = {each.model: each for each in summary.confirmations}
    header = (summary.task, *(study.model for study in summary.studies))
    rows: list[tuple[str, ...]] = [
        (name, *(write(study) for study in summary.studies)) for name, write in study_rows(summary).items()
    ]
    for name, write in CONFIRMATION_ROWS.items():
        column = [confirmations.get(study.model) for study in summary.studies]
        cells = [MISSING if each is None else write(each) for each in column]
        if name not in UNIT_ROWS or {*cells} != {MISSING}:
            rows.append((name, *cells))
    return Table(header, rows)


def short_table(summaries: Sequence[SweepSummary]) -> Table:
    """Return the table that has a row for each sweep and model type, and as many quantities as fit 80 columns."""
    studies = [study for summary in summaries for study in summary.studies]
    names = dict.fromkeys(name for study in studies for name in study.settings)
    settings = [name for name in names if all(name in study.settings for study in studies)][:MOST_SETTINGS]
    searched = [setting_label(name) for name in short_names(settings).values()]
    objectives = dict.fromkeys(objective_label(summary.objective_name) for summary in summaries)
    columns = (*searched, *objectives, "median test loss", "divergence rate")
    rows: list[tuple[str, ...]] = []
    for summary in summaries:
        cells = {row[0]: row[1:] for row in comparison_table(summary).rows}
        missing = (MISSING,) * len(summary.studies)
        models = zip(summary.studies, *(cells.get(name, missing) for name in columns), strict=True)
        rows += [(summary.task, study.model, *texts) for study, *texts in models]
    return Table(("task", "model", *columns), rows)


def baselines_table(baselines: Baselines, intervals: Mapping[str, Estimate]) -> Table:
    """Return the table of a task's baselines and bounds, given the intervals of the baselines by name."""
    ends = {BASELINE_LABELS[name]: interval_text(each) for name, each in intervals.items()}
    has_unit = baselines.unit is not None
    columns: dict[str, Callable[[ReferenceLoss], str]] = {
        "": lambda each: each.label,
        "loss": lambda each: f"{each.loss:.4g}",
        **({"95 % interval": lambda each: ends.get(each.label, MISSING)} if ends else {}),
        **(
            {"RMSE": lambda each: number_text(each.rmse), "MAE": lambda each: number_text(each.mae)} if has_unit else {}
        ),
        "predictor": lambda each: each.predictor,
    }
    rows = [tuple(write(each) for write in columns.values()) for each in reference_losses(baselines)]
    return Table(tuple(columns), rows)


def baselines_text(baselines: Baselines) -> str:
    """Write a task's baselines and bounds in one line."""
    methods = {"linear baseline": baselines.linear_method}

    def describe(each: ReferenceLoss) -> str:
        notes = [methods.get(each.label, ""), "" if each.rmse is None else f"RMSE {each.rmse:.3g}"]
        note = ", ".join(filter(None, notes))
        return f"{each.label} {each.loss:.3g}{note and f' ({note})'}"

    return ", ".join(map(describe, reference_losses(baselines)))
