"""What the figures of a sweep are drawn from, read from the store alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow.entities import Run

from experiments.report.summary import SweepSummary
from experiments.search.optuna_adapter import importances, search_space
from experiments.search.sweep_config import sweep_config_of_run
from linrnn.analysis.predictions import Predictions
from linrnn.training.result import TrialSummary
from tracking.runs.artifacts import Curves
from tracking.runs.query import trials_of
from tracking.runs.reader import read_config, read_curves, read_predictions, read_run
from tracking.runs.writer import PROVENANCE
from tracking.store.access import Store


@dataclass(frozen=True)
class TrialFound:
    """A trial of the search."""

    run_id: str
    number: int
    result: TrialSummary

    @property
    def model(self) -> str:
        """Its model type."""
        return self.result.config.model.name


@dataclass(frozen=True)
class Findings:
    """All of a sweep that is drawn, by model type: trials of the search, curves and predictions of the confirmation."""

    summary: SweepSummary
    trials: Sequence[TrialFound]
    curves: Mapping[str, Curves]
    predictions: Mapping[str, Predictions]
    importances: Mapping[str, Mapping[str, float]]  # of the settings searched; no entry where too few trials tell
    started: str  # when it began
    environment: Mapping[str, str]  # that it was trained in

    @property
    def models(self) -> list[str]:
        """The model types."""
        return [study.model for study in self.summary.studies]


def findings(store: Store, sweep: Run, summary: SweepSummary) -> Findings:
    """What is recorded of a sweep beside its summary."""
    runs = trials_of(store, sweep)
    trials = [found(run) for run in runs if run.data.tags["phase"] == "search"]
    confirmed = {each.model: read_run(store, each.run_id) for each in summary.confirmations}
    said = {model: read_predictions(store, run) for model, run in confirmed.items()}
    config = sweep_config_of_run(sweep.data.params)
    weighed = {
        base.model.name: importances(
            search_space(base, config.fixed), [each.result for each in trials if each.model == base.model.name]
        )
        for base in config.bases
    }
    return Findings(
        summary,
        trials,
        {model: read_curves(store, run) for model, run in confirmed.items()},
        {model: predicted for model, predicted in said.items() if predicted is not None},
        {model: each for model, each in weighed.items() if each},
        datetime.fromtimestamp(sweep.info.start_time / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        next((made for made in map(made_with, reversed(runs)) if made), {}),
    )


def made_with(run: Run) -> dict[str, str]:
    """What a trial's run tells of its environment; nothing where it failed."""
    return {name: run.data.tags[name] for name in PROVENANCE if name in run.data.tags}


def found(run: Run) -> TrialFound:
    """A trial as its run tells it, but for its curve."""
    config, outcome = read_config(run), run.data.tags["outcome"]
    loss = run.data.metrics.get("best_val_loss", math.inf)
    result = TrialSummary(config, outcome, loss, {}, run.info.start_time / 1000, run.data.metrics["seconds"])
    return TrialFound(run.info.run_id, int(run.data.tags["trial"]), result)
