"""Optuna's TPE sampler for studies all of whose trials have the same search space, and their trials in memory.

Of what Optuna does for a new trial, a part grows with the trials before it, most of which are copies and comparisons of
what is known here. The trials that are asked are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna import Study, create_study
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import TPESampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState


class StudySampler(TPESampler):
    """The sampler of one trial.

    Parameters
    ----------
    space : mapping of str to BaseDistribution
        Search space of all trials of the study.
    **settings
        Arguments of `TPESampler`.
    """

    def __init__(self, space: Mapping[str, BaseDistribution], **settings: Any) -> None:
        super().__init__(**settings)
        self.space = {name: space[name] for name in sorted(space) if not space[name].single()}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the search space, which Optuna finds as the intersection of those of all trials."""
        return dict(self.space)

    def _get_internal_repr(
        self, trials: Sequence[FrozenTrial], search_space: Mapping[str, BaseDistribution], study: Study
    ) -> dict[str, NDArray[np.float64]]:
        """Return the params of the trials by name, as numbers."""
        params = [
            trial.params if trial.state is not TrialState.RUNNING else self._get_params(trial, study)
            for trial in trials
        ]
        rows = [each for each in params if search_space.keys() <= each.keys()]
        return {name: convert_params([row[name] for row in rows], space) for name, space in search_space.items()}


def convert_params(values: Sequence[Any], distribution: BaseDistribution) -> NDArray[np.float64]:
    """Return the values of a param as numbers: a category as its position."""
    convert = distribution.to_internal_repr if isinstance(distribution, CategoricalDistribution) else float
    return np.asarray([convert(value) for value in values])


class SharedTrial:
    """A trial whose deep copy, as a storage makes one, shares what nobody changes: params and curve."""

    def __init__(self, trial: FrozenTrial) -> None:
        self.trial = trial

    def __deepcopy__(self, memory: dict[int, Any]) -> FrozenTrial:
        return copy(self.trial)


def study_in_memory(trials: Sequence[FrozenTrial]) -> Study:
    """Return a study, which minimizes, with finished trials."""
    storage: Any = InMemoryStorage()
    study = create_study(storage=storage, direction="minimize")
    study_id = storage.get_study_id_from_name(study.study_name)
    for trial in trials:
        storage.create_new_trial(study_id, SharedTrial(trial))
    return study
