"""A sweep's record: everything that a store holds of a sweep, loaded once, as one value.

The summary, figures, tables, JSON, Markdown and HTML of a sweep are pure functions of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from experiments.search.search_space import SearchSpace, setting_values
from experiments.search.selection import select_best_trial
from experiments.search.sweep_config import SweepConfig, read_sweep_config
from linrnn.analysis.characterisation import Characterisation
from linrnn.analysis.nonlinearity_tests import NonlinearityTests
from linrnn.analysis.predictions import Predictions
from linrnn.analysis.series_units import SeriesUnits, read_units
from linrnn.analysis.statistics import LossSample
from linrnn.baseline.baselines import Baselines
from linrnn.config.settings import format_value
from linrnn.errors import DataError
from linrnn.models.model import Model, Shapes, count_parameters
from linrnn.tasks.task import Task
from linrnn.training.history import OBJECTIVE
from linrnn.training.trial_config import TrialConfig, from_text, to_text
from tracking.run_views import ADVICE, SweepRun, TrialRun
from tracking.runs.artifacts import Curves
from tracking.runs.inspection import Inspection, inspect_runs
from tracking.runs.query import confirmation_runs, study_runs
from tracking.runs.reader import (
    read_baselines,
    read_characterisation,
    read_copy,
    read_curves,
    read_nonlinearity_tests,
    read_predictions,
    read_residual_tests,
    read_shapes,
    read_step_losses,
)
from tracking.schema import Artifact, CurveArray, SchemaError, Tag
from tracking.store.access import Store


@dataclass(frozen=True)
class SearchTrial:
    """A trial of a study, as recorded."""

    run_id: str
    model: str
    number: int
    outcome: str
    objective: float  # what its study minimizes; inf unless complete or pruned
    best_val_loss: float  # median over replicas of the lowest validation loss; inf unless complete or pruned
    seconds: float
    settings: Mapping[str, float | str]  # values of the settings that can be searched, by their names in the flat text
    has_diverged: bool = False  # whether a replica diverged


@dataclass(frozen=True)
class ConfirmationTrial:
    """A confirmation, as recorded."""

    run_id: str
    model: str
    outcome: str
    seconds: float
    diverged: int = 0  # replicas
    curves: Curves = field(default_factory=dict)  # empty if the trial failed
    predictions: Predictions | None = None  # None if the record has none
    step_losses: NDArray[np.float64] | None = None  # (S, T, B); None if the record has none
    step_counts: NDArray[np.int64] | None = None  # steps that each of these averages, (T,); None where it is one
    residual_tests: NonlinearityTests | None = None  # None if the record has none
    characterisation: Characterisation | None = None  # of the best replica; None if the record has none

    @property
    def sample(self) -> LossSample:
        """Test losses of its replicas, those of diverged ones inf."""
        return LossSample(self.curves[CurveArray.TEST_LOSS], self.step_losses)


@dataclass(frozen=True)
class SweepRecord:
    """Everything that a store holds of a sweep.

    Parameters
    ----------
    run_id : str
        Id of the sweep's run in MLflow.
    experiment : str
        Id of the MLflow experiment that holds the trials.
    start_time : float
        Start of the sweep, in seconds since 1970.
    task : str
        Label of the task.
    config : SweepConfig
        Configuration of the sweep, without the data of the task.
    baselines : Baselines
        Baselines and bounds of the task.
    trials : sequence of SearchTrial
        Trials of the studies: by model type, then by number.
    confirmations : sequence of ConfirmationTrial
        Confirmations in the order in which they started, failed ones included.
    parameters : mapping of str to int
        Number of parameters of one network of the best trial, by model type.
    failures : sequence of str
        Name and reason of each trial that failed.
    environment : mapping of str to str
        Versions and processor that the last trial was trained with.
    notes : sequence of str
        How the user's file was read, and why its nonlinearity is not tested.
    objective_name : str
        Quantile over replicas of the lowest validation loss that its studies minimize.
    nonlinearity_tests : NonlinearityTests or None
        Nonlinearity tests of the data; None for classes, too few data, and records of earlier versions.
    sizes : tuple of int
        Features of the inputs and of the outputs of the networks.
    units : SeriesUnits or None
        Unit and dates of a series from a file; None for other tasks, and where the file is neither where it was nor in
        the record.
    omissions : sequence of str
        What is wrong with each of its trials that is left out, and which of them are not in the store.
    """

    run_id: str
    experiment: str
    start_time: float
    task: str
    config: SweepConfig
    baselines: Baselines
    trials: Sequence[SearchTrial]
    confirmations: Sequence[ConfirmationTrial]
    parameters: Mapping[str, int]
    failures: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    objective_name: str = OBJECTIVE
    nonlinearity_tests: NonlinearityTests | None = None
    units: SeriesUnits | None = None
    omissions: Sequence[str] = ()
    sizes: tuple[int, int] = (1, 1)

    @property
    def models(self) -> list[str]:
        """Model types, in the order in which they were given."""
        return [base.model.name for base in self.config.bases]

    @property
    def spaces(self) -> dict[str, SearchSpace]:
        """Search space by model type."""
        return {base.model.name: self.config.space(base) for base in self.config.bases}

    @property
    def complete_confirmations(self) -> list[ConfirmationTrial]:
        """Confirmations with a result, in the order of the model types."""
        trained = [trial for trial in self.confirmations if trial.outcome != "failed"]
        return sorted(trained, key=lambda trial: self.models.index(trial.model))

    @property
    def predictions(self) -> dict[str, Predictions]:
        """Predictions of the confirmations that have them, by model type."""
        return {
            trial.model: trial.predictions for trial in self.complete_confirmations if trial.predictions is not None
        }

    @property
    def characterisations(self) -> list[Characterisation]:
        """The best replicas of the confirmations that have been characterised, in the order of the model types."""
        return [trial.characterisation for trial in self.complete_confirmations if trial.characterisation is not None]

    def study(self, model: str) -> list[SearchTrial]:
        """Return the trials of one model type."""
        return [trial for trial in self.trials if trial.model == model]

    def build_model(self, trial: SearchTrial) -> Model:
        """Return the model of a trial, with its hyperparameters."""
        base = next(base for base in self.config.bases if base.model.name == trial.model)
        return build_model(base, trial.settings)

    def best_trial(self, model: str) -> SearchTrial | None:
        """Return the best trial of one model type; None if none is complete."""
        return select_best_trial(self.study(model))


def build_model(base: TrialConfig, values: Mapping[str, float | str]) -> Model:
    """Return the model of a base whose searched settings have these values."""
    text = to_text(base)
    return from_text({**text, **{name: format_value(values[name]) for name in text if name in values}}).model


@dataclass(frozen=True)
class SweepRuns:
    """The MLflow runs of a sweep's trials: the sound ones of each study by model type, and of its confirmations.

    `omissions` says what is wrong with the other ones of which there is no sound one.
    """

    studies: Mapping[str, Sequence[TrialRun]]
    confirmations: Sequence[TrialRun]
    omissions: Sequence[str] = ()


def fetch_runs(store: Store, sweep: SweepRun) -> SweepRuns:
    """Fetch the runs of a sweep's trials from MLflow, each once."""
    count, omissions, studies = sweep.n_trials, list[str](), {}
    for model, study in zip(sweep.models, sweep.studies, strict=True):
        trials = inspect_study(store, study, model)
        numbers = {run.number for run in trials.sound}
        missing = [number for number in range(count) if number not in numbers]
        studies[model] = trials.sound
        if missing:
            omissions += trials.faults or [f"no run of trial {', '.join(map(str, missing))} of {study} is in the store"]
    confirmations = inspect_runs(store, (run for run in confirmation_runs(store, sweep) if run.is_recorded))
    lacking = {*sweep.models} - {run.model for run in confirmations.sound}
    return SweepRuns(studies, confirmations.sound, [*omissions, *(confirmations.faults if lacking else ())])


