"""What a sweep found, read from the store alone; as values, as one JSON object and as markdown."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlflow.entities import Run

from experiments.sweep_config import SweepConfig, from_record
from linrnn.config import to_text
from linrnn.floors import Floors
from linrnn.progress import Losses, quartiles
from linrnn.verdict import Verdict, verdict
from tracking.reading import read_config, read_curves, read_floors, trials_of
from tracking.store import Store

START = ("model.init", "model.spectral_radius")  # settings of the first weights


@dataclass(frozen=True)
class StudySummary:
    """One model type's search; `best` fields are None where none is complete."""

    model: str
    trials: int
    pruned: int
    diverged: int
    failed: int
    best_run: str | None
    best_val_loss: float | None
    hidden_size: int | None
    learning_rate: float | None


@dataclass(frozen=True)
class Confirmation:
    """A best config trained again on fresh seeds; test losses of its replicas, diverged ones counted as inf."""

    model: str
    run_id: str
    diverged: int
    test_loss: Losses

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median and third quartile of the test loss."""
        return quartiles(self.test_loss)


@dataclass(frozen=True)
class SweepSummary:
    """A sweep's studies and confirmations, in the order of its model types."""

    task: str
    sweep_run: str
    experiment: str  # id of the MLflow experiment that holds its trials
    seconds: float  # of training, over all its trials
    studies: tuple[StudySummary, ...]
    confirmations: tuple[Confirmation, ...]
    failures: tuple[str, ...]  # of trials that came to nothing: which, and why
    floors: Floors
    verdict: Verdict
    conditions: str  # that the verdict holds under


def summarise(store: Store, sweep: Run) -> SweepSummary:
    """What the runs of a sweep say."""
    models = sweep.data.params["models"].split(", ")
    runs = trials_of(store, sweep)
    phases: dict[tuple[str, str], list[Run]] = {
        (phase, model): [] for phase in ("search", "confirmation") for model in models
    }
    for run in runs:
        phases[run.data.tags["phase"], run.data.params["model"]].append(run)
    confirmations = tuple(
        confirmed(store, run)
        for model in models
        for run in phases["confirmation", model]
        if run.data.tags["outcome"] != "failed"
    )
    floors = read_floors(store, sweep)
    return SweepSummary(
        task=sweep.data.tags["task"],
        sweep_run=sweep.info.run_id,
        experiment=runs[0].info.experiment_id,
        seconds=sum(run.data.metrics["seconds"] for run in runs),
        studies=tuple(study_summary(model, phases["search", model]) for model in models),
        confirmations=confirmations,
        failures=tuple(failure(run) for run in runs if run.data.tags["outcome"] == "failed"),
        floors=floors,
        verdict=verdict(floors, {each.model: each.test_loss for each in confirmations}),
        conditions=conditions(from_record(sweep.data.params)),
    )


def study_summary(model: str, runs: Sequence[Run]) -> StudySummary:
    """What the trials of one study found."""
    counts = Counter(run.data.tags["outcome"] for run in runs)
    outcomes = (len(runs), counts["pruned"], counts["diverged"], counts["failed"])
    complete = [run for run in runs if run.data.tags["outcome"] == "complete"]
    best = min(complete, key=lambda run: (run.data.metrics["best_val_loss"], int(run.data.tags["trial"])), default=None)
    if best is None:
        return StudySummary(model, *outcomes, None, None, None, None)
    config = read_config(best)
    return StudySummary(
        model,
        *outcomes,
        best.info.run_id,
        best.data.metrics["best_val_loss"],
        config.model.hidden_size,
        config.training.learning_rate,
    )


def conditions(config: SweepConfig) -> str:
    """What a verdict holds under: first weights, budget, replicas."""
    training = config.bases[0].training
    started = ", ".join(f"{name}={text}" for name, text in to_text(config.bases[0]).items() if name in START)
    return (
        f"{started}; {config.trials} trials of {training.epochs} epochs and {training.replicas} replicas a model type; "
        f"{config.confirmation} replicas confirmed"
    )


def failure(run: Run) -> str:
    """Which trial failed, and why."""
    return f"{run.data.tags['mlflow.runName']}: {run.data.tags['reason']}"


def confirmed(store: Store, run: Run) -> Confirmation:
    """What a confirmation's run says."""
    diverged = round(run.data.metrics["diverged_replicas"])
    return Confirmation(run.data.params["model"], run.info.run_id, diverged, read_curves(store, run)["test_loss"])


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
