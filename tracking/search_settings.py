"""The numeric settings that a study can vary; each is also logged as a metric, under its name without the kind.

MLflow's filters compare params as text; a metric can be filtered by range and drawn on an axis. Its scatter charts have
linear axes alone: what spans powers of 10 is logged as its logarithm, too.
"""

from __future__ import annotations

import math

from linrnn.config.settings import list_searchable
from linrnn.models import MODELS
from linrnn.training.trial_config import TrainingConfig, TrialConfig, search_values

LOGARITHM = "log10_"  # the name of such a metric begins with it


def common_search_settings() -> dict[str, str]:
    """Return those that all model types have, and those of training, which each trial has: setting -> metric."""
    first, *others = (list_searchable(MODELS[name]) for name in MODELS)
    names = [name for name in first if all(name in other for other in others)] + [*list_searchable(TrainingConfig)]
    return {name: metric_name(name) for name in names}


def search_metrics(config: TrialConfig) -> dict[str, float]:
    """Return the value of each searchable setting of a trial, and its logarithm, by the name of the metric."""
    values = {metric_name(name): float(value) for name, value in search_values(config).items()}
    logarithms = {log_name(name): math.log10(value) for name, value in values.items() if value > 0}
    return {**values, **logarithms}


def log_name(metric: str) -> str:
    """Return the name of the metric that holds the decimal logarithm of another."""
    return f"{LOGARITHM}{metric}"


def is_logarithm(metric: str) -> bool:
    """Whether a metric holds the decimal logarithm of another, which runs may lack."""
    return metric.startswith(LOGARITHM)


def metric_name(setting: str) -> str:
    """Return the name of a setting's metric: `learning_rate` for `training.learning_rate`."""
    return setting.rpartition(".")[2]
