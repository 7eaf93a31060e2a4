"""Studies: what Optuna is asked and told. One study searches one model type on one task."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import TypeVar

import numpy as np
import optuna
from optuna.samplers import TPESampler
from optuna.trial import BaseTrial, Trial, TrialState

from linrnn.config import TrialConfig
from linrnn.declared import Declared, Integers, Reals, declared, domain_of, qualified
from tracking.store import Store
from tracking.trained import Trained

Part = TypeVar("Part", bound=Declared)


def open_study(store: Store, name: str) -> optuna.Study:
    """The study of that name, made if it is not there yet; it minimises."""
    return optuna.create_study(storage=store.studies, study_name=name, direction="minimize", load_if_exists=True)


def ask(study: optuna.Study, base: TrialConfig, number: int, fixed: Set[str]) -> tuple[Trial, TrialConfig]:
    """Trial `number` and the config it tries; decided by (base.seed, number) and the trials told so far."""
    study.sampler = TPESampler(seed=sampler_seed(base.seed, number))
    trial = study.ask()
    if trial.number != number:
        raise RuntimeError(f"study {study.study_name} is at trial {trial.number}, not {number}")
    return trial, suggest(trial, base, fixed)


def suggest(trial: BaseTrial, base: TrialConfig, fixed: Set[str] = frozenset()) -> TrialConfig:
    """The base config with what declares a search range, but for the `fixed`, as the trial (live or over) has it."""
    return replace(
        base,
        task=suggest_fields(trial, base.task, fixed),
        model=suggest_fields(trial, base.model, fixed),
        training=suggest_fields(trial, base.training, fixed),
    )


def suggest_fields(trial: BaseTrial, part: Part, fixed: Set[str]) -> Part:
    """One part of a config with its searched fields as the trial has them."""
    found: dict[str, float] = {}
    for item in declared(type(part)):
        name = qualified(part.kind, item.name)
        match None if name in fixed else domain_of(item):
            case Integers(search=(int(low), int(high))):
                found[item.name] = trial.suggest_int(name, low, high, log=True)
            case Reals(search=(float(low), float(high))):
                found[item.name] = trial.suggest_float(name, low, high, log=True)
    return replace(part, **found)


def tell(study: optuna.Study, trial: Trial, trained: Trained, run_id: str) -> None:
    """The outcome of a trial whose run is complete; one that diverged ranks below all that did not."""
    trial.set_user_attr("run_id", run_id)
    loss = trained.progress.median_best_val_loss
    if trained.outcome == "diverged":
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, loss)


def best_trial(study: optuna.Study) -> optuna.trial.FrozenTrial | None:
    """The trial of the lowest val loss, the earliest of equals; None where all diverged."""
    complete = study.get_trials(states=(TrialState.COMPLETE,))
    return min(complete, key=lambda trial: (trial.value, trial.number), default=None)


def sampler_seed(seed: int, number: int) -> int:
    """A seed of its own for each trial's sampler (numpy takes 32 bits)."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
