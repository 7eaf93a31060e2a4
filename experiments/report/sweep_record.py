"""What the figures of a sweep are drawn from, read from the store alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from experiments.report.summary import SweepSummary
from experiments.search.optuna_adapter import importances, search_space
from experiments.search.sweep_config import sweep_config_of_run
from linrnn.analysis.predictions import Predictions
from linrnn.training.result import TrialSummary
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.artifacts import Curves
from tracking.runs.query import trial_runs
from tracking.runs.reader import read_curves, read_predictions, read_summary, read_trial
from tracking.schema import Phase
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


def findings(store: Store, sweep: SweepRun, summary: SweepSummary) -> Findings:
    """What is recorded of a sweep beside its summary."""
    runs = trial_runs(store, sweep)
    trials = [found(run) for run in runs if run.phase == Phase.SEARCH]
    confirmed = {each.model: read_trial(store, each.run_id) for each in summary.confirmations}
    said = {model: read_predictions(store, run) for model, run in confirmed.items()}
    config = sweep_config_of_run(sweep.params)
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
        datetime.fromtimestamp(sweep.start_time, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        next((run.provenance for run in reversed(runs) if run.provenance), {}),
    )


def found(run: TrialRun) -> TrialFound:
    """A trial as its run tells it, but for its curve."""
    return TrialFound(run.run_id, run.number, read_summary(run))
