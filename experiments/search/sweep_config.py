"""The sweep config: everything that decides what a sweep computes, as one frozen value."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from experiments.search.search_space import free_settings
from linrnn.config.registry import suggestion
from linrnn.config.settings import (
    Choice,
    Config,
    Integers,
    SearchDomain,
    format_value,
    list_optional,
    list_searchable,
    list_settings,
    parse_setting,
    setting,
    setting_name,
)
from linrnn.errors import ConfigError
from linrnn.tasks.task import Task, TaskData
from linrnn.training.history import OBJECTIVE
from linrnn.training.trial_config import TrialConfig, from_text, searchable_settings, setting_owners, to_text
from tracking.legacy_settings import LEGACY_VALUES
from tracking.schema import Param
from tracking.sweep_identity import FILE_DIGEST, drop_digest

if TYPE_CHECKING:
    from tracking.run_views import SweepRun

CONFIRMATION_SEEDS = 10**6  # the seed of a confirmation is that of the search XOR this
TEST_FILE = "task.test_file"


@dataclass(frozen=True)
class SweepConfig(Config):
    """Everything that decides what a sweep computes.

    Parameters
    ----------
    bases : tuple of TrialConfig
        One for each model type, otherwise alike; a study varies its searched settings.
    presets : frozenset of str
        Names of the settings that are not searched.
    searches : frozenset of str
        Names of the settings that are searched in addition to those that each study searches.
    trials : int
        Trials of each study.
    generation : int
        Trials of a study that are suggested together.
    confirmation : int
        Replicas of the confirmation.
    pruner : str
        `median` or `none`.
    """

    kind: ClassVar[str] = "sweep"

    bases: tuple[TrialConfig, ...]
    presets: frozenset[str] = frozenset()
    searches: frozenset[str] = frozenset()
    trials: int = setting(20, Integers(1, 100_000), "trials of each study")
    generation: int = setting(4, Integers(1, 1_000), "trials of a study that are suggested together")
    confirmation: int = setting(20, Integers(1, 10_000), "replicas of the confirmation")
    pruner: str = setting("median", Choice(("median", "none")), "rule that stops trials with a high loss early")

    @property
    def task(self) -> str:
        """Label of the task."""
        return self.bases[0].task.label

    @property
    def seed(self) -> int:
        """Seed of the search."""
        return self.bases[0].seed

    def searchable(self, base: TrialConfig) -> dict[str, SearchDomain]:
        """Return the settings of a base that can be searched, also those that are fixed here."""
        return searchable_settings(base, self.searches)

    def space(self, base: TrialConfig) -> dict[str, SearchDomain]:
        """Return the search space of the study of a base."""
        return free_settings(base, self.presets, self.searches)

    def text(self) -> dict[str, str]:
        """Return the flat text: the settings that the bases share, the model types, and the sweep's own settings."""
        models = ", ".join(base.model.name for base in self.bases)
        texts = [to_text(base).items() for base in self.bases]
        common = {name: text for name, text in texts[0] if name != "model" and all((name, text) in t for t in texts)}
        own = {
            setting_name("sweep", item.name): format_value(getattr(self, item.name))
            for item in list_settings(SweepConfig)
        }
        digest = self.bases[0].task.file_digest
        data: dict[str, str] = {Param.DATA_FILE: digest} if digest else {}
        searches: dict[str, str] = {Param.SEARCHES: ", ".join(sorted(self.searches))} if self.searches else {}
        return {
            **common,
            Param.MODELS: models,
            Param.PRESETS: ", ".join(sorted(self.presets)) or "nothing",
            **searches,
            **data,
            **own,
        }

    def study_name(self, base: TrialConfig) -> str:
        """Return the name of a base's study, with a digest of everything that decides its trials but their number.

        The first N trials of a longer study are those of a study of N trials, so that a study can be continued.
        """
        own = {
            "generation": self.generation,
            "pruner": self.pruner,
            "objective": OBJECTIVE,
            "data_file": base.task.file_digest or "",
        }
        searches = sorted(self.searches & set(self.space(base)))
        added: dict[str, list[str]] = {Param.SEARCHES: searches} if searches else {}
        decisive = {**drop_digest(to_text(base)), "fixed": sorted(self.presets), **added, **own}
        text = json.dumps(decisive, sort_keys=True)
        return f"{self.task} {base.model.name} {sha256(text.encode()).hexdigest()[:8]}"


class Sweep(NamedTuple):
    """A sweep config and the data of its task, which travel beside it."""

    config: SweepConfig
    data: TaskData


