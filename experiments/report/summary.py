"""Summary of a sweep: counts, best trials, statistics of the confirmations and the verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from experiments.report.nonlinearity_text import effect_text
from experiments.report.sweep_record import ConfirmationTrial, SweepRecord
from experiments.search.search_space import describe_space
from experiments.search.sweep_config import SweepConfig
from linrnn.analysis.bootstrap import CELLS, Bootstrap
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.analysis.statistics import (
    LEAST_REPLICAS,
    Estimate,
    LossSample,
    SampleComparison,
    compare_samples,
    quartiles,
)
from linrnn.analysis.verdict import (
    LINEAR,
    MARGIN,
    Verdict,
    decide_verdict,
    find_excess,
    find_intervals,
    resample_predictors,
)
from linrnn.baseline.baselines import Baselines
from linrnn.data.step_losses import mean_widths
from linrnn.errors import LinrnnError
from linrnn.models.model import Model
from linrnn.training.history import OBJECTIVE, Losses
from linrnn.training.trial_config import to_text

INITIALIZATION = ("model.init", "model.spectral_radius")  # settings of the initial weights


class SweepError(LinrnnError):
    """A sweep of which no model type could be confirmed, as its trials failed."""


class StepMeans(NamedTuple):
    """How many consecutive test steps one value averages, at most: of the record, and of what intervals resample."""

    record: int
    interval: int


@dataclass(frozen=True)
class StudySummary:
    """Summary of one model type's study; what describes its best trial is None if no trial is complete."""

    model: str
    trials: int
    pruned: int
    diverged: int
    failed: int
    best_run: str | None
    objective: float | None
    best_val_loss: float | None  # median over replicas
    settings: Mapping[str, float | str | None]  # of the best trial: those that can be searched, by their full names
    parameters: int | None  # of one network of the best trial
    seconds: float  # of training: all trials and the confirmation


@dataclass(frozen=True)
class ConfirmationSummary:
    """Summary of one model type's confirmation; the test loss of a diverged replica is inf."""

    model: str
    run_id: str
    diverged: int
    test_loss: Losses  # (S,)
    median: Estimate  # of the test loss
    excess: Estimate | None  # median test loss divided by the linear baseline
    closed_gap: float | None  # part of the way from the linear to the nonlinear baseline
    linear_comparison: SampleComparison | None  # None for linear itself, without linear, or with too few replicas
    too_few_replicas: bool  # for a comparison with linear
    rmse: float | None = None  # of the median replica, in the data's own unit
    mae: float | None = None
    output_losses: tuple[float, ...] = ()  # of each output of the median replica
    residual_tests: NonlinearityTests | None = None  # of the median replica; None where there are none

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """First quartile, median and third quartile of the test loss."""
        return quartiles(self.test_loss)


@dataclass(frozen=True)
class SweepSummary:
    """Summary of a sweep; studies and confirmations are in the order of its model types."""

    task: str
    sweep_run: str
    experiment: str  # id of the MLflow experiment that holds its trials
    seconds: float  # of training: all trials and confirmations
    studies: tuple[StudySummary, ...]
    confirmations: tuple[ConfirmationSummary, ...]
    failures: tuple[str, ...]  # name and reason of each failed trial
    baselines: Baselines
    verdict: Verdict
    conditions: str  # under which the verdict was reached
    search_space: str  # in words
    ranges: Mapping[str, Sequence[float | str]]  # of the settings that were searched, by full name
    question: str = ""  # what is predicted, from what, and the rows of each split
    notes: tuple[str, ...] = ()  # how the user's file was read, and why its nonlinearity is not tested
    objective_name: str = OBJECTIVE  # quantile over replicas of the lowest validation loss that its studies minimize
    nonlinearity_tests: NonlinearityTests | None = None  # of the data; None where there are none
    omissions: tuple[str, ...] = ()  # what is wrong with the trials that are left out
    baseline_intervals: Mapping[str, Estimate] = field(default_factory=dict)  # by name; empty without step losses
    step_means: StepMeans | None = None  # None where no step losses are recorded

    @property
    def settings(self) -> list[str]:
        """Full names of the settings of its studies."""
        return list(dict.fromkeys(name for study in self.studies for name in study.settings))


def require_confirmations(summaries: Sequence[SweepSummary]) -> None:
    """Raise SweepError for the first sweep whose trials failed so that no model type could be confirmed."""
    for summary in summaries:
        if summary.failures and not summary.confirmations:
            raise SweepError(
                f"{summary.task}: no model type could be confirmed; {summary.failures[0]}; when that is mended, "
                f"linrnn sweep {summary.task} --fresh begins anew (fresh=True in Python)"
            )


def summarize(record: SweepRecord) -> SweepSummary:
    """Summarize a sweep.

    Parameters
    ----------
    record : SweepRecord
        The record of the sweep, loaded from a store or built in memory.

    Returns
    -------
    SweepSummary
        Counts and best trial of each study, median test loss with its 95 % bootstrap interval (Efron 1979) and
        comparison with `linear` of each confirmation, and the verdict.
    """
    networks = {trial.model: trial.sample for trial in record.complete_confirmations}
    losses = resample_predictors(record.baselines, networks)
    horizon = record.config.bases[0].task.forecast_span
    step_means = count_step_means(record, losses)
    return SweepSummary(
        task=record.task,
        sweep_run=record.run_id,
        experiment=record.experiment,
        seconds=sum([trial.seconds for trial in record.trials] + [trial.seconds for trial in record.confirmations]),
        studies=tuple(summarize_study(record, model) for model in record.models),
        confirmations=tuple(
            summarize_confirmation(trial, networks, losses, record.baselines, horizon)
            for trial in record.complete_confirmations
        ),
        failures=tuple(record.failures),
        baselines=record.baselines,
        verdict=decide_verdict(record.baselines, networks, losses, find_sign(record), build_models(record)),
        conditions="; ".join([describe_conditions(record.config), *describe_step_means(step_means)]),
        search_space=describe_space(record.spaces),
        ranges={name: each.search for space in record.spaces.values() for name, each in space.items() if each.search},
        question=record.config.bases[0].task.question,
        notes=tuple(record.notes),
        objective_name=record.objective_name,
        nonlinearity_tests=record.nonlinearity_tests,
        omissions=tuple(record.omissions),
        baseline_intervals=find_intervals(record.baselines, losses),
        step_means=step_means,
    )


