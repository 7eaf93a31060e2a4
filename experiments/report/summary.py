"""What a sweep found, read from the store alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.search.sweep_config import SweepConfig, sweep_config_of_run
from linrnn.analysis.statistics import (
    LEAST_REPLICAS,
    Estimate,
    SampleComparison,
    compare_samples,
    estimate_median,
    quartiles,
)
from linrnn.analysis.verdict import LINEAR, Verdict, decide_verdict
from linrnn.baseline.baselines import Baselines
from linrnn.training.history import Losses
from linrnn.training.trial_config import to_text
from tracking.run_views import SweepRun, TrialRun
from tracking.runs.query import trial_runs
from tracking.runs.reader import count_parameters, read_baselines, read_config, read_test_losses
from tracking.schema import Phase, Tag
from tracking.store.access import Store

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
    parameters: int | None  # of one network of the best config
    seconds: float  # of training, over its trials and its confirmation


@dataclass(frozen=True)
class ConfirmationSummary:
    """A best config trained again on fresh seeds; test losses of its replicas, diverged ones counted as inf."""

    model: str
    run_id: str
    diverged: int
    test_loss: Losses
    median: Estimate  # of the test loss
    excess: float | None  # the median over the linear floor
    gap_closed: float | None  # of the way from the linear floor to the nonlinear reference
    beside_linear: SampleComparison | None  # None for linear itself, without it, and with too few replicas to tell
    too_few_to_tell: bool  # whether there is something to compare with, but too few replicas

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
    confirmations: tuple[ConfirmationSummary, ...]
    failures: tuple[str, ...]  # of trials that came to nothing: which, and why
    floors: Baselines
    verdict: Verdict
    conditions: str  # that the verdict holds under


def summarize_sweep(store: Store, sweep: SweepRun) -> SweepSummary:
    """What the runs of a sweep say."""
    models, runs = sweep.models, trial_runs(store, sweep)
    phases: dict[tuple[Phase, str], list[TrialRun]] = {
        (phase, model): [] for phase in (Phase.SEARCH, Phase.CONFIRMATION) for model in models
    }
    for run in runs:
        phases[run.phase, run.model].append(run)
    floors = read_baselines(store, sweep)
    confirmed = [run for model in models for run in phases[Phase.CONFIRMATION, model] if not run.is_failed]
    losses = {run.model: read_test_losses(store, run) for run in confirmed}
    return SweepSummary(
        task=sweep.task,
        sweep_run=sweep.run_id,
        experiment=runs[0].experiment_id,
        seconds=sum(run.seconds for run in runs),
        studies=tuple(
            summarize_study(store, model, phases[Phase.SEARCH, model], phases[Phase.CONFIRMATION, model])
            for model in models
        ),
        confirmations=tuple(summarize_confirmation(run, losses, floors) for run in confirmed),
        failures=tuple(describe_failure(run) for run in runs if run.is_failed),
        floors=floors,
        verdict=decide_verdict(floors, losses),
        conditions=describe_conditions(sweep_config_of_run(sweep.params)),
    )


def summarize_study(store: Store, model: str, runs: Sequence[TrialRun], confirmed: Sequence[TrialRun]) -> StudySummary:
    """What the trials of one study found."""
    counts = Counter(run.outcome for run in runs)
    outcomes = (len(runs), counts["pruned"], counts["diverged"], counts["failed"])
    seconds = sum(run.seconds for run in (*runs, *confirmed))
    best = best_run(runs)
    if best is None:
        return StudySummary(model, *outcomes, None, None, None, None, None, seconds)
    config = read_config(best)
    return StudySummary(
        model,
        *outcomes,
        best.run_id,
        best.best_val_loss,
        config.model.hidden_size,
        config.training.learning_rate,
        count_parameters(store, best),
        seconds,
    )


def best_run(runs: Sequence[TrialRun]) -> TrialRun | None:
    """Of the trials of a study that of the lowest val loss, the earliest of equals; None where none is complete."""
    complete = [run for run in runs if run.is_complete]
    return min(complete, key=lambda run: (run.best_val_loss, run.number), default=None)


def describe_conditions(config: SweepConfig) -> str:
    """What a verdict holds under: first weights, budget, replicas."""
    training = config.bases[0].training
    started = ", ".join(f"{name}={text}" for name, text in to_text(config.bases[0]).items() if name in START)
    return (
        f"{started}; {config.trials} trials of {training.epochs} epochs and {training.replicas} replicas a model type; "
        f"{config.confirmation} replicas confirmed"
    )


def describe_failure(run: TrialRun) -> str:
    """Which trial failed, and why."""
    return f"{run.name}: {run.tag(Tag.REASON)}"


def summarize_confirmation(run: TrialRun, losses: Mapping[str, Losses], floors: Baselines) -> ConfirmationSummary:
    """What a confirmation's run says, beside the floors and the test losses of all model types."""
    model = run.model
    mine, estimate = losses[model], estimate_median(losses[model])
    comparable = model != LINEAR and LINEAR in losses
    enough = comparable and min(len(mine), len(losses[LINEAR])) >= LEAST_REPLICAS
    return ConfirmationSummary(
        model,
        run.run_id,
        run.diverged_replicas,
        mine,
        estimate,
        floors.excess(estimate.value),
        floors.gap_closed(estimate.value),
        compare_samples(mine, losses[LINEAR]) if enough else None,
        comparable and not enough,
    )
