"""The state of one study: its recorded trials, and the trials to train next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from optuna import Study
from optuna.trial import FrozenTrial

from experiments.search.optuna_adapter import (
    apply_params,
    ask,
    best_trial,
    open_study,
    pruning_limits,
    to_frozen_trial,
)
from experiments.search.sweep_config import CONFIRMATION_SEEDS, SweepConfig
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig
from tracking.runs.inspection import inspect_runs
from tracking.runs.query import study_runs
from tracking.runs.reader import read_result
from tracking.runs.writer import end_run
from tracking.store.access import Store
from tracking.store.study_table import RUN_ID


@dataclass
class StudyState:
    """The state of one study in both databases.

    Parameters
    ----------
    config : SweepConfig
        The sweep that the study belongs to.
    base : TrialConfig
        What the study varies.
    study : optuna.Study
        Its record in Optuna's database.
    store : Store
    history : dict of int to FrozenTrial
        Recorded trials by number.
    report_count : int
        Number of trials in Optuna's database, always the first ones.
    """

    config: SweepConfig
    base: TrialConfig
    study: Study
    store: Store
    history: dict[int, FrozenTrial] = field(default_factory=dict)
    report_count: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether all its trials are recorded."""
        return len(self.history) >= self.config.trials == self.trial_count

    @property
    def trial_count(self) -> int:
        """Number of recorded trials among those of the sweep."""
        return sum(number in self.history for number in range(self.config.trials))

    def reconcile(self) -> None:
        """Make MLflow and Optuna agree: close interrupted runs as KILLED, add missing trials to Optuna. Idempotent.

        The runs decide what the trials are: those whose run is missing or damaged are trained again.
        """
        trials = self.study.get_trials(deepcopy=False)
        self.history, self.report_count = {}, len(trials)
        with self.store.write_errors():
            runs = study_runs(self.store, self.study.study_name)
            for run in runs:
                if run.is_running:
                    end_run(self.store, run.run_id, "KILLED")
            reports = {trial.user_attrs.get(RUN_ID) for trial in trials}
            sound = inspect_runs(self.store, (run for run in runs if run.is_recorded)).sound
            for run in sorted(sound, key=lambda run: run.run_id in reports):  # of two of one number, Optuna's
                if run.model == self.base.model.name:
                    self.history[run.number] = self.to_trial(read_result(self.store, run), run.run_id)
        self.report()

    def to_trial(self, result: TrialSummary, run_id: str) -> FrozenTrial:
        """Convert a recorded trial to Optuna's form."""
        return to_frozen_trial(self.config.space(self.base), result, run_id)

    def add(self, number: int, result: TrialSummary, run_id: str) -> None:
        """Add a trial whose run is complete, and report it to Optuna."""
        self.history[number] = self.to_trial(result, run_id)
        self.report()

    def report(self) -> None:
        """Add trials to Optuna's database in the order of their numbers; those after a gap wait."""
        while self.report_count in self.history:
            with self.store.write_errors():
                self.study.add_trial(self.history[self.report_count])
            self.report_count += 1

    def missing_trials(self) -> dict[int, TrialConfig]:
        """Return the trials of the present generation that are not recorded, by number; none if the study is over."""
        start = self.generation_start()
        count = min(self.config.generation, self.config.trials - start)
        configs = ask(self.base, self.config.space(self.base), self.first_trials(start), count)
        return {number: config for number, config in enumerate(configs, start) if number not in self.history}

    def pruning_limits(self) -> dict[int, float]:
        """Return the pruning limits of the present generation, which the generations before it decide."""
        if self.config.pruner == "none":
            return {}
        return pruning_limits(self.first_trials(self.generation_start()), self.base.training.epochs)

    def generation_start(self) -> int:
        """Return the number of the first trial of the first generation that is not recorded completely."""
        missing = next(number for number in range(len(self.history) + 1) if number not in self.history)
        return missing - missing % self.config.generation

    def first_trials(self, count: int) -> list[FrozenTrial]:
        """Return the first trials."""
        return [self.history[number] for number in range(count)]

    def confirmation(self) -> TrialConfig | None:
        """Return the best config with the seed and replicas of the confirmation; None if no trial is complete."""
        best = best_trial(self.first_trials(self.config.trials))
        if best is None:
            return None
        config = apply_params(self.base, best.params)
        training = replace(config.training, replicas=self.config.confirmation)
        return replace(config, training=training, seed=self.config.seed ^ CONFIRMATION_SEEDS)


def open_studies(config: SweepConfig, store: Store, names: list[str]) -> Iterator[StudyState]:
    """Yield the study of each model type, reconciled."""
    for base, name in zip(config.bases, names, strict=True):
        with store.write_errors():
            study = open_study(store, name)
        state = StudyState(config, base, study, store)
        state.reconcile()
        yield state