def count_step_means(record: SweepRecord, losses: Bootstrap) -> StepMeans | None:
    """Return how many test steps the recorded step losses average, and those that intervals resample."""
    trials = [trial for trial in record.complete_confirmations if trial.step_losses is not None]
    if not trials or trials[0].step_losses is None:
        return None
    steps, batch = trials[0].step_losses.shape[-2:]
    counts = np.ones(steps, int) if trials[0].step_counts is None else trials[0].step_counts
    widths = mean_widths(steps, batch, CELLS)
    sums = np.add.reduceat(counts, np.cumsum(widths) - widths)
    return StepMeans(int(counts.max()), int(sums.max()) if losses.has_steps else 1)


def describe_step_means(means: StepMeans | None) -> list[str]:
    """Say what averages consecutive test steps, if anything does."""
    if means is None:
        return []
    texts = [f"intervals from means of {means.interval} test steps"] if means.interval > 1 else []
    return texts + ([f"test losses recorded as means of {means.record} steps"] if means.record > 1 else [])


def build_models(record: SweepRecord) -> dict[str, Model]:
    """Return the hyperparameters of each confirmation, those of the best trial, by model type."""
    models = {}
    for base in record.config.bases:
        best = record.best_trial(base.model.name)
        models[base.model.name] = record.build_model(best) if best else base.model
    return models


def find_sign(record: SweepRecord) -> str | None:
    """Return what a nonlinearity test finds in the data beyond the margin, in words; None if there is nothing."""
    tests = record.nonlinearity_tests
    sign = tests.find_nonlinear_mean(MARGIN) if tests else None
    return f"the test by {sign.name} (p = {sign.p:.2g}, {effect_text(tests)})" if tests and sign else None


def summarize_study(record: SweepRecord, model: str) -> StudySummary:
    """Summarize the study of one model type."""
    trials, best = record.study(model), record.best_trial(model)
    counts = Counter(trial.outcome for trial in trials)
    confirmations = [trial for trial in record.confirmations if trial.model == model]
    base = next(base for base in record.config.bases if base.model.name == model)
    return StudySummary(
        model=model,
        trials=len(trials),
        pruned=counts["pruned"],
        diverged=counts["diverged"],
        failed=counts["failed"],
        best_run=best.run_id if best else None,
        objective=best.objective if best else None,
        best_val_loss=best.best_val_loss if best else None,
        settings=best.settings if best else dict.fromkeys(record.config.searchable(base)),
        parameters=record.parameters.get(model),
        seconds=sum([trial.seconds for trial in trials] + [trial.seconds for trial in confirmations]),
    )


def summarize_confirmation(
    trial: ConfirmationTrial,
    networks: Mapping[str, LossSample],
    losses: Bootstrap,
    baselines: Baselines,
    horizon: int,
) -> ConfirmationSummary:
    """Summarize a confirmation, given the test losses of all model types and their resamples."""
    sample, linear = networks[trial.model], networks.get(LINEAR)
    median = losses.estimate(trial.model)
    comparable = linear is not None and trial.model != LINEAR
    enough = linear is not None and comparable and min(map(len, (sample.losses, linear.losses))) >= LEAST_REPLICAS
    resamples = losses.both
    return ConfirmationSummary(
        model=trial.model,
        run_id=trial.run_id,
        diverged=trial.diverged,
        test_loss=sample.losses,
        median=median,
        excess=find_excess(trial.model, losses),
        closed_gap=baselines.gap_fraction(median.value),
        linear_comparison=compare_samples(sample, linear, resamples[trial.model], resamples[LINEAR], max(horizon, 1))
        if linear is not None and enough
        else None,
        too_few_replicas=comparable and not enough,
        residual_tests=trial.residual_tests,
        **({} if trial.predictions is None else describe_errors(trial.predictions)),
    )


def describe_errors(predictions: Predictions) -> dict[str, Any]:
    """Return the errors of a confirmation's median replica by name: in the data's own unit, and of each output."""
    errors = {"rmse": predictions.rmse, "mae": predictions.mae}
    return {
        **{name: None if math.isnan(error) else error for name, error in errors.items()},
        "output_losses": tuple(predictions.output_losses.tolist()),
    }


def describe_conditions(config: SweepConfig) -> str:
    """Describe what a verdict depends on: initialization, budget, number of replicas."""
    training = config.bases[0].training
    initialization = ", ".join(
        f"{name}={'searched' if name in config.searches else text}"
        for name, text in to_text(config.bases[0]).items()
        if name in INITIALIZATION
    )
    return (
        f"{initialization}; {config.trials} trials of {training.epochs} epochs and {training.replicas} replicas for "
        f"each model type; {config.confirmation} replicas in the confirmation"
    )
