"""A sweep: the studies of one task, one for each model type, equal budget, ended by a confirmation."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import NamedTuple

from optuna import Study
from optuna.trial import Trial

from experiments.console import Watch
from experiments.interrupts import uninterrupted
from experiments.studies import ask, best_trial, open_study, suggest, tell
from experiments.summary import SweepSummary, markdown, summarise
from experiments.sweep_config import CONFIRMATION_SEEDS, SweepConfig, searched
from experiments.trials import run_trial
from linrnn.config import TrialConfig
from tracking.reading import read_run
from tracking.recording import PARENT, describe, record, sweep_run, write
from tracking.store import Store
from tracking.trained import Trained


class Search(NamedTuple):
    """One study on its way: what it varies, and where Optuna keeps it."""

    base: TrialConfig
    study: Study


class Asked(NamedTuple):
    """A trial on its way."""

    search: Search
    trial: Trial


@dataclass(frozen=True)
class Sweep:
    """A sweep on its way: what it does, where it is recorded, who trains, and who is told."""

    config: SweepConfig
    store: Store
    run_id: str
    executor: Executor
    watch: Watch

    def searches(self) -> list[Search]:
        """A study for each model type."""
        names = {base: f"{self.config.task} {base.model.name} {self.run_id[:8]}" for base in self.config.bases}
        return [Search(base, open_study(self.store, name)) for base, name in names.items()]

    def search(self, searches: Sequence[Search]) -> None:
        """Train all trials of the studies side by side, each study generation by generation."""
        waiting: dict[Future[Trained], Asked] = {}
        for search in searches:
            waiting |= self.generation(search)
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                asked = waiting.pop(future)
                self.keep(asked, future.result())
                if all(other.search is not asked.search for other in waiting.values()):
                    waiting |= self.generation(asked.search)

    def generation(self, search: Search) -> dict[Future[Trained], Asked]:
        """The study's next trials on their way, asked together; none when it has had them all."""
        first = len(search.study.trials)
        submitted = {}
        for number in range(first, min(first + self.config.generation, self.config.trials)):
            trial, config = ask(search.study, search.base, number, self.config.fixed)
            submitted[self.executor.submit(run_trial, config)] = Asked(search, trial)
        return submitted

    def keep(self, asked: Asked, trained: Trained) -> None:
        """Record a trial and, when its run is complete, tell its study."""
        (base, study), trial = asked
        tags = {"phase": "search", "study": study.study_name, "trial": str(trial.number)}
        with uninterrupted():
            run_id = self.record(trained, f"{base.model.name} {trial.number:02d}", tags)
            tell(study, trial, trained, run_id)
        self.watch.done(base.model.name, trained.progress.median_best_val_loss)

    def confirm(self, searches: Sequence[Search]) -> None:
        """Train each study's best config on fresh seeds and read the test split."""
        configs = [confirmation(self.config, search) for search in searches]
        futures = [self.executor.submit(run_trial, config, test=True) for config in configs if config]
        for future in futures:
            trained = future.result()
            with uninterrupted():
                self.record(trained, f"{trained.config.model.name} confirmation", {"phase": "confirmation"})
            self.watch.done(trained.config.model.name)

    def record(self, trained: Trained, name: str, tags: Mapping[str, str]) -> str:
        """Write a trial's run under this sweep."""
        return record(self.store, trained, f"{name} {searched(trained.config)}", {**tags, PARENT: self.run_id})


def sweep(config: SweepConfig, store: Store, executor: Executor, watch: Watch) -> SweepSummary:
    """Search with every model type, confirm the best of each on fresh seeds, and sum up from the store."""
    started = time.time()
    watch.begin(config.task)
    with sweep_run(store, f"{config.task} sweep", {"task": config.task}) as made:
        run_id = made.run_id
        write(store, run_id, config.text(), [], started)
        going = Sweep(config, store, run_id, executor, watch)
        searches = going.searches()
        going.search(searches)
        going.confirm(searches)
        write(store, run_id, {}, [("seconds", time.time() - started, 0)], started)
        summary = summarise(store, read_run(store, run_id))
        describe(store, run_id, markdown(summary))
    return summary


def confirmation(config: SweepConfig, search: Search) -> TrialConfig | None:
    """A study's best config with the seed and replicas of the confirmation; None where all trials diverged."""
    best = best_trial(search.study)
    if best is None:
        return None
    found = suggest(best, search.base, config.fixed)
    training = replace(found.training, replicas=config.confirmation)
    return replace(found, training=training, seed=config.seed ^ CONFIRMATION_SEEDS)
