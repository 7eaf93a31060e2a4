"""The numeric settings that a study can vary; each is also logged as a metric, under its name without the kind.

MLflow's filters compare params as text; a metric can be filtered by range and drawn on an axis.
"""

from __future__ import annotations

from linrnn.config.settings import list_searchable
from linrnn.models import MODELS
from linrnn.training.trial_config import TrainingConfig, TrialConfig, search_values


def common_search_settings() -> dict[str, str]:
    """Return those of all model types and of training, which every task's trials have: setting -> metric."""
    names = list_searchable(*(MODELS[name] for name in MODELS), TrainingConfig)
    return {name: metric_name(name) for name in names}


def search_metrics(config: TrialConfig) -> dict[str, float]:
    """Return the value of each searchable setting of a trial, by the name of its metric."""
    return {metric_name(name): float(value) for name, value in search_values(config).items()}


def metric_name(setting: str) -> str:
    """Return the name of a setting's metric: `learning_rate` for `training.learning_rate`."""
    return setting.rpartition(".")[2]
