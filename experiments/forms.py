"""What a sweep found, as one JSON object, as markdown, and as the rows of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.summary import Confirmation, StudySummary, SweepSummary
from linrnn.floors import Floors


def as_json(summaries: Sequence[SweepSummary]) -> dict[str, Any]:
    """The object that `--json` prints; what is not finite is null."""
    return {"schema": 1, "sweeps": [sweep_json(summary) for summary in summaries]}


def sweep_json(summary: SweepSummary) -> dict[str, Any]:
    """One sweep of that object."""
    return {
        "task": summary.task,
        "sweep_run": summary.sweep_run,
        "seconds": summary.seconds,
        "studies": [
            {
                "model": study.model,
                "trials": study.trials,
                "pruned": study.pruned,
                "diverged": study.diverged,
                "failed": study.failed,
                "best_run": study.best_run,
                "best_val_loss": study.best_val_loss,
                "hidden_size": study.hidden_size,
                "learning_rate": study.learning_rate,
            }
            for study in summary.studies
        ],
        "confirmation": [confirmation_json(confirmation) for confirmation in summary.confirmations],
        "failures": list(summary.failures),
        "floors": floors_json(summary.floors),
        "verdict": summary.verdict.word,
        "reason": summary.verdict.reason,
        "conditions": summary.conditions,
    }


def floors_text(floors: Floors) -> str:
    """The floors in a line."""
    lags = {"linear": f" ({floors.linear_lags} lags)"}
    return ", ".join(f"{name} {loss:.3g}{lags.get(name, '')}" for name, loss in floors.lines.items())


def floors_json(floors: Floors) -> dict[str, Any]:
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


def confirmation_json(confirmation: Confirmation) -> dict[str, Any]:
    """One confirmation of that object; `iqr` is the interquartile range, third quartile less first."""
    first, median, third = confirmation.quartiles
    return {
        "model": confirmation.model,
        "run_id": confirmation.run_id,
        "replicas": len(confirmation.test_loss),
        "diverged": confirmation.diverged,
        "median_test_loss": finite(median),
        "iqr": finite(third - first),
        "quartiles": [finite(first), finite(third)],
    }


def finite(value: float) -> float | None:
    """The value, or None for what JSON has no number for."""
    return value if math.isfinite(value) else None


def markdown(summary: SweepSummary) -> str:
    """The description of a sweep's run."""
    floors = floors_text(summary.floors)
    lines = [
        f"**{summary.task}: {summary.verdict.word}.** {summary.verdict.reason}.",
        "",
        f"Holds for: {summary.conditions}.",
        "",
        f"Floors, by predictors that are no networks: {floors}.",
        "",
        "Studies of equal budget, each ended by a confirmation on fresh seeds. A loss of 1 is the best constant's.",
        "",
        "| model | trials | hidden size | learning rate | val loss | median test loss | quartiles (replicas) |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(row[1:])} |" for row in rows(summary))])


def rows(summary: SweepSummary) -> list[tuple[str, ...]]:
    """The table of a sweep as text: task, model type, trials, best config, its losses."""
    confirmations = {confirmation.model: confirmation for confirmation in summary.confirmations}
    return [
        (summary.task, study.model, trials_text(study), *best_text(study), *test_text(confirmations.get(study.model)))
        for study in summary.studies
    ]


def trials_text(study: StudySummary) -> str:
    """How many trials, and how many of them did not come to their end, and why."""
    counts = {"pruned": study.pruned, "diverged": study.diverged, "failed": study.failed}
    notes = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{study.trials} ({notes})" if notes else str(study.trials)


def best_text(study: StudySummary) -> tuple[str, str, str]:
    """Hidden size, learning rate and val loss of a study's best trial."""
    if study.best_val_loss is None:
        return "-", "-", "no trial complete"
    return str(study.hidden_size), f"{study.learning_rate:.3g}", f"{study.best_val_loss:.3g}"


def test_text(confirmation: Confirmation | None) -> tuple[str, str]:
    """Median test loss of a confirmation, and its quartiles."""
    if confirmation is None:
        return "-", "-"
    first, median, third = confirmation.quartiles
    count, diverged = len(confirmation.test_loss), confirmation.diverged
    note = f"{count}, {diverged} diverged" if diverged else f"{count}"
    return f"{median:.3g}", f"{first:.3g} to {third:.3g} ({note})"