def load_sweep(store: Store, sweep: SweepRun, runs: SweepRuns | None = None, task: Task | None = None) -> SweepRecord:
    """Load the record of a sweep; read each artifact at most once.

    Parameters
    ----------
    store : Store
        The store that holds the sweep.
    sweep : SweepRun
        The sweep's own run.
    runs : SweepRuns, optional
        The runs of its trials, if they were fetched before.
    task : Task, optional
        The task of the sweep, if its data are in memory: a file is not read again for its unit and dates.

    Returns
    -------
    SweepRecord

    Raises
    ------
    StoreError
        An artifact is missing or damaged, or a run contradicts the schema.
    """
    config = read_sweep_config(sweep)
    runs = runs or fetch_runs(store, sweep)
    searched = {model: select_first(each, config.trials) for model, each in runs.studies.items()}
    every = [run for each in searched.values() for run in each] + list(runs.confirmations)
    if sweep.task != config.task:
        raise sweep.error(f"has {sweep.task!r} as its tag '{Tag.TASK}', and its task is {config.task!r}")
    if not every:
        raise SchemaError(f"sweep {sweep.run_id} of {sweep.task} has no sound trial in the store{ADVICE}")
    require_confirmations(sweep, searched, runs)
    best = {model: run for model, each in searched.items() if (run := select_best_trial(each))}
    shapes = {model: read_shapes(store, run) for model, run in best.items()}
    trials = [
        search_trial(run, config.searchable(base), to_text(base))
        for base in config.bases
        for run in searched[base.model.name]
    ]
    return SweepRecord(
        run_id=sweep.run_id,
        experiment=every[0].experiment_id,
        start_time=sweep.start_time,
        task=sweep.task,
        config=config,
        baselines=read_baselines(store, sweep),
        trials=trials,
        confirmations=[load_confirmation(store, run) for run in runs.confirmations],
        parameters={model: count_parameters(each) for model, each in shapes.items()},
        failures=[f"{run.name}: {run.find_tag(Tag.REASON) or 'no reason recorded'}" for run in every if run.is_failed],
        environment=next((run.provenance for run in reversed(every) if run.provenance), {}),
        notes=sweep.notes,
        objective_name=sweep.objective_name,
        nonlinearity_tests=read_nonlinearity_tests(store, sweep),
        units=read_units(task) if task else load_units(store, sweep, config),
        omissions=runs.omissions,
        sizes=infer_sizes(config, trials, shapes),
    )


