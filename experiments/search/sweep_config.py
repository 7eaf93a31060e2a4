"""What a sweep does, as one value."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from linrnn.config.settings import (
    Choice,
    Config,
    Integers,
    format_value,
    list_settings,
    parse_setting,
    setting,
    setting_name,
)
from linrnn.data.digests import content_digest
from linrnn.errors import ConfigError
from linrnn.training.trial_config import TrialConfig, from_text, to_text
from tracking.schema import Param

if TYPE_CHECKING:
    from tracking.run_views import SweepRun

CONFIRMATION_SEEDS = 10**6  # a search's seed with these bits turned over is its confirmation's


@dataclass(frozen=True)
class SweepConfig(Config):
    """What a sweep does. `bases` are alike but for the model type; `fixed` names settings not searched."""

    kind: ClassVar[str] = "sweep"

    bases: tuple[TrialConfig, ...]
    fixed: frozenset[str] = frozenset()
    data_file: str = ""  # SHA-256 of the file that the sequences are read from
    trials: int = setting(20, Integers(1, 100_000), "trials of each study")
    generation: int = setting(4, Integers(1, 1_000), "trials of a study asked together")
    confirmation: int = setting(20, Integers(1, 10_000), "replicas of the confirmation")
    pruner: str = setting("median", Choice(("median", "none")), "what stops trials that are behind")

    @property
    def task(self) -> str:
        """What the task is called."""
        return self.bases[0].task.label

    @property
    def seed(self) -> int:
        """Seed of the search."""
        return self.bases[0].seed

    def text(self) -> dict[str, str]:
        """The flat text: what the bases share, the model types, and the sweep's own settings."""
        models = ", ".join(base.model.name for base in self.bases)
        texts = [to_text(base).items() for base in self.bases]
        shared = {name: text for name, text in texts[0] if name != "model" and all((name, text) in t for t in texts)}
        own = {
            setting_name("sweep", item.name): format_value(getattr(self, item.name))
            for item in list_settings(SweepConfig)
        }
        data: dict[str, str] = {Param.DATA_FILE: self.data_file} if self.data_file else {}
        return {
            **shared,
            Param.MODELS: models,
            Param.PRESETS: ", ".join(sorted(self.fixed)) or "nothing",
            **data,
            **own,
        }

    def study_name(self, base: TrialConfig) -> str:
        """Name of the study of one of the bases: a digest of all that decides its trials, how many apart.

        The first N trials of a study of more are those of a study of N, so that one can be made longer.
        """
        own = {"generation": self.generation, "pruner": self.pruner, "data_file": self.data_file}
        decisive = {**to_text(base), "fixed": sorted(self.fixed), **own}
        text = json.dumps(decisive, sort_keys=True)
        return f"{self.task} {base.model.name} {sha256(text.encode()).hexdigest()[:8]}"


def task_text(task: str, given: Mapping[str, str]) -> dict[str, str]:
    """The flat text of a task as it is named on a command line, by its name or by the whole path of a file.

    `given` is the rest of the text. The arrays of an `.npz` are taken as they stand, unless a horizon is given.
    """
    if os.sep not in task:
        return {"task": task, **given}
    if "task.file" in given:
        raise ConfigError(f"task.file is given twice, as {task} and as {given['task.file']}")
    aligned = {"task.horizon": "0"} if task.lower().endswith(".npz") else {}
    return {"task": "series", "task.file": task, **aligned, **given}


def sweep_config(task: str, models: Sequence[str], given: Mapping[str, str]) -> SweepConfig:
    """The sweep of a task, by its name or its file, with these model types; of `given`, flat text, nothing is searched.

    Reads the task's data: DataError where they cannot be used.
    """
    named = task_text(task, {name: text for name, text in given.items() if not is_sweep_setting(name)})
    config = assemble_config(named, models, given)
    loaded = config.bases[0].task.loaded()
    bases = tuple(replace(base, task=loaded) for base in config.bases)
    return replace(config, bases=bases, data_file=content_digest(loaded.content) or "")


def sweep_config_of_run(params: Mapping[str, str]) -> SweepConfig:
    """The sweep whose flat text a run has as its params. Its data are not read: they may be others by now."""
    apart = (Param.MODELS, Param.PRESETS, Param.DATA_FILE)
    shared = {name: text for name, text in params.items() if name not in apart and not is_sweep_setting(name)}
    fixed = frozenset() if params[Param.PRESETS] == "nothing" else frozenset(params[Param.PRESETS].split(", "))
    config = assemble_config(shared, params[Param.MODELS].split(", "), params)
    return replace(config, fixed=fixed, data_file=params.get(Param.DATA_FILE, ""))


def read_sweep_config(sweep: SweepRun) -> SweepConfig:
    """Return the config of a recorded sweep; raise SchemaError where its params are not those of one."""
    try:
        return sweep_config_of_run(sweep.params)
    except (ConfigError, KeyError) as error:
        raise sweep.error(f"has params that are no sweep config ({error})") from error


def assemble_config(shared: Mapping[str, str], models: Sequence[str], given: Mapping[str, str]) -> SweepConfig:
    """The sweep whose bases share a flat text, its own settings as `given`; what else is given is not searched."""
    bases = tuple(from_text({**shared, "model": model}) for model in dict.fromkeys(models))
    own = {item.name: (item, setting_name("sweep", item.name)) for item in list_settings(SweepConfig)}
    parsed = {key: parse_setting("sweep", item, given[name]) for key, (item, name) in own.items() if name in given}
    return SweepConfig(bases, frozenset(name for name in given if not is_sweep_setting(name)), **parsed)


def is_sweep_setting(name: str) -> bool:
    """Whether a setting is the sweep's own."""
    return name in {setting_name("sweep", item.name) for item in list_settings(SweepConfig)}


def total_trials(configs: Sequence[SweepConfig]) -> int:
    """Trials of some sweeps, confirmations among them."""
    return sum(len(config.bases) * (config.trials + 1) for config in configs)
