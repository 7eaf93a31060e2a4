"""One study on its way: what is known of it in both stores, and what is to be trained next."""

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
    search_space,
    to_frozen_trial,
)
from experiments.search.sweep_config import CONFIRMATION_SEEDS, SweepConfig
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig
from tracking.runs.query import study_runs
from tracking.runs.reader import read_result
from tracking.runs.writer import end_run
from tracking.store.access import Store


@dataclass
class StudyState:
    """One study on its way; `known` are its trials that are recorded, by number."""

    config: SweepConfig
    base: TrialConfig
    study: Study
    store: Store
    known: dict[int, FrozenTrial] = field(default_factory=dict)
    told: int = 0  # Optuna's database has the trials before this one

    @property
    def is_complete(self) -> bool:
        """Whether all its trials are recorded."""
        return all(number in self.known for number in range(self.config.trials))

    @property
    def done(self) -> int:
        """How many of the trials asked for are recorded."""
        return sum(number in self.known for number in range(self.config.trials))

    def settle(self) -> None:
        """Make both stores agree: close runs that were cut short, tell Optuna of recorded trials it has not heard of.

        Every step stands alone, so that it may be cut short and done again.
        """
        trials = self.study.get_trials(deepcopy=False)
        self.known, self.told = dict(enumerate(trials)), len(trials)
        with self.store.write_errors():
            for run in study_runs(self.store, self.config.task, self.study.study_name):
                if run.is_running:
                    end_run(self.store, run.run_id, "KILLED")
                elif run.is_recorded and run.number not in self.known:
                    self.known[run.number] = self.as_trial(read_result(self.store, run), run.run_id)
        self.tell()

    def as_trial(self, result: TrialSummary, run_id: str) -> FrozenTrial:
        """A recorded trial as Optuna keeps it."""
        return to_frozen_trial(search_space(self.base, self.config.fixed), result, run_id)

    def heard(self, number: int, result: TrialSummary, run_id: str) -> None:
        """Know of a trial that has just been recorded, and tell Optuna."""
        self.known[number] = self.as_trial(result, run_id)
        self.tell()

    def tell(self) -> None:
        """Tell Optuna of the trials that are next in number; later ones wait for them."""
        while self.told in self.known:
            with self.store.write_errors():
                self.study.add_trial(self.known[self.told])
            self.told += 1

    def generation(self) -> dict[int, TrialConfig]:
        """The trials of the present generation that are not recorded, by number; none when the study is over."""
        first = self.first_of_generation()
        count = min(self.config.generation, self.config.trials - first)
        configs = ask(self.base, self.config.fixed, self.before(first), count)
        return {number: config for number, config in enumerate(configs, first) if number not in self.known}

    def pruning_limits(self) -> dict[int, float]:
        """What a trial of the present generation must come below: decided by the finished generations."""
        if self.config.pruner == "none":
            return {}
        return pruning_limits(self.before(self.first_of_generation()), self.base.training.epochs)

    def first_of_generation(self) -> int:
        """Number of the first trial of the first generation that is not recorded whole."""
        missing = self.first_missing()
        return missing - missing % self.config.generation

    def first_missing(self) -> int:
        """The lowest number whose trial is not recorded."""
        return next(number for number in range(len(self.known) + 1) if number not in self.known)

    def before(self, number: int) -> list[FrozenTrial]:
        """The trials before a number."""
        return [self.known[earlier] for earlier in range(number)]

    def confirmation(self) -> TrialConfig | None:
        """The best config with the seed and replicas of the confirmation; None where no trial is complete."""
        best = best_trial(self.before(self.config.trials))
        if best is None:
            return None
        found = apply_params(self.base, best.params)
        training = replace(found.training, replicas=self.config.confirmation)
        return replace(found, training=training, seed=self.config.seed ^ CONFIRMATION_SEEDS)


def open_studies(config: SweepConfig, store: Store, names: list[str]) -> Iterator[StudyState]:
    """A study for each model type, settled."""
    for base, name in zip(config.bases, names, strict=True):
        with store.write_errors():
            study = open_study(store, name)
        search = StudyState(config, base, study, store)
        search.settle()
        yield search