def task_text(task: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the flat text of a task: the name of one, or the absolute path of a file, and the other settings.

    The arrays of an `.npz` are aligned (horizon 0) unless the settings name a horizon.
    """
    if os.sep not in task:
        return {"task": task, **settings}
    if "task.file" in settings:
        raise ConfigError(f"task.file is given twice, as {task} and as {settings['task.file']}")
    aligned = {"task.horizon": "0"} if task.lower().endswith(".npz") else {}
    test = {TEST_FILE: os.path.abspath(settings[TEST_FILE])} if settings.get(TEST_FILE) else {}
    return {"task": "series", "task.file": task, **aligned, **settings, **test}


def prepare_sweep(
    task: str | Task, models: Sequence[str], settings: Mapping[str, str], searches: Sequence[str] = ()
) -> Sweep:
    """Return the sweep of a task, with its data.

    Parameters
    ----------
    task : str or Task
        The name of a task, the absolute path of a file, or a task itself.
    models : sequence of str
        Model types, one study each.
    settings : mapping of str to str
        Flat text; settings that it names are not searched.
    searches : sequence of str
        Settings to search in addition to those that each study searches.

    Raises
    ------
    ConfigError
        If a setting is unknown or out of its range, or one to search has no range or is fixed.
    DataError
        If the data cannot be read or used.
    """
    own = {name: text for name, text in settings.items() if not is_sweep_setting(name)}
    if isinstance(task, str):
        config = assemble_config(task_text(task, own), models, settings)
        task = config.bases[0].task
    else:
        twice = next((name for name in own if name.startswith("task")), None)
        if twice:
            raise ConfigError(f"{twice} belongs to the task: set it where the task is made")
        text = {setting_name(task.kind, item.name): getattr(task, item.name) for item in list_settings(type(task))}
        text = {"task": task.name, **{name: format_value(value) for name, value in text.items()}}
        config = assemble_config({**text, **own}, models, settings)
    config = replace(config, searches=check_searches(config, searches))
    data = task.load()
    bases = tuple(replace(base, task=data.task) for base in config.bases)
    return Sweep(replace(config, bases=bases), data)


def sweep_config(task: str | Task, models: Sequence[str], settings: Mapping[str, str]) -> SweepConfig:
    """Return the config of `prepare_sweep` alone."""
    return prepare_sweep(task, models, settings).config


def sweep_config_of_run(params: Mapping[str, str]) -> SweepConfig:
    """Return the sweep config that a run has as its params, without reading the data."""
    apart = (Param.MODELS, Param.PRESETS, Param.SEARCHES, Param.DATA_FILE)
    common = {name: text for name, text in params.items() if name not in apart and not is_sweep_setting(name)}
    if common["task"] == "series" and Param.DATA_FILE in params:
        common.setdefault(FILE_DIGEST, params[Param.DATA_FILE])  # 0.1.0 had no such setting
    presets = frozenset() if params[Param.PRESETS] == "nothing" else frozenset(params[Param.PRESETS].split(", "))
    models = params[Param.MODELS].split(", ")
    searches = frozenset(filter(None, params.get(Param.SEARCHES, "").split(", ")))
    return replace(assemble_config(common, models, params, LEGACY_VALUES), presets=presets, searches=searches)


def read_sweep_config(sweep: SweepRun) -> SweepConfig:
    """Return the config of a recorded sweep; raise SchemaError where its params are not those of one."""
    try:
        return sweep_config_of_run(sweep.params)
    except (ConfigError, KeyError) as error:
        raise sweep.error(f"has params that are no sweep config ({error})") from error


def assemble_config(
    common: Mapping[str, str],
    models: Sequence[str],
    settings: Mapping[str, str],
    defaults: Mapping[str, str] | None = None,
) -> SweepConfig:
    """Return the config whose bases share a flat text, with the sweep's own settings; all settings are fixed.

    Other `defaults` than the present ones hold for settings that the text omits; the task's own hold for a sweep, too.
    """
    bases = tuple(from_text({**common, "model": model}, defaults) for model in dict.fromkeys(models))
    items = [(item, setting_name("sweep", item.name)) for item in list_settings(SweepConfig)]
    text = {**bases[0].task.defaults, **(defaults or {}), **settings}
    own = {item.name: parse_setting("sweep", item, text[name]) for item, name in items if name in text}
    return SweepConfig(bases, frozenset(name for name in settings if not is_sweep_setting(name)), **own)


def check_searches(config: SweepConfig, names: Sequence[str]) -> frozenset[str]:
    """Return the settings that studies search only where they are named; ConfigError for those that none can search.

    A setting that a model type lacks is searched by the others.
    """
    owners: list[type[Config]] = [
        owner for base in config.bases for owner in (*setting_owners(base), TrialConfig, SweepConfig)
    ]
    every = {setting_name(owner.kind, item.name): "" for owner in owners for item in list_settings(owner)}
    optional, common = list_optional(*owners), list_searchable(*owners)
    ranges = f"--search takes: {', '.join([*optional, *common])}"
    for name in names:
        if name not in every:
            models = ", ".join(base.model.name for base in config.bases)
            raise ConfigError(f"no setting {name!r} of {models}{suggestion(name, every)}; {ranges}")
        if name not in optional and name not in common:
            raise ConfigError(f"{name} has no range in which it could be searched; {ranges}")
        if name in config.presets:
            raise ConfigError(f"{name} is set to a value and cannot be searched as well: leave one out")
    return frozenset(names) & set(optional)


def is_sweep_setting(name: str) -> bool:
    """Return whether a setting is the sweep's own."""
    return name in {setting_name("sweep", item.name) for item in list_settings(SweepConfig)}


def total_trials(configs: Sequence[SweepConfig]) -> int:
    """Return the number of trials of some sweeps, confirmations included."""
    return sum(len(config.bases) * (config.trials + 1) for config in configs)
