"""What sweeps found, as one JSON object, as the rows of a CSV file, and as markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.report.comparison_table import baselines_text, comparison_table
from experiments.report.summary import ConfirmationSummary, StudySummary, SweepSummary
from experiments.report.table import Table
from linrnn.analysis.statistics import Estimate, SampleComparison
from linrnn.baseline.baselines import Baselines


def sweeps_json(summaries: Sequence[SweepSummary]) -> dict[str, Any]:
    """The object that `--json` prints; what is not finite is null."""
    return {"schema": 1, "sweeps": [sweep_json(summary) for summary in summaries]}


def sweep_json(summary: SweepSummary) -> dict[str, Any]:
    """One sweep of that object."""
    return {
        "task": summary.task,
        "sweep_run": summary.sweep_run,
        "seconds": summary.seconds,
        "studies": [study_json(study) for study in summary.studies],
        "confirmation": [confirmation_json(confirmation) for confirmation in summary.confirmations],
        "failures": list(summary.failures),
        "floors": baselines_json(summary.floors),
        "verdict": summary.verdict.word,
        "reason": summary.verdict.reason,
        "conditions": summary.conditions,
    }


def study_json(study: StudySummary) -> dict[str, Any]:
    """One study of that object; `seconds` are of training, its confirmation among it."""
    return {
        "model": study.model,
        "trials": study.trials,
        "pruned": study.pruned,
        "diverged": study.diverged,
        "failed": study.failed,
        "best_run": study.best_run,
        "best_val_loss": study.best_val_loss,
        "hidden_size": study.hidden_size,
        "learning_rate": study.learning_rate,
        "parameters": study.parameters,
        "seconds": study.seconds,
    }


def confirmation_json(confirmation: ConfirmationSummary) -> dict[str, Any]:
    """One confirmation of that object; `iqr` is the interquartile range, third quartile less first."""
    first, middle, third = confirmation.quartiles
    return {
        "model": confirmation.model,
        "run_id": confirmation.run_id,
        "replicas": len(confirmation.test_loss),
        "diverged": confirmation.diverged,
        "median_test_loss": finite(middle),
        "iqr": finite(third - first),
        "quartiles": [finite(first), finite(third)],
        "interval": interval(confirmation.median),
        "excess": optional(confirmation.excess),
        "gap_closed": optional(confirmation.gap_closed),
        "too_few_replicas": confirmation.too_few_to_tell,
        "beside_linear": None if confirmation.beside_linear is None else difference_json(confirmation.beside_linear),
    }


def difference_json(found: SampleComparison) -> dict[str, Any]:
    """What sets a model type's test losses apart from those of linear: ratio of medians, p, superiority."""
    return {
        "ratio": finite(found.ratio.value),
        "interval": interval(found.ratio),
        "p": found.p,
        "superiority": found.superiority,
    }


def interval(estimate: Estimate) -> list[float | None]:
    """Both ends of an interval."""
    return [finite(estimate.low), finite(estimate.high)]


def baselines_json(floors: Baselines) -> dict[str, Any]:
    """The floors of a task, as `linrnn floors --json` prints them."""
    return {
        "task": floors.task,
        "trivial": floors.trivial,
        "linear": floors.linear,
        "linear_lags": floors.linear_lags,
        "analytic": floors.analytic,
        "nonlinear": floors.nonlinear,
        "noise": floors.noise,
    }


def finite(value: float) -> float | None:
    """The value, or None for what JSON has no number for."""
    return value if math.isfinite(value) else None


def optional(value: float | None) -> float | None:
    """The same for a value that may be missing."""
    return None if value is None else finite(value)


CONFIRMED = ("run_id", "replicas", "diverged", "median_test_loss", "iqr", "excess", "gap_closed", "too_few_replicas")
BOTH = (None, None)  # ends of an interval that is not there


def sweeps_table(summaries: Sequence[SweepSummary]) -> Table:
    """The same numbers, a row a sweep and model type."""
    rows = [row for summary in summaries for row in flat_rows(summary)]
    header = tuple(dict.fromkeys(name for row in rows for name in row))
    return Table(header, [tuple(row.get(name) for name in header) for row in rows])


def flat_rows(summary: SweepSummary) -> Iterator[dict[str, Any]]:
    """One flat object a model type, always of the same names."""
    confirmed = {each.model: confirmation_json(each) for each in summary.confirmations}
    shared = {
        "sweep_run": summary.sweep_run,
        "verdict": summary.verdict.word,
        "reason": summary.verdict.reason,
        "conditions": summary.conditions,
        "failures": "; ".join(summary.failures),
        **{f"floor_{name}": value for name, value in baselines_json(summary.floors).items() if name != "task"},
    }
    for study in summary.studies:
        about = flat_confirmation(confirmed.get(study.model, {}))
        yield {"task": summary.task, **study_json(study), **about, **shared}


def flat_confirmation(found: Mapping[str, Any]) -> dict[str, Any]:
    """A confirmation as a flat object; None for all that it has not."""
    beside = found.get("beside_linear") or {}
    pairs = {
        "confirmation_quartile": found.get("quartiles"),
        "confirmation_interval": found.get("interval"),
        "beside_linear_ratio": beside.get("interval"),
    }
    ends = {f"{name}_{end}": (pair or BOTH)[k] for name, pair in pairs.items() for k, end in enumerate(("low", "high"))}
    return {
        **{f"confirmation_{name}": found.get(name) for name in CONFIRMED},
        **{f"beside_linear_{name}": beside.get(name) for name in ("ratio", "p", "superiority")},
        **ends,
    }


def sweep_markdown(summary: SweepSummary) -> str:
    """The description of a sweep's run."""
    table = comparison_table(summary)
    lines = [
        f"**{summary.task}: {summary.verdict.word}.** {summary.verdict.reason}.",
        "",
        f"Holds for: {summary.conditions}.",
        "",
        "Studies of equal budget, each ended by a confirmation on fresh seeds. A loss of 1 is the best constant's.",
        "",
        f"| {' | '.join(table.header)} |",
        f"|{'---|' * len(table.header)}",
        *(f"| {' | '.join(row)} |" for row in table.rows),
        "",
        *(f"A trial failed: {failed}.\n" for failed in summary.failures),
        f"Floors, by predictors that are no networks: {baselines_text(summary.floors)}.",
        "",
        "Figures, tables and a report of one file are among the artifacts.",
    ]
    again = reproduce_commands(summary)
    if again:
        lines += ["", "The best runs again, bit for bit, in the folder of this store:", "", "```", *again, "```"]
    return "\n".join(lines)


def reproduce_commands(summary: SweepSummary) -> list[str]:
    """The commands that train again each study's best trial and its confirmation."""
    best = [f"linrnn reproduce {study.best_run}  # best {study.model}" for study in summary.studies if study.best_run]
    return best + [f"linrnn reproduce {each.run_id}  # {each.model} confirmed" for each in summary.confirmations]
