"""Optuna studies. One study searches the settings of one model type on one task.

Finished trials are added to Optuna's database in the order of their numbers, each in one transaction. New trials are
asked of a study in memory that is built from the finished ones, so that they depend on the record alone.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from experiments.search.search_space import SearchSpace
from experiments.search.selection import TrialRank
from experiments.search.study_sampler import StudySampler, study_in_memory
from linrnn.config.settings import Choice, Integers, Reals, format_value
from linrnn.training.result import TrialSummary
from linrnn.training.trial_config import TrialConfig, from_text, to_text
from tracking.store.access import Store, silence_optuna
from tracking.store.study_table import RUN_ID

STATES = {  # a diverged trial, without a curve, ranks below all pruned ones; TPE ignores a failed one
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}

LEAST_TO_WEIGH = 8  # complete trials that importances need
LEAST_LOSS = 1e-300  # replaces 0 in a logarithm
HAS_DIVERGED = "has_diverged"  # attribute of a trial in Optuna's database
STARTUP_TRIALS = 5  # complete trials before the first is pruned
WARM_UP = 3  # no trial is pruned in the first third of its epochs


def open_study(store: Store, name: str) -> optuna.Study:
    """Return the study of a name, which minimizes; create it if it does not exist."""
    return optuna.create_study(storage=store.studies, study_name=name, direction="minimize", load_if_exists=True)


def build_distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Return the distribution of each setting of a search space, by its name in the flat text."""
    distributions: dict[str, BaseDistribution] = {}
    for name, domain in space.items():
        match domain:
            case Integers(search=(int(low), int(high))):
                distributions[name] = IntDistribution(low, high, log=True)
            case Reals(search=(float(low), float(high))):
                distributions[name] = FloatDistribution(low, high, log=True)
            case Choice(search=(str(), *_) as words):
                distributions[name] = CategoricalDistribution(words)
    return distributions


def apply_params(base: TrialConfig, params: Mapping[str, float | str]) -> TrialConfig:
    """Return the base config with the params of a trial; a setting that another one limits is at most that."""
    text = to_text(base) | {name: format_value(value) for name, value in params.items()}
    for name, limit in base.model.limits.items():
        text[name] = min(text[name], text[limit], key=int)
    return from_text(text)


def ask(base: TrialConfig, space: SearchSpace, history: Sequence[FrozenTrial], count: int) -> list[TrialConfig]:
    """Return the configs of the next `count` trials, a function of base, seed, search space and history alone."""
    distributions, study = build_distributions(space), study_in_memory(history)
    configs = []
    for number in range(len(history), len(history) + count):
        study.sampler = create_sampler(sampler_seed(base.seed, number), distributions)
        configs.append(apply_params(base, study.ask(distributions).params))
    return configs


def create_sampler(seed: int, space: Mapping[str, BaseDistribution]) -> TPESampler:
    """The sampler of one trial in a space: multivariate TPE (Bergstra et al. 2011; Falkner, Klein & Hutter 2018).

    Every argument that decides its trials is given here, so that a default that Optuna changes cannot change the
    meaning of a seed. Optuna 5 deprecates some of them for 6, which then has to be adopted deliberately.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return StudySampler(
            space,
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


def to_frozen_trial(space: SearchSpace, result: TrialSummary, run_id: str) -> FrozenTrial:
    """Convert the summary of a finished trial to an Optuna trial."""
    text, state = to_text(result.config), STATES[result.outcome]
    curve = {} if result.outcome == "diverged" else dict(result.curve)
    trial = create_trial(
        state=state,
        value=result.loss if state is TrialState.COMPLETE else None,
        params={name: domain.parse(text[name]) for name, domain in space.items()},
        distributions=build_distributions(space),
        user_attrs={RUN_ID: run_id, "outcome": result.outcome, HAS_DIVERGED: result.has_diverged},
        intermediate_values=curve,
    )
    trial.datetime_start = datetime.fromtimestamp(result.start_time)
    trial.datetime_complete = datetime.fromtimestamp(result.start_time + result.seconds)
    return trial


def importances(space: SearchSpace, results: Sequence[TrialSummary]) -> dict[str, float]:
    """Return the importance of each searched setting for log10 of the validation loss; their sum is 1.

    Functional ANOVA over the complete trials, as Optuna's default evaluator uses the best tenth of them alone. Empty
    if there are too few trials.

    References
    ----------
    Hutter, Hoos & Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances  # import scikit-learn

    silence_optuna()  # a store that is only read has not loaded it
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


def best_trial(history: Sequence[FrozenTrial]) -> FrozenTrial | None:
    """Return the best complete trial, the earliest of equal ones; None if there is none."""
    return min((trial for trial in history if trial.state is TrialState.COMPLETE), key=rank, default=None)


def rank(trial: FrozenTrial) -> TrialRank:
    """Return the rank of a complete trial; versions before 0.2.0 did not record whether a replica diverged."""
    return TrialRank(trial.user_attrs.get(HAS_DIVERGED, False), trial.values[0])


def pruning_limits(history: Sequence[FrozenTrial], epochs: int) -> dict[int, float]:
    """Return the limit of each milestone: a trial whose losses so far are all above it is pruned there.

    The same decisions as Optuna's MedianPruner: the median over the complete trials, if there are five or more, from
    a third of the epochs on.
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
    """Return the seed of a trial's sampler, of 32 bits, as numpy needs."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
