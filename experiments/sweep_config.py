"""What a sweep does, as one value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import ClassVar

from linrnn.config import TrialConfig, from_text, to_text
from linrnn.declared import Choice, Declared, Integers, declare, declared, parse_field, qualified, text_of

CONFIRMATION_SEEDS = 10**6  # a search's seed with these bits turned over is its confirmation's


@dataclass(frozen=True)
class SweepConfig(Declared):
    """What a sweep does. `bases` are alike but for the model type; `fixed` names settings not searched."""

    kind: ClassVar[str] = "sweep"

    bases: tuple[TrialConfig, ...]
    fixed: frozenset[str] = frozenset()
    trials: int = declare(20, Integers(1, 100_000), "trials of each study")
    generation: int = declare(4, Integers(1, 1_000), "trials of a study asked together")
    confirmation: int = declare(20, Integers(1, 10_000), "replicas of the confirmation")
    pruner: str = declare("median", Choice(("median", "none")), "what stops trials that are behind")

    @property
    def task(self) -> str:
        """Name of the task."""
        return self.bases[0].task.name

    @property
    def seed(self) -> int:
        """Seed of the search."""
        return self.bases[0].seed

    def text(self) -> dict[str, str]:
        """The flat text: what the bases share, the model types, and the sweep's own settings."""
        models = ", ".join(base.model.name for base in self.bases)
        shared = {name: text for name, text in to_text(self.bases[0]).items() if not name.startswith("model")}
        own = {qualified("sweep", item.name): text_of(getattr(self, item.name)) for item in declared(SweepConfig)}
        return {**shared, "models": models, "fixed": ", ".join(sorted(self.fixed)) or "nothing", **own}

    def study_name(self, base: TrialConfig) -> str:
        """Name of the study of one of the bases: a digest of all that decides its trials, how many apart.

        The first N trials of a study of more are those of a study of N, so that one can be made longer.
        """
        decisive = {**to_text(base), "fixed": sorted(self.fixed), "generation": self.generation, "pruner": self.pruner}
        text = json.dumps(decisive, sort_keys=True)
        return f"{self.task} {base.model.name} {sha256(text.encode()).hexdigest()[:8]}"


def sweep_config(task: str, models: Sequence[str], given: Mapping[str, str]) -> SweepConfig:
    """The sweep of a task with these model types; `given` is flat text, of which nothing is searched."""
    own = {qualified("sweep", item.name): item for item in declared(SweepConfig)}
    shared = {name: text for name, text in given.items() if name not in own}
    bases = tuple(from_text({"task": task, "model": model, **shared}) for model in dict.fromkeys(models))
    parsed = {item.name: parse_field("sweep", item, given[name]) for name, item in own.items() if name in given}
    return SweepConfig(bases, frozenset(shared), **parsed)


def from_record(params: Mapping[str, str]) -> SweepConfig:
    """The sweep whose flat text a run has as its params."""
    given = {name: text for name, text in params.items() if name not in ("task", "models", "fixed")}
    config = sweep_config(params["task"], params["models"].split(", "), given)
    fixed = frozenset() if params["fixed"] == "nothing" else frozenset(params["fixed"].split(", "))
    return replace(config, fixed=fixed)


def total_trials(configs: Sequence[SweepConfig]) -> int:
    """Trials of some sweeps, confirmations among them."""
    return sum(len(config.bases) * (config.trials + 1) for config in configs)


def searched(config: TrialConfig) -> str:
    """What the trials of a study differ in, for the names of their runs."""
    return f"H={config.model.hidden_size} lr={config.training.learning_rate:.2g}"