def require_confirmations(sweep: SweepRun, trials: Mapping[str, Sequence[TrialRun]], runs: SweepRuns) -> None:
    """Raise SchemaError for a finished sweep that has lost a confirmation, without which there is no verdict."""
    models = {run.model for run in runs.confirmations}
    lost = [model for model, each in trials.items() if model not in models and select_best_trial(each)]
    if lost and sweep.is_finished:
        causes = [fault for fault in runs.omissions if fault.startswith("run")]
        cause = f" ({causes[-1]})" if causes else ""
        raise SchemaError(
            f"sweep {sweep.run_id} of {sweep.task} has no sound confirmation of {', '.join(lost)}{cause}: "
            f"the same linrnn sweep trains it again"
        )


def infer_sizes(config: SweepConfig, trials: Sequence[SearchTrial], shapes: Mapping[str, Shapes]) -> tuple[int, int]:
    """Return input and output size of the networks, from the shapes of a best trial's parameters."""
    for base in config.bases:
        best = select_best_trial(trial for trial in trials if trial.model == base.model.name)
        if best and base.model.name in shapes:
            return build_model(base, best.settings).sizes(shapes[base.model.name])
    return 1, 1


def load_units(store: Store, sweep: SweepRun, config: SweepConfig) -> SeriesUnits | None:
    """Read unit and dates of a sweep's series from the user's file or the record's copy; None without either."""
    task = config.bases[0].task
    try:
        return read_units(
            task if task.is_self_contained else task.load(lambda name: read_copy(store, sweep, name)).task
        )
    except DataError:
        return None


def inspect_study(store: Store, study: str, model: str) -> Inspection[TrialRun]:
    """Return the sound recorded trials of a study, by number, and what is wrong with the others."""
    runs = inspect_runs(store, (run for run in study_runs(store, study) if run.is_recorded))
    counts = Counter(run.number for run in runs.sound)
    faults = list(runs.faults)
    sound = []
    for run in runs.sound:
        if run.model != model:
            faults.append(f"run {run.run_id} is of {run.model}, and its tag '{Tag.STUDY}' names a study of {model}")
        elif counts[run.number] > 1:
            faults.append(f"run {run.run_id} has the number of another trial of {study}, {run.number}")
        else:
            sound.append(run)
    return Inspection(sorted(sound, key=lambda run: run.number), faults)


def select_first(runs: Sequence[TrialRun], count: int) -> list[TrialRun]:
    """Return the runs of the first `count` trials of a study, which another sweep may have made longer."""
    return list({run.number: run for run in runs if run.number < count}.values())


def search_trial(run: TrialRun, space: SearchSpace, base: Mapping[str, str]) -> SearchTrial:
    """Return a trial of a study; `base` is the flat text for settings that an old record lacks."""
    return SearchTrial(
        run_id=run.run_id,
        model=run.model,
        number=run.number,
        outcome=run.outcome,
        objective=run.objective,
        best_val_loss=run.best_val_loss,
        seconds=run.seconds,
        settings=setting_values(space, {**base, **run.params}),
        has_diverged=run.has_diverged,
    )


def load_confirmation(store: Store, run: TrialRun) -> ConfirmationTrial:
    """Load a confirmation with its curves and predictions; without them if it failed."""
    if run.is_failed:
        return ConfirmationTrial(run.run_id, run.model, run.outcome, run.seconds)
    curves = read_curves(store, run)
    if CurveArray.TEST_LOSS not in curves:
        raise run.error(f"has no '{CurveArray.TEST_LOSS}' in its {Artifact.CURVES}")
    step_losses = read_step_losses(store, run)
    return ConfirmationTrial(
        run_id=run.run_id,
        model=run.model,
        outcome=run.outcome,
        seconds=run.seconds,
        diverged=run.diverged_replicas,
        curves=curves,
        predictions=read_predictions(store, run),
        step_losses=step_losses.losses[run.model] if step_losses.losses else None,
        step_counts=step_losses.counts,
        residual_tests=read_residual_tests(store, run),
        characterisation=read_characterisation(store, run),
    )
