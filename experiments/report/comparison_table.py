"""What a sweep's model types came to, side by side, as a person reads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from experiments.report.summary import ConfirmationSummary, StudySummary, SweepSummary
from experiments.report.table import Table
from linrnn.analysis.statistics import Estimate, SampleComparison
from linrnn.baseline.baselines import Baselines

NONE = "-"
TOO_FEW = "too few replicas to tell"


def trials_text(study: StudySummary) -> str:
    """How many trials, and how many of them did not come to their end, and why."""
    counts = {"pruned": study.pruned, "diverged": study.diverged, "failed": study.failed}
    notes = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{study.trials} ({notes})" if notes else str(study.trials)


def number(value: float | None) -> str:
    """Three digits, or that there is none."""
    return NONE if value is None or math.isnan(value) else f"{value:.3g}"


def share(value: float | None) -> str:
    """A part of 1, in percent."""
    return NONE if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"


def between(estimate: Estimate) -> str:
    """An interval, where there is one."""
    return f"{estimate.low:.3g} to {estimate.high:.3g}" if estimate.low > -math.inf else NONE


def ratio_text(found: SampleComparison) -> str:
    """A ratio with its interval; none of two that diverge."""
    return NONE if math.isnan(found.ratio.value) else f"{number(found.ratio.value)} ({between(found.ratio)})"


def quartiles_text(found: ConfirmationSummary) -> str:
    """First and third quartile of the test loss."""
    first, _, third = found.quartiles
    return f"{first:.3g} to {third:.3g}"


def beside(text: Callable[[SampleComparison], str]) -> Callable[[ConfirmationSummary], str]:
    """A cell that tells of the difference from linear."""

    def cell(found: ConfirmationSummary) -> str:
        if found.beside_linear:
            return text(found.beside_linear)
        return TOO_FEW if found.too_few_to_tell else NONE

    return cell


OF_STUDIES: Mapping[str, Callable[[StudySummary], str]] = {
    "trials": trials_text,
    "training seconds": lambda study: number(study.seconds),
    "hidden size": lambda study: number(study.hidden_size),
    "learning rate": lambda study: number(study.learning_rate),
    "parameters": lambda study: NONE if study.parameters is None else str(study.parameters),
    "val loss": lambda study: "no trial complete" if study.best_val_loss is None else number(study.best_val_loss),
}
OF_CONFIRMATIONS: Mapping[str, Callable[[ConfirmationSummary], str]] = {
    "replicas confirmed": lambda found: str(len(found.test_loss)),
    "divergence rate": lambda found: share(found.diverged / len(found.test_loss)),
    "median test loss": lambda found: number(found.median.value),
    "quartiles": quartiles_text,
    "95 % interval": lambda found: between(found.median),
    "times the linear floor": lambda found: number(found.excess),
    "gap closed": lambda found: share(found.gap_closed),
    "times linear's loss": beside(ratio_text),
    "permutation p": beside(lambda found: f"{found.p:.2g}"),
    "better than linear": beside(lambda found: share(found.superiority)),
}
WHAT = {
    "trials": "of the search, by what became of them",
    "training seconds": "of all its trials and the confirmation",
    "hidden size": "of the best trial, as are learning rate, parameters and val loss",
    "replicas confirmed": "networks of the best config, trained on fresh seeds",
    "95 % interval": "of the median, by bootstrap",
    "times the linear floor": "median test loss over the best linear predictor's; 1 is as good",
    "gap closed": "of the way from the linear floor to the nonlinear reference",
    "times linear's loss": "ratio of the medians, with its interval",
    "permutation p": "how often replicas dealt out by chance differ as much",
    "better than linear": "how likely a network of it is better than a linear one",
}


def comparison_table(summary: SweepSummary) -> Table:
    """A row a measure, a column a model type."""
    confirmed = {each.model: each for each in summary.confirmations}
    header = (summary.task, *(study.model for study in summary.studies))
    rows = [(name, *(text(study) for study in summary.studies)) for name, text in OF_STUDIES.items()]
    for name, told in OF_CONFIRMATIONS.items():
        found = [confirmed.get(study.model) for study in summary.studies]
        rows.append((name, *(NONE if each is None else told(each) for each in found)))
    return Table(header, rows)


SHORT = ("trials", "hidden size", "learning rate", "val loss", "median test loss", "quartiles", "divergence rate")


def short_table(summaries: Sequence[SweepSummary]) -> Table:
    """A row a sweep and model type, some measures as columns."""
    rows: list[tuple[str, ...]] = []
    for summary in summaries:
        cells = {row[0]: row[1:] for row in comparison_table(summary).rows}
        models = zip(summary.studies, *(cells[name] for name in SHORT), strict=True)
        rows += [(summary.task, study.model, *told) for study, *told in models]
    return Table(("task", "model", *SHORT), rows)


def baseline_rows(floors: Baselines) -> list[tuple[str, str, str]]:
    """Each floor: its name, its loss, and of which predictors."""
    what = {
        "trivial": "the mean, or the last value",
        "linear": f"least squares on {floors.linear_lags} lags",
        "analytic": "the best linear predictor, in closed form",
        "nonlinear": "kernel ridge regression",
        "noise": "what no predictor goes below",
    }
    return [(name, f"{loss:.4g}", what[name]) for name, loss in floors.lines.items()]


def baselines_text(floors: Baselines) -> str:
    """The floors in a line."""
    lags = {"linear": f" ({floors.linear_lags} lags)"}
    return ", ".join(f"{name} {loss:.3g}{lags.get(name, '')}" for name, loss in floors.lines.items())
