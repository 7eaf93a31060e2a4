"""Studies: what Optuna is asked and told. One study searches one model type on one task.

Optuna's database is told of trials that are over, in the order of their numbers, each in one transaction; what it
is asked is asked of a study in memory, made anew from those. So an answer depends on what is recorded alone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from experiments.search.search_space import free_settings
from experiments.search.selection import best_trial_number
from linrnn.config.settings import Integers, Reals, format_value
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig, from_text, to_text
from tracking.store.access import Store

STATES = {  # one that diverged, with no curve, ranks below all that were pruned; one that failed is not counted
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}

LEAST_TO_WEIGH = 8  # complete trials
LEAST_LOSS = 1e-300  # stands for 0 where a logarithm is taken
STARTUP_TRIALS = 5  # complete ones before any is pruned
WARM_UP = 3  # the part of its epochs in which no trial is pruned: 1 / 3


def open_study(store: Store, name: str) -> optuna.Study:
    """The study of that name, made if it is not there yet; it minimises."""
    return optuna.create_study(storage=store.studies, study_name=name, direction="minimize", load_if_exists=True)


def search_space(base: TrialConfig, fixed: Set[str] = frozenset()) -> dict[str, BaseDistribution]:
    """What a study varies, by its name in the flat text: the fields with a search range, but for the `fixed`."""
    space: dict[str, BaseDistribution] = {}
    for name, domain in free_settings(base, fixed).items():
        match domain:
            case Integers(search=(int(low), int(high))):
                space[name] = IntDistribution(low, high, log=True)
            case Reals(search=(float(low), float(high))):
                space[name] = FloatDistribution(low, high, log=True)
    return space


def apply_params(base: TrialConfig, params: Mapping[str, float]) -> TrialConfig:
    """The base config with what a trial, live or over, has for it."""
    found = from_text(to_text(base) | {name: format_value(value) for name, value in params.items()})
    return replace(found, task=base.task) if found.task == base.task else found  # which has its data in hand


def ask(base: TrialConfig, fixed: Set[str], history: Sequence[FrozenTrial], count: int) -> list[TrialConfig]:
    """The configs of the next `count` trials, asked together; decided by (base.seed, number) and the history."""
    space, study = search_space(base, fixed), optuna.create_study(direction="minimize")
    study.add_trials(history)
    configs = []
    for number in range(len(history), len(history) + count):
        study.sampler = create_sampler(sampler_seed(base.seed, number))
        configs.append(apply_params(base, study.ask(space).params))
    return configs


def create_sampler(seed: int) -> TPESampler:
    """The sampler of one trial: multivariate TPE (Bergstra et al. 2011; Falkner, Klein & Hutter 2018).

    Every argument that decides its trials is given here, so that a default that Optuna changes cannot change the
    meaning of a seed. Optuna 5 deprecates some of them for 6, which then has to be adopted deliberately.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return TPESampler(
            seed=seed,
            n_startup_trials=10,
            n_ei_candidates=24,
            multivariate=True,
            group=False,
            constant_liar=True,
            constraints_func=None,
            consider_prior=True,
            prior_weight=1.0,
            consider_magic_clip=True,
            consider_endpoints=False,
            gamma=count_best_trials,
            weights=weigh_trials,
            warn_independent_sampling=False,
        )


def count_best_trials(count: int) -> int:
    """Number of trials, of all, that TPE models as the best ones."""
    return min(math.ceil(0.1 * count), 25)


def weigh_trials(count: int) -> NDArray[np.float64]:
    """Weights `(count,)` of the trials in TPE's densities, oldest first: the last 25 count fully, older ones less."""
    recent = min(count, 25)
    ramp = np.linspace(1.0 / count, 1.0, num=count - recent) if count > recent else np.empty(0)
    return np.concatenate([ramp, np.ones(recent)])


def to_frozen_trial(space: Mapping[str, BaseDistribution], result: TrialSummary, run_id: str) -> FrozenTrial:
    """A trial that is over, as Optuna keeps it."""
    text, state = to_text(result.config), STATES[result.outcome]
    curve = {} if result.outcome == "diverged" else dict(result.curve)
    trial = create_trial(
        state=state,
        value=result.loss if state is TrialState.COMPLETE else None,
        params={name: kind(text[name]) for name, kind in param_types(space).items()},
        distributions=dict(space),
        user_attrs={"run_id": run_id, "outcome": result.outcome},
        intermediate_values=curve,
    )
    trial.datetime_start = datetime.fromtimestamp(result.started)
    trial.datetime_complete = datetime.fromtimestamp(result.started + result.seconds)
    return trial


def importances(space: Mapping[str, BaseDistribution], results: Sequence[TrialSummary]) -> dict[str, float]:
    """How much each setting that is searched decides log10 of the val loss, by the complete trials; together 1.

    Optuna's functional ANOVA (Hutter, Hoos & Leyton-Brown 2014), as its default looks at the best tenth of the trials
    alone, which are few. Nothing where there are too few trials.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances  # take scikit-learn with them

    study = optuna.create_study()
    study.add_trials(to_frozen_trial(space, result, "") for result in results if result.outcome == "complete")
    losses = {trial.value for trial in study.get_trials(deepcopy=False)}
    if not space or len(losses) < LEAST_TO_WEIGH:
        return {}
    return get_param_importances(
        study,
        evaluator=FanovaImportanceEvaluator(seed=0),
        target=lambda trial: math.log10(max(trial.value or 0.0, LEAST_LOSS)),
    )


def param_types(space: Mapping[str, BaseDistribution]) -> dict[str, type[int] | type[float]]:
    """What turns the text of each searched field into its value."""
    return {name: int if isinstance(kind, IntDistribution) else float for name, kind in space.items()}


def best_trial(history: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Return the complete trial with the lowest validation loss, the earliest of equal ones; None if there is none."""
    complete = {number: trial for number, trial in enumerate(history) if trial.state is TrialState.COMPLETE}
    best = best_trial_number({number: trial.values[0] for number, trial in complete.items()})
    return None if best is None else complete[best]


def pruning_limits(history: Sequence[FrozenTrial], epochs: int) -> dict[int, float]:
    """Milestone -> loss that a trial must have been below by then, or be pruned: Optuna's MedianPruner, ahead of time.

    The median over the complete trials of a history of five or more, from a third of the epochs on.
    """
    curves = [trial.intermediate_values for trial in history if trial.state is TrialState.COMPLETE]
    if len(curves) < STARTUP_TRIALS:
        return {}
    milestones = sorted({epoch for curve in curves for epoch in curve if epoch >= epochs // WARM_UP})
    return {
        milestone: float(np.median([curve[milestone] for curve in curves if milestone in curve]))
        for milestone in milestones
    }


def sampler_seed(seed: int, number: int) -> int:
    """A seed of its own for each trial's sampler (numpy takes 32 bits)."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
