"""The trial config: everything that decides what a trial computes, as one frozen value, and its flat text.

    sine --model linear --set model.hidden_size=10     text of a command line
    {"task": "sine", "model.hidden_size": "10", ...}   flat text, also the params of an MLflow run
    TrialConfig(task=Sine(...), model=Linear(...))      value

`from_text(to_text(config)) == config`, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from linrnn.config.registry import suggestion
from linrnn.config.settings import (
    Choice,
    Config,
    Integers,
    Reals,
    SearchDomain,
    format_value,
    list_searchable,
    list_settings,
    parse_setting,
    setting,
    setting_name,
)
from linrnn.errors import ConfigError
from linrnn.models import MODELS
from linrnn.models.model import Model
from linrnn.tasks import TASKS
from linrnn.tasks.task import Task

MILESTONES = 25  # of a trial; each one is a row in both databases


@dataclass(frozen=True)
class TrainingConfig(Config):
    """How the replicas of a trial are trained: full-batch AdamW (Loshchilov & Hutter 2019) on the NMSE."""

    kind: ClassVar[str] = "training"

    learning_rate: float = setting(0.01, Reals(1e-8, 10.0, search=(1e-4, 1e-1)), "step size of Adam")
    epochs: int = setting(1000, Integers(1, 10_000_000), "passes over the training split, one update each")
    replicas: int = setting(10, Integers(1, 10_000), "networks trained side by side, each from its own initial weights")
    clip_norm: float = setting(
        1.0, Reals(1e-6, math.inf, option=(0.1, 10.0)), "norm to which a replica's gradient is clipped"
    )
    weight_decay: float = setting(
        0.0,
        Reals(0.0, 100.0, option=(1e-4, 1.0)),
        "part of each weight subtracted per update, times the learning rate (AdamW); 0 for Adam",
    )
    input_noise: float = setting(
        0.0,
        Reals(0.0, 100.0, option=(0.01, 1.0)),
        "standard deviation of the noise that each epoch adds to the inputs of the training split; 0: none",
    )
    evaluations: int = setting(
        100, Integers(1, 200), "number of evaluations of the validation loss, evenly spaced over the epochs"
    )
    decay: str = setting(
        "linear", Choice(("linear", "none")), "schedule of the learning rate: linear decay to 0, or none"
    )
    window: int = setting(
        0, Integers(0, 1_000_000), "steps that count in each window that training sequences are cut into; 0: no windows"
    )
    device: str = setting("cpu", Choice(("cpu", "cuda")), "device of the training")

    def learning_rates(self, done: int, count: int) -> NDArray[np.float64]:
        """Return the learning rates `(count,)` of the epochs that follow the first `done`."""
        left = 1 - np.arange(done, done + count) / self.epochs
        return self.learning_rate * (left if self.decay == "linear" else np.ones(count))

    @property
    def evaluation_epochs(self) -> tuple[int, ...]:
        """Epochs after which the validation loss is computed: evenly spaced, the last one included."""
        count = min(self.epochs, self.evaluations)
        return tuple(self.epochs * (k + 1) // count for k in range(count))

    @property
    def milestones(self) -> tuple[int, ...]:
        """At most 25 of those, evenly spaced, the last one included: the epochs at which a study may prune a trial."""
        every = -(-len(self.evaluation_epochs) // MILESTONES)
        return self.evaluation_epochs[::-every][::-1]


@dataclass(frozen=True)
class TrialConfig(Config):
    """Everything that decides what a trial computes; two are equal if and only if they are the same computation.

    Parameters
    ----------
    task : Task
        The task, whose sequences are the data; a series from a file is identified by the SHA-256 of its content.
    model : Model
        The model type, its hidden size and its number of layers.
    training : TrainingConfig
        Epochs, replicas, learning rate and the other settings of the training.
    seed : int
        Seed of the initial weights, those of replica k depend on the seed and k alone, and of noise of the inputs.
    """

    task: Task
    model: Model
    training: TrainingConfig = TrainingConfig()
    seed: int = setting(0, Integers(0, 2**63 - 1), "seed of the initial weights and of noise of the inputs")


def to_text(config: TrialConfig) -> dict[str, str]:
    """Return the flat text of a config: name -> text, floats through repr."""
    return {
        "task": config.task.name,
        **_format_settings(config.task),
        "model": config.model.name,
        **_format_settings(config.model),
        **_format_settings(config.training),
        **_format_settings(config),
    }


def from_text(text: Mapping[str, str], defaults: Mapping[str, str] | None = None) -> TrialConfig:
    """Return the config of a flat text; omitted settings have their defaults, the task's own where it has one.

    `defaults` holds further ones as flat text, which take precedence; those that the config has not are ignored.
    Raises ConfigError for an unknown name, a value outside its field's domain, or a text without task or model.
    """
    for name, table in (("task", TASKS), ("model", MODELS)):
        if name not in text:
            raise ConfigError(f"no {name} given; there are: {', '.join(table)}")
    task, model = TASKS[TASKS.check(text["task"])], MODELS[MODELS.check(text["model"])]
    known = {"task": "", "model": ""} | {
        setting_name(owner.kind, item.name): ""
        for owner in (task, model, TrainingConfig, TrialConfig)
        for item in list_settings(owner)
    }
    for name in text:
        if name not in known:
            raise ConfigError(f"unknown setting {name!r}{suggestion(name, known)}; there are: {', '.join(known)}")
    own = {**task.defaults, **(defaults or {})}
    text = {**{name: default for name, default in own.items() if name in known}, **text}
    return TrialConfig(
        task=task(**_parse_settings(task, text)),
        model=model(**_parse_settings(model, text)),
        training=TrainingConfig(**_parse_settings(TrainingConfig, text)),
        **_parse_settings(TrialConfig, text),
    )


def searchable_settings(config: TrialConfig, options: Set[str] = frozenset()) -> dict[str, SearchDomain]:
    """Return the settings that a study can vary, with their domains, by their names in the flat text.

    These are the fields of the task, the model and the training whose declarations have a search range, in this order,
    then those named in `options` that have an optional one.
    """
    return list_searchable(*setting_owners(config), options=options)


def setting_owners(config: TrialConfig) -> tuple[type[Config], ...]:
    """Return the classes whose settings a study can vary."""
    return type(config.task), type(config.model), TrainingConfig


def search_values(config: TrialConfig, options: Set[str] = frozenset()) -> dict[str, Any]:
    """Return the values of a config's searchable settings, by their names in the flat text."""
    text = to_text(config)
    return {name: domain.parse(text[name]) for name, domain in searchable_settings(config, options).items()}


def require_device(training: TrainingConfig) -> None:
    """Raise ConfigError where the config's device is not available on this machine."""
    if training.device == "cuda":
        import torch  # which nothing else here needs

        if torch.cuda.is_available():
            return
        raise ConfigError("training.device is cuda, but torch finds no CUDA device; use training.device=cpu")


def _format_settings(value: Config) -> dict[str, str]:
    return {
        setting_name(value.kind, item.name): format_value(getattr(value, item.name))
        for item in list_settings(type(value))
    }


def _parse_settings(owner: type[Config], text: Mapping[str, str]) -> dict[str, Any]:
    given = ((item, setting_name(owner.kind, item.name)) for item in list_settings(owner))
    return {item.name: parse_setting(owner.kind, item, text[name]) for item, name in given if name in text}
