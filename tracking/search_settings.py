"""The numeric settings that a study searches, from their declarations; each is also logged as a metric.

MLflow's filters compare params as text; a metric can be filtered by range and drawn on an axis.
"""

from __future__ import annotations

from linrnn.config.settings import Config, Integers, Reals, get_domain, list_settings, setting_name
from linrnn.models import MODELS
from linrnn.training.trial_config import TrainingConfig, TrialConfig


def search_settings(owner: type[Config]) -> dict[str, str]:
    """Return the settings of a class that have a search range: name in the flat text -> name of the metric."""
    return {
        setting_name(owner.kind, item.name): item.name
        for item in list_settings(owner)
        if isinstance(domain := get_domain(item), (Integers, Reals)) and domain.search
    }


def common_search_settings() -> dict[str, str]:
    """Return those of all model types and of training, which the trials of every task have."""
    owners = (*(MODELS[name] for name in MODELS), TrainingConfig)
    return {name: metric for owner in owners for name, metric in search_settings(owner).items()}


def search_metrics(config: TrialConfig) -> dict[str, float]:
    """Return the value of each searched setting of a trial, by the name of its metric."""
    parts: tuple[Config, ...] = (config.task, config.model, config.training)
    return {metric: float(getattr(part, metric)) for part in parts for metric in search_settings(type(part)).values()}
